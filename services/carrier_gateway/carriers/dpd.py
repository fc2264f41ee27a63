"""DPD in Belgium and the Netherlands: ParcelLifeCycle service 2.0, asked for in SOAP. Source: DPD's descriptions of it
and of its login (LoginService 2.0), and programs that use them. DPD is a family of companies with systems of their
own: Spain's parcels run under SEUR, and those of France, the United Kingdom and others are not covered.

Times are month first, twelve hours, without a zone: read in the zone of the country in brackets after the place. Only
rows that were reached are events; `label` is the heading of a group and never read. A parcel brought to a shop is ready
there, and may be taken back and driven again.

Thin: whether an unknown number is a fault or an empty result, how long a token lives (four hours here), and the quota.
DPD answers a fault as HTTP 500, which is an outage to us. Its answer does not name the parcel: what is handed over or
translated must have `parcelLabelNumber` added anywhere in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import httpx

from services.carrier_gateway.carriers.dpd_login import AUTHENTICATION, LANGUAGE, LOGIN
from services.carrier_gateway.carriers.dpd_wording import WORDINGS, taken_by
from services.carrier_gateway.parts.base import (
    SKIP,
    UNMAPPED,
    Carrier,
    Malformed,
    Meaning,
    Parsed,
    Refusal,
    Row,
    Skip,
    code_table,
)
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.instants import Moment
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.plain_text import clean, country_code
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.readings import moment_of, place_of
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, tell
from services.carrier_gateway.parts.soap import soap_element, soap_request
from services.carrier_gateway.parts.wording import recognise
from services.carrier_gateway.parts.xml_payload import Element, read_xml
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.vocabulary import Actor, DeliveredTo, Stage

_HOME = "Europe/Brussels"
_IN_TRANSIT = Row(Stage.IN_TRANSIT)
_AT_SHOP = Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT)
_FAILED = Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)
CODES: Mapping[str, Meaning] = code_table(
    ("SHIPMENT", SKIP),
    ("PICKEDUP", Row(Stage.ACCEPTED)),
    ("BETWEENDEPOTS", _IN_TRANSIT),
    ("DEPOT", _IN_TRANSIT),
    ("COURIER", Row(Stage.OUT_FOR_DELIVERY)),
    ("DELIVERYFAILURE", _FAILED),
    ("PARCELSHOP", _AT_SHOP),
    ("RETURNINGFROMDELIVERY", _IN_TRANSIT),  # back at the depot for another attempt: not on its way to the shop
    ("DELIVERED", Row(Stage.DELIVERED)),
    ("ORDER_CREATED", Row(Stage.REGISTERED)),
    ("PARCEL_HANDED", Row(Stage.ACCEPTED)),
    *((code, _IN_TRANSIT) for code in ("IN_TRANSIT", "AT_DELIVERY_CENTER", "CCO", "ORI", "DLI")),
    ("PARCEL_OUT_FOR_DELIVERY", Row(Stage.OUT_FOR_DELIVERY)),
    ("DLO", Row(Stage.OUT_FOR_DELIVERY)),
    ("UNSUCCESSFUL_DELIVERY_ATTEMPT", _FAILED),
    ("AVAILABLE_FOR_COLLECTION", Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER)),
    ("DEY", Row(Stage.DELIVERED)),
    ("DEYY", Row(Stage.DELIVERED)),
    ("RETURN_TO_SENDER", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("OTHER", SKIP),
)
"""In capitals: the service's own statuses, then those and the scan codes of DPD's pages for consumers."""
_PLACE = re.compile(r"(?P<city>.*?)\s*\((?P<country>[A-Za-z]{2})\)")
_TIME = re.compile(
    r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4}) (?P<hour>\d{1,2}):(?P<rest>\d\d:\d\d) (?P<half>AM|PM)",
    re.ASCII,
)
_TYPES = "http://dpd.com/common/service/types/ParcelLifeCycleService/2.0"


def parse(body: bytes) -> Parsed:
    """The parcel's number has to be in it."""
    return _parse(body, None)


def read_answer(query: Query, body: bytes) -> Parsed:
    """DPD's own answer: about the number we asked for."""
    return _parse(body, query.reference)


def _parse(body: bytes, asked: str | None) -> Parsed:
    root = read_xml(body)
    if next(root.everywhere("Fault"), None) is not None:
        codes = {(element.text or "").strip() for element in root.everywhere("errorCode")}
        return Parsed(refusal=Refusal.NOT_ALLOWED if "DELICOM_ERR_AUTHENTICATION" in codes else Refusal.OUTAGE)
    result = next(root.everywhere("trackingresult"), None)
    if result is None:
        raise Malformed([("trackingresult", "is missing")])
    rows = list(result.everywhere("statusInfo"))
    if not rows:
        return Parsed(refusal=Refusal.NOT_FOUND)
    if len(rows) > MOST_SCANS:
        raise Malformed([("trackingresult.statusInfo", f"are more than {MOST_SCANS}")])
    named = next((element.text.strip() for element in root.everywhere("parcelLabelNumber")), None)
    number = asked or named
    if not number:
        raise Malformed([("trackingresult.parcelLabelNumber", "is missing")])
    reached = [row for row in rows if (row.said("statusHasBeenReached") or "").lower() == "true"]
    scans = [scan for row in reached if (scan := _scan(row)) is not None]
    told = tell(ENTRY.id, (number, "trackingresult", "parcelLabelNumber"), scans)
    return Parsed(told, skipped=len(reached) - len(scans))


def _scan(row: Element) -> Scan | None:
    """None for what is known to be no shipment event."""
    code, sentence = clean(row.said("status"), 60), _words(row, "description")
    meaning = meaning_of(code, sentence)
    if isinstance(meaning, Skip):
        return None
    place = _PLACE.fullmatch(clean(_words(row, "location")) or "")
    country = country_code(place["country"]) if place else None
    return Scan(
        meaning,
        month_first(_words(row, "date"), country),
        code,
        sentence,
        location=place_of(place["city"], None, country) if place else place_of(_words(row, "location"), None, None),
    )


def _words(row: Element, name: str) -> str:
    """Texts are wrapped, `content` within `content`."""
    part = row.child(name)
    return " ".join(each.text.strip() for each in part.everywhere("content") if each.text.strip()) if part else ""


def meaning_of(code: str | None, sentence: str) -> Meaning:
    """The status, with the reason of a failed visit, or with who took the parcel, as the description says."""
    own = CODES.get((code or "").upper(), UNMAPPED)
    if isinstance(own, Skip) or own.stage not in (Stage.FAILED_ATTEMPT, Stage.DELIVERED):
        return own
    if own.stage is Stage.DELIVERED:
        return replace(own, delivered_to=taken_by(sentence))
    recognised = recognise(sentence, WORDINGS)
    return recognised.wording.row if recognised else own


def month_first(text: str, country: str | None) -> Moment | None:
    """`3/30/2026 8:05:00 AM` in the zone of the country. None for anything else, day first above all."""
    found = _TIME.fullmatch(text.strip())
    if found is None or not 1 <= int(found["hour"]) <= 12:
        return None
    hour = int(found["hour"]) % 12 + (12 if found["half"] == "PM" else 0)
    written = f"{found['year']}-{int(found['month']):02}-{int(found['day']):02}T{hour:02}:{found['rest']}"
    return moment_of(written, zone_of(country, None, _HOME))


def ask(query: Query, url: str, token: str) -> httpx.Request:
    """English always: the wording table is English. `token` is the user's name and the login's token."""
    user, _, secret = token.partition(":")
    access = {"delisId": user, "authToken": secret, "messageLanguage": LANGUAGE}
    return soap_request(
        f"{url.rstrip('/')}/soap/services/ParcelLifeCycleService/V2_0",
        f"{_TYPES}/getTrackingData",
        soap_element("getTrackingData", _TYPES, {"parcelLabelNumber": query.reference}),
        header=soap_element("authentication", AUTHENTICATION, access),
    )


ENTRY = CarrierEntry(
    id="dpd",
    name="DPD",
    zone=_HOME,
    languages=("en", "nl", "fr"),
    phones=(
        old_phone("DE", "+49 1806 373 200"),
        old_phone("FR", "+33 1 55 35 02 80"),
        old_phone("GB", "+44 845 9 300 350"),
    ),
    links=tuple(
        TrackingLink(
            template=f"https://www.dpdgroup.com/{country.lower()}/mydpd/my-parcels/track?parcelNumber={{reference}}",
            country=country,
        )
        for country in ("BE", "NL")
    ),
)

DPD = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="https://wsshipper.dpd.nl",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(seconds=1),
        daily_quota=1000,
        token=LOGIN,
    ),
)
