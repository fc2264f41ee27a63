"""Chronopost: the tracking service's `trackSkybillV2`, asked for in SOAP, without a login. Source: the service's own
description (ws.chronopost.fr/tracking-cxf/TrackingServiceWS?wsdl) and programs that use it. It pushes nothing.

One code has been seen with two meanings (SD: sorted, or put off by a day), so the sentence comes first and the code
where the sentence says nothing. Instants have an offset. `infoCompList` holds names: it is never read.

Thin: most codes come from third parties; DY's meaning is read from its label. Which error code is an unknown number is
not public: every one without events is "not found" unless its message speaks of the system. The quota is not public.
The call needs no key: any text as CARRIER_CHRONOPOST_KEY turns the polling on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import httpx

from services.carrier_gateway.carriers.chronopost_wording import WORDINGS
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
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.plain_text import clean
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.readings import moment_of, place_of
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, tell
from services.carrier_gateway.parts.soap import soap_element, soap_request
from services.carrier_gateway.parts.wording import Recognised, recognise
from services.carrier_gateway.parts.xml_payload import Element, read_xml
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.vocabulary import Actor, Condition, Stage

_HOME = "Europe/Paris"
_IN_TRANSIT = Row(Stage.IN_TRANSIT)
CODES: Mapping[str, Meaning] = code_table(
    ("DC", Row(Stage.REGISTERED)),
    ("EA", Row(Stage.REGISTERED)),
    ("DB", Row(Stage.ACCEPTED)),
    ("DY", Row(Stage.ACCEPTED)),
    *((code, _IN_TRANSIT) for code in ("SC", "TS", "O", "TP", "T", "TT", "EI", "IS", "IA", "RB", "SD")),
    ("A2", Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)),
    ("SM", SKIP),  # a notice was sent to the receiver
    ("SK", Row(Stage.IN_TRANSIT, Condition.HELD, Actor.BUYER)),
    ("TA", Row(Stage.OUT_FOR_DELIVERY)),
    ("P", Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER)),
    ("AB", Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER)),
    ("D", Row(Stage.DELIVERED)),
)
_CALL = "trackSkybillV2"
_NAMESPACE = "http://cxf.tracking.soap.chronopost.fr/"


def parse(body: bytes) -> Parsed:
    """The answer must name the parcel: it does in `listEventInfoComp`."""
    return _parse(body, None)


def read_answer(query: Query, body: bytes) -> Parsed:
    """Under the number that we asked for."""
    return _parse(body, query.reference)


def _parse(body: bytes, asked: str | None) -> Parsed:
    root = read_xml(body)
    if next(root.everywhere("Fault"), None) is not None:
        return Parsed(refusal=Refusal.OUTAGE)
    answer = next((found.child("return") for found in root.everywhere(f"{_CALL}Response")), None)
    if answer is None:
        raise Malformed([(f"{_CALL}Response.return", "is missing")])
    listed = answer.child("listEventInfoComp")
    events = [child for child in listed.children if child.name == "events"] if listed else []
    if not events:
        return Parsed(refusal=_refusal(answer))
    if len(events) > MOST_SCANS:
        raise Malformed([("listEventInfoComp.events", f"are more than {MOST_SCANS}")])
    number = asked or (listed.said("skybillNumber") if listed else None)
    if number is None:
        raise Malformed([("listEventInfoComp.skybillNumber", "is missing")])
    scans = [scan for event in events if (scan := _scan(event)) is not None]
    told = tell(ENTRY.id, (number, "listEventInfoComp", "skybillNumber"), scans)
    return Parsed(told, skipped=len(events) - len(scans))


def _refusal(answer: Element) -> Refusal:
    code, message = answer.said("errorCode") or "0", (answer.said("errorMessage") or "").lower()
    return Refusal.OUTAGE if code == "1" or "syst" in message else Refusal.NOT_FOUND


def _scan(event: Element) -> Scan | None:
    """None for what is known to be no shipment event."""
    code, label = clean(event.said("code"), 60), event.said("eventLabel") or ""
    meaning, recognised = meaning_of(code, label)
    if isinstance(meaning, Skip):
        return None
    return Scan(
        meaning,
        moment_of(event.said("eventDate"), zone_of(None, None, _HOME)),
        code,
        label,
        recognised,
        place_of(event.said("officeLabel"), event.said("zipCode"), None),
    )


def meaning_of(code: str | None, label: str) -> tuple[Meaning, Recognised | None]:
    """What the sentence says, else the code; with the wording where that changed what the code says."""
    own = CODES.get(code or "", UNMAPPED)
    recognised = recognise(label, WORDINGS)
    if recognised is None or isinstance(own, Skip):
        return own, None
    row = recognised.wording.row
    says_less = row.stage is own.stage and row.condition in (None, own.condition)
    return (own, None) if says_less else (row, recognised)


def ask(query: Query, url: str, key: str) -> httpx.Request:
    """English always, so that a parcel's texts do not change with who asks."""
    call = soap_element(_CALL, _NAMESPACE, {"language": "en_GB", "skybillNumber": query.reference})
    return soap_request(f"{url.rstrip('/')}/TrackingServiceWS", "", call)


ENTRY = CarrierEntry(
    id="chronopost",
    name="Chronopost",
    zone=_HOME,
    languages=("fr", "en"),
    phones=(old_phone("FR", "+33 969 391 391"),),
    links=(TrackingLink(template="https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={reference}"),),
)

CHRONOPOST = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="https://ws.chronopost.fr/tracking-cxf",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(seconds=1),
        daily_quota=1000,
    ),
)
