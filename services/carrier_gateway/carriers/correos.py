"""Correos, Spain's post: the tracking service behind its site (`canonico`), asked for. There is no public push.

Source: answers of that service as seen live; its code list is not published. The 41 codes here are those seen; of any
other the short text is read (`correos_wording`), else it is unknown. A code's first letter says nothing about its
stage. Thin: A090000V is labelled «Admitido» but counted as registration; O140000V may be said while still on the way
back. The undocumented search of the site (wording only) is not used.

Access: with a contract, CARRIER_CORREOS_KEY is `user:password`; the public service has no key, which is written
`public`. No quota is published. Times are Madrid's; an office of the Canary Islands an hour earlier, by its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import BaseModel, Field, model_validator

from services.carrier_gateway.carriers.correos_wording import WORDINGS
from services.carrier_gateway.parts.base import (
    UNMAPPED,
    Carrier,
    Parsed,
    Refusal,
    Row,
    code_table,
    oldest_first,
    read_body,
)
from services.carrier_gateway.parts.day_first import day_first_or_none
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.iberian_places import MADRID, clock_of
from services.carrier_gateway.parts.instants import end_of_day
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, Written, city, refuse_flood, tell
from services.carrier_gateway.parts.wording import normalise, recognise
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.shipments import Eta, ShipmentEvent
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

_FAILED = Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)
_READY = Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT)
_MOVING = Row(Stage.IN_TRANSIT)

CODES = code_table(
    *((code, Row(Stage.REGISTERED)) for code in ("A010000V", "X010000V", "A090000V")),
    ("ADV0000V", Row(Stage.ACCEPTED)),
    *((code, _MOVING) for code in ("P040000V", "P090000V", "P100000V", "P101110V", "P101120V", "P110000V")),
    *((code, _MOVING) for code in ("G01L010V", "G200000V", "C010000V", "F010000V", "H01I360V")),
    *((code, _MOVING) for code in ("X020000V", "X040000V", "X060000V", "X070000V", "X110100V")),
    *((code, Row(Stage.OUT_FOR_DELIVERY)) for code in ("H020000V", "X080000V", "H250000V")),
    *((code, _FAILED) for code in ("H010930R", "H06P010V", "X090100R", "X090060R", "X130000R", "M01E020R", "EOL.9001")),
    ("H01R390V", _FAILED),
    ("H01R420V", Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER)),
    *((code, _READY) for code in ("H01I350V", "X380000V", "X390000V", "L010000V")),
    *((code, Row(Stage.DELIVERED)) for code in ("I010000V", "X120000V")),
    ("I01H210V", Row(Stage.DELIVERED, delivered_to=DeliveredTo.PICKUP_POINT)),
    ("L03D320R", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("O140000V", Row(Stage.RETURNED, action_by=Actor.SHOP)),
)


class Incident(BaseModel):
    """One event. `desTextoAmpliado`, which may hold names and identity numbers, is not read."""

    code: Written | None = Field(default=None, alias="codEvento")
    day: str | None = Field(default=None, alias="fecEvento")
    time: str | None = Field(default=None, alias="horEvento")
    office: Written | None = Field(default=None, alias="nom_codired")
    summary: str | None = Field(default=None, alias="desTextoResumen")


class Verdict(BaseModel):
    code: Written | None = Field(default=None, alias="codError")


class Shipment(BaseModel):
    number: Written = Field(alias="codEnvio")
    expected: str | None = Field(default=None, alias="fec_entregasum")
    error: Verdict | None = None
    events: list[Incident] | None = Field(default=None, alias="eventos", max_length=MOST_SCANS)


class Answer(BaseModel):
    """A list with one shipment; a bare shipment has been seen."""

    shipments: list[Shipment] = Field(min_length=1, max_length=20)

    @model_validator(mode="before")
    @classmethod
    def _one_or_many(cls, data: Any) -> Any:
        return {"shipments": data if isinstance(data, list) else [data]}


def parse(body: bytes) -> Parsed:
    """Error 3 is a number without traces yet; any other than 0 is the service's own trouble."""
    shipments = read_body(Answer, body).shipments
    refuse_flood("shipments", (shipment.events for shipment in shipments))
    errors = {shipment.error.code for shipment in shipments if shipment.error and shipment.error.code}
    if not any(shipment.events for shipment in shipments) and errors - {"0"}:
        return Parsed(refusal=Refusal.NOT_FOUND if "3" in errors else Refusal.OUTAGE)
    return Parsed(oldest_first(event for n, shipment in enumerate(shipments) for event in _events(n, shipment)))


def read_answer(query: Query, body: bytes) -> Parsed:
    """A page instead of data is maintenance or a block: it says nothing about the parcel."""
    if body.lstrip().startswith(b"<"):
        return Parsed(refusal=Refusal.OUTAGE)
    return parse(body)


def _events(number: int, shipment: Shipment) -> tuple[ShipmentEvent, ...]:
    where = (shipment.number, f"shipments.{number}", "codEnvio")
    return tell(ENTRY.id, where, _scans(shipment.events or ()), _expected(shipment.expected))


def _scans(incidents: list[Incident] | tuple[()]) -> Iterator[Scan]:
    """Correos tells the oldest first."""
    for incident in incidents:
        code, summary = (incident.code or "").strip(), incident.summary or ""
        recognised = None if code in CODES else recognise(summary, WORDINGS)
        meaning = CODES.get(code) or (recognised.wording.row if recognised else UNMAPPED)
        if meaning == _READY and "CITYPAQ" in normalise(summary):
            meaning = replace(_READY, delivered_to=DeliveredTo.LOCKER)
        moment = day_first_or_none(incident.day, incident.time, clock_of(incident.office))
        yield Scan(meaning, moment, code or None, summary, recognised, city(incident.office))


def _expected(day: str | None) -> Eta | None:
    zone = zone_of("ES", None, MADRID)
    moment = day_first_or_none(day, None, zone)
    return Eta(until=end_of_day(moment, zone)) if moment else None


def ask(query: Query, url: str, key: str) -> httpx.Request:
    """All events, in Spanish. The path's number is escaped whole: it comes from outside."""
    number, base = quote(query.reference, safe=""), url.rstrip("/")
    if ":" not in key:
        return httpx.Request(
            "GET",
            f"{base}/canonico/eventos_envio_servicio/{number}",
            params={"codAplicacion": "60", "codCanal": "3", "codIdioma": "ES", "indUltEvento": "N"},
            headers={"Accept": "application/json"},
        )
    request = httpx.Request(
        "GET",
        f"{base}/canonico/eventos_envio_servicio_auth/{number}",
        params={"codIdioma": "ES", "indUltEvento": "N"},
        headers={"Accept": "application/json"},
    )
    user, _, password = key.partition(":")
    return next(httpx.BasicAuth(user, password).auth_flow(request))


ENTRY = CarrierEntry(
    id="correos",
    name="Correos",
    zone=MADRID,
    languages=("es", "en"),
    phones=(old_phone("ES", "+34 900 400 004"),),
    links=(
        TrackingLink(
            template="https://www.correos.es/es/es/herramientas/localizador/envios/detalle?tracking-number={reference}"
        ),
    ),
)

CORREOS = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="https://localizador.correos.es",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(seconds=1),
        daily_quota=5_000,
    ),
)
