"""CTT Express (formerly Tourline; Spain, Portugal): four-digit status codes with true offsets.

Source: the JSON of the consumer's tracking page, compared with live answers. Thin: the contract's API is not public.
The names of the fields are assumed until a customer's answer has been seen. Nor is there a usual address, a link for
the directory, or a phone: CARRIER_CTT_EXPRESS_URL is the whole address of the call with `{reference}` in it, and
CARRIER_CTT_EXPRESS_KEY the value of the header `Authorization`, or `public` for none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import httpx

from services.carrier_gateway.parts.base import UNMAPPED, Carrier, Parsed, Refusal, Row, code_table
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.iberian_places import MADRID, clock_of
from services.carrier_gateway.parts.json_report import Report, ReportShape, Told
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.readings import moment_of
from services.carrier_gateway.parts.scan_order import by_time
from services.carrier_gateway.parts.scans import Scan, city, tell
from services.carrier_gateway.parts.spanish_incidents import INCIDENTS
from services.carrier_gateway.parts.wording import recognise
from shared.contracts.directory import CarrierEntry
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

PUBLIC = "public"
_INCIDENT = "1600"

CODES = code_table(
    ("0000", Row(Stage.REGISTERED)),
    ("0500", Row(Stage.ACCEPTED)),
    ("0600", Row(Stage.REGISTERED, Condition.DELAYED, Actor.SHOP)),
    ("1000", Row(Stage.IN_TRANSIT)),
    ("3900", Row(Stage.IN_TRANSIT)),
    ("1500", Row(Stage.OUT_FOR_DELIVERY)),
    (_INCIDENT, Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)),
    ("1700", Row(Stage.IN_TRANSIT, Condition.HELD)),
    ("2400", Row(Stage.OUT_FOR_DELIVERY)),
    ("2310", Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT)),
    ("2100", Row(Stage.DELIVERED)),
    ("2110", Row(Stage.DELIVERED)),
    ("2500", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("2700", Row(Stage.RETURNED, action_by=Actor.SHOP)),
)


SHAPE = ReportShape(
    number="shipping_code", events="events", time="datetime", code="code", text="description", city="city"
)


def parse(body: bytes) -> Parsed:
    """An empty list is a parcel that CTT knows nothing of."""
    report = SHAPE.read(body)
    return _told(report, report.number)


def read_answer(query: Query, body: bytes) -> Parsed:
    """The events carry the number we asked with: the answer's own may be a shipment's, ours a parcel's."""
    return _told(SHAPE.read(body), query.reference)


def _told(report: Report, number: str) -> Parsed:
    if not report.told:
        return Parsed(refusal=Refusal.NOT_FOUND)
    return Parsed(tell(ENTRY.id, (number, "body", "shipping_code"), by_time(map(_scan, report.told))))


def _scan(told: Told) -> Scan:
    code = (told.code or "").strip()
    meaning, reason = CODES.get(code, UNMAPPED), None
    if code == _INCIDENT:
        reason = recognise(told.text or "", INCIDENTS)
        meaning = replace(meaning, condition=reason.wording.row.condition) if reason else meaning
    return Scan(meaning, moment_of(told.time, clock_of(told.city)), code, told.text, reason, city(told.city))


def ask(query: Query, url: str, key: str) -> httpx.Request:
    """`url` is the whole address; where it holds no `{reference}`, the number becomes the last part of its path."""
    number = quote(query.reference, safe="")
    address = url.replace("{reference}", number) if "{reference}" in url else f"{url.rstrip('/')}/{number}"
    headers = {"Accept": "application/json"}
    if key != PUBLIC:
        headers["Authorization"] = key
    return httpx.Request("GET", address, headers=headers)


ENTRY = CarrierEntry(id="ctt_express", name="CTT Express", zone=MADRID, languages=("es", "pt"))

CTT_EXPRESS = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=INCIDENTS,
    pull=Pull(
        url="",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(seconds=1),
        daily_quota=5_000,
    ),
)
