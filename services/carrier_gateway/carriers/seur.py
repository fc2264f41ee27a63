"""SEUR (Spain, Portugal, Andorra; DPD group): its tracking service, asked for. There is no public push.

Source: two third-party programs, and codes seen live. `seur_codes.csv` holds all 407 event codes; sixteen of them were
seen live. Where a code's meaning is thin there, or no code came, the text is read (`seur_wording`), else it is unknown.
Settlement and master-data records (LK, LM) are known and no events: they come after delivery and must not reopen it.

CARRIER_SEUR_KEY is `client_id=...&client_secret=...&username=...&password=...&nif=...&account=...&business_unit=...`. A
token lives for seconds and is bought for each question. Times are Madrid's; where a text names the hub, the hub's.
Midnight means that only the day is known.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
from pydantic import BaseModel, Field

from services.carrier_gateway.carriers.seur_wording import WORDINGS
from services.carrier_gateway.parts.base import (
    UNMAPPED,
    Carrier,
    Parsed,
    Refusal,
    Skip,
    oldest_first,
    read_body,
)
from services.carrier_gateway.parts.bearer import TokenCall
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.iberian_places import MADRID, clock_of
from services.carrier_gateway.parts.instants import read_moment
from services.carrier_gateway.parts.key_parts import key_parts
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.pull import Pull, Query, refusal_of
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, Written, attempt, city, refuse_flood, tell
from services.carrier_gateway.parts.spanish_refusals import refusal_in
from services.carrier_gateway.parts.table_file import load_table
from services.carrier_gateway.parts.wording import normalise, recognise
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.shipments import ShipmentEvent

_ACCOUNT = ("nif", "account", "business_unit")
_LOGIN = ("client_id", "client_secret", "username", "password")
_AT_HUB = re.compile(r"LI[34]\d\d", re.ASCII)
_HUB = re.compile(r"MERCANCIA EN ((?!REPARTO)[A-Z .]{2,40})")

CODES = load_table("seur_codes.csv")


class Situation(BaseModel):
    code: Written | None = Field(default=None, alias="eventCode")
    text: str | None = Field(default=None, alias="description")
    at: str | None = Field(default=None, alias="situationDate")

    @property
    def hub(self) -> str | None:
        """The place in «mercancía en ZARAGOZA», which only the codes of hubs say of a hub."""
        at_hub = _AT_HUB.fullmatch((self.code or "").strip())
        found = _HUB.fullmatch(normalise(self.text or "")) if at_hub else None
        return found[1] if found else None


class Shipment(BaseModel):
    number: Written = Field(alias="shipmentCode")
    situations: list[Situation] | None = Field(default=None, max_length=MOST_SCANS)


class Trouble(BaseModel):
    status: Written | None = None
    title: str | None = None
    detail: str | None = None


class Answer(BaseModel):
    data: list[Shipment] | None = Field(default=None, max_length=100)
    errors: list[Trouble] | None = Field(default=None, max_length=100)


class Answered(BaseModel):
    data: list[Any]


def parse(body: bytes) -> Parsed:
    """No data: SEUR has nothing to tell of that number yet. Errors are sorted by their HTTP status, else by words."""
    return _told(body, None)


def read_answer(query: Query, body: bytes) -> Parsed:
    """An empty body is how SEUR says that it has nothing yet. The events carry the number that we asked with."""
    return _told(body, query.reference) if body.strip() else Parsed(refusal=Refusal.NOT_FOUND)


def _told(body: bytes, asked: str | None) -> Parsed:
    answer = read_body(Answer, body)
    if answer.errors:
        return Parsed(refusal=_refusal(answer.errors[0]))
    if answer.data is None:
        read_body(Answered, body)
    shipments = answer.data or []
    if not shipments:
        return Parsed(refusal=Refusal.NOT_FOUND)
    refuse_flood("data", (shipment.situations for shipment in shipments))
    skipped, events = 0, list[ShipmentEvent]()
    for n, shipment in _meant(shipments, asked):
        read = [_scan(situation) for situation in shipment.situations or ()]
        skipped += read.count(None)
        alone = asked if asked is not None and len(shipments) == 1 else shipment.number
        events += tell(ENTRY.id, (alone, f"data.{n}", "shipmentCode"), [scan for scan in read if scan])
    return Parsed(oldest_first(events), skipped)


def _meant(shipments: list[Shipment], asked: str | None) -> list[tuple[int, Shipment]]:
    """Of several shipments under one reference, the one whose own number was asked about; else all of them."""
    numbered = list(enumerate(shipments))
    return [(n, shipment) for n, shipment in numbered if shipment.number.strip() == asked] or numbered


def _refusal(trouble: Trouble) -> Refusal:
    status = (trouble.status or "").strip()
    by_status = refusal_of(int(status)) if re.fullmatch(r"[1-5]\d\d", status, re.ASCII) else None
    return by_status or refusal_in(f"{trouble.title or ''} {trouble.detail or ''}")


def _scan(situation: Situation) -> Scan | None:
    """None for a record that is no shipment event. SEUR tells the oldest first."""
    code, text = (situation.code or "").strip(), situation.text or ""
    meaning = CODES.get(code, UNMAPPED)
    if isinstance(meaning, Skip):
        return None
    readable = meaning is UNMAPPED and (not code or code in CODES)
    recognised = recognise(text, WORDINGS) if readable else None
    moment = attempt(lambda: read_moment(situation.at or "", clock_of(situation.hub)))
    row = recognised.wording.row if recognised else meaning
    return Scan(row, moment, code or None, text, recognised, city(situation.hub))


def ask(query: Query, url: str, key: str) -> httpx.Request:
    """`key` is what `TokenCall.hand` made: the token and the account's parts."""
    access = key_parts(key, ("token", *_ACCOUNT))
    return httpx.Request(
        "GET",
        f"{url.rstrip('/')}/pic/v1/tracking-services/extended",
        params={
            "refType": "REFERENCE",
            "ref": query.reference,
            "idNumber": access["nif"],
            "accountNumber": access["account"],
            "businessUnit": access["business_unit"],
        },
        headers={"Authorization": f"Bearer {access['token']}", "Accept": "application/json"},
    )


ENTRY = CarrierEntry(
    id="seur",
    name="SEUR",
    zone=MADRID,
    languages=("es", "pt"),
    phones=(
        old_phone("ES", "+34 902 101 010"),
        old_phone("ES", "+34 913 228 080"),
        old_phone("PT", "+351 707 50 10 10"),
    ),
    links=(TrackingLink(template="https://www.seur.com/livetracking/?segOnlineIdentificador={reference}"),),
)

SEUR = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="https://servicios.api.seur.io",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(seconds=1),
        daily_quota=5_000,
        key_parts=(*_LOGIN, *_ACCOUNT),
        token=TokenCall(path="/pic_token", grant="password", parts=_LOGIN, kept=_ACCOUNT),
    ),
)
