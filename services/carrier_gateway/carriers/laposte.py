"""La Poste, letters and Colissimo: Suivi v2, asked for. Source: developer.laposte.fr, "Suivi" v2. It pushes nothing.

Every instant has an offset, the French one for scans abroad too: it is honoured. The timeline is a summary in five
steps and no events. A list of answers is accepted as well as one. No scan says where it was.

Thin: MD1 and the groups of the consumers' site (EXPANN, ACHNAT, ...) were seen in answers and are on no list. MD2 stays
out for delivery though its label is sometimes more careful. The daily quota is a matter of contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from services.carrier_gateway.carriers.laposte_wording import WORDINGS, taken_by
from services.carrier_gateway.parts.base import (
    UNMAPPED,
    Carrier,
    Malformed,
    Parsed,
    Refusal,
    Row,
    code_table,
    oldest_first,
    read_body,
)
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.plain_text import clean, country_code
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.readings import expected, moment_of
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, Written, refuse_flood, tell
from services.carrier_gateway.parts.wording import recognise
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

_HOME = "Europe/Paris"
_OUT = Row(Stage.OUT_FOR_DELIVERY)
_READY = Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER)
_BACK = Row(Stage.RETURNING, action_by=Actor.SHOP)
CODES = code_table(
    ("DR1", Row(Stage.REGISTERED)),
    ("PC1", Row(Stage.ACCEPTED)),
    ("PC2", Row(Stage.ACCEPTED)),
    ("ET1", Row(Stage.IN_TRANSIT)),  # "en cours d'acheminement": not out for delivery
    ("ET2", Row(Stage.IN_TRANSIT)),
    ("ET3", Row(Stage.IN_TRANSIT)),
    ("ET4", Row(Stage.IN_TRANSIT)),
    ("EP1", Row(Stage.IN_TRANSIT, Condition.HELD)),
    ("DO1", Row(Stage.IN_TRANSIT, Condition.CUSTOMS)),
    ("DO2", Row(Stage.IN_TRANSIT)),
    ("DO3", Row(Stage.IN_TRANSIT, Condition.CUSTOMS, Actor.BUYER)),
    ("PB1", Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)),
    ("PB2", Row(Stage.IN_TRANSIT)),
    ("MD1", _OUT),
    ("MD2", _OUT),
    ("ND1", Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)),
    ("AG1", _READY),
    ("RE1", _BACK),
    ("DI1", Row(Stage.DELIVERED)),
    ("DI2", Row(Stage.RETURNED, action_by=Actor.SHOP)),
    ("EXPANN", Row(Stage.REGISTERED)),
    ("ACHNAT", Row(Stage.IN_TRANSIT)),
    ("DISARR", Row(Stage.IN_TRANSIT)),
    ("DISTOU", _OUT),
    ("DISMAD", _READY),
    ("DESBAL", Row(Stage.DELIVERED, delivered_to=DeliveredTo.SAFE_PLACE)),
    ("DESTIN", Row(Stage.DELIVERED)),
    ("DESLIVD", Row(Stage.DELIVERED)),
    ("RETOUR", _BACK),
)
_REFUSALS = {
    400: Refusal.BAD_REFERENCE,
    401: Refusal.NOT_ALLOWED,
    404: Refusal.NOT_FOUND,
    429: Refusal.QUOTA,
}
_FOUND = (200, 207)
MOST_ANSWERS = 10


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Happening(_Part):
    code: str | None = None
    label: str | None = None
    date: str | None = None


class Context(_Part):
    arrival_country: str | None = None


class Shipment(_Part):
    id_ship: Written
    event: list[Happening] | None = Field(default=None, max_length=MOST_SCANS)
    estim_date: str | None = None
    context_data: Context | None = None


class Answer(_Part):
    return_code: int | None = None
    shipment: Shipment | None = None


class Answers(_Part):
    answers: list[Answer] = Field(max_length=MOST_ANSWERS)

    @model_validator(mode="before")
    @classmethod
    def _one_or_many(cls, data: object) -> object:
        return {"answers": data if isinstance(data, list) else [data]}


def parse(body: bytes) -> Parsed:
    """One answer or a list; a refusal only where not one number was found."""
    answers = read_body(Answers, body).answers
    found = [(number, answer.shipment) for number, answer in enumerate(answers) if answer.shipment is not None]
    refuse_flood("answers", (shipment.event for _, shipment in found))
    if found:
        events = (event for number, shipment in found for event in _events(f"answers.{number}.shipment", shipment))
        return Parsed(oldest_first(events))
    codes = [answer.return_code for answer in answers if answer.return_code is not None]
    if not codes:
        raise Malformed([("returnCode", "is missing")])
    if codes[0] in _FOUND:
        raise Malformed([("shipment", "is missing")])
    return Parsed(refusal=_REFUSALS.get(codes[0], Refusal.OUTAGE))


def _events(where: str, shipment: Shipment) -> Iterator[ShipmentEvent]:
    scans = [_scan(happening) for happening in reversed(shipment.event or ())]  # La Poste tells the newest first
    goes_to = country_code(shipment.context_data.arrival_country) if shipment.context_data else None
    eta = expected(None, shipment.estim_date, zone_of(goes_to, None, _HOME))
    yield from tell(ENTRY.id, (shipment.id_ship, where, "idShip"), scans, eta)


def _scan(happening: Happening) -> Scan:
    code, label = clean(happening.code, 60), happening.label or ""
    return Scan(
        meaning_of(code, label),
        moment_of(happening.date, zone_of(None, None, _HOME)),
        code,
        label,
    )


def meaning_of(code: str | None, label: str) -> Row:
    """The code, with what the label adds: the reason of a failed visit, who took the parcel, where it waits."""
    row = CODES.get(code or "", UNMAPPED)
    if row.stage is Stage.FAILED_ATTEMPT:
        recognised = recognise(label, WORDINGS)
        return recognised.wording.row if recognised else row
    if row.stage in (Stage.DELIVERED, Stage.READY_FOR_PICKUP):
        return replace(row, delivered_to=taken_by(label) or row.delivered_to)
    return row


def ask(query: Query, url: str, key: str) -> httpx.Request:
    """French always: labels change with the language, and our wording table is French."""
    return httpx.Request(
        "GET",
        f"{url.rstrip('/')}/idships/{quote(query.reference, safe='')}",
        params={"lang": "fr_FR"},
        headers={"X-Okapi-Key": key, "Accept": "application/json"},
    )


ENTRY = CarrierEntry(
    id="laposte",
    name="La Poste",
    zone=_HOME,
    languages=("fr",),
    phones=(old_phone("FR", "3631"),),
    links=(TrackingLink(template="https://www.laposte.fr/outils/suivre-vos-envois?code={reference}"),),
)

LAPOSTE = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="https://api.laposte.fr/suivi/v2",
        request=ask,
        read=lambda query, body: parse(body),
        minimum_gap=timedelta(seconds=1),
        daily_quota=1000,
    ),
)
