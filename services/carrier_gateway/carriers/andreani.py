"""Andreani (Argentina): the scans (`trazas`) of one shipment, asked for. There is no push.

Source: programs of several shops that use `apis.andreani.com`; Andreani publishes no list of events. The meaning is
that of `Evento`, then of the motive of a visit, then of the cycle: a return turns what the words say. `EstadoId` is not
read, its numbers mean different things in different answers.

Thin: which field names the distributor (any text of the scan that says «mostrador» is taken for it), how `ETA` is
written (not read), the delivery that some answers hold back, and quotas (ours are a guess on the careful side).

CARRIER_ANDREANI_KEY is `user=...&password=...`; with it a session is opened, which lasts about a day.

The answer does not name the shipment: whoever hands one over beside a question adds its number as `reference`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import BaseModel, Field, model_validator

from services.carrier_gateway.carriers.andreani_events import CODES, MOTIVES, RETURN_MARK, spelled, turned_back
from services.carrier_gateway.parts.base import (
    UNMAPPED,
    Carrier,
    Malformed,
    Parsed,
    Refusal,
    Skip,
    read_body,
)
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.instants import Moment, read_moment
from services.carrier_gateway.parts.login import Login
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, attempt, city, tell
from services.carrier_gateway.parts.wording import normalise, recognise
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry, TrackingLink

_ZONE = "America/Argentina/Buenos_Aires"
_TOKEN_HEADER = "x-authorization-token"  # noqa: S105  the header's name
_VISITS = ("Visita", "VisitaMobile")


def _in_small_letters(value: Any) -> Any:
    """`Fecha` in one version of the API is `fecha` in another."""
    return {str(key).lower(): item for key, item in value.items()} if isinstance(value, dict) else value


class Trace(BaseModel):
    fecha: str | None = None
    evento: str | None = None
    estado: str | None = None
    motivo: str | None = None
    submotivo: str | None = None
    traduccion: str | None = None
    sucursal: str | None = None
    ciclo: str | None = None

    _any_case = model_validator(mode="before")(_in_small_letters)

    @property
    def moment(self) -> Moment | None:
        return attempt(lambda: read_moment(self.fecha or "", zone_of("AR", None, _ZONE)))

    @property
    def motive(self) -> str:
        return " ".join(filter(None, (self.motivo, self.submotivo)))

    def says(self, word: str) -> bool:
        texts = (self.estado, self.motivo, self.submotivo, self.traduccion)
        return any(word in normalise(text or "") for text in texts)


class Traces(BaseModel):
    """`title` stands in an error answer, where there are no scans."""

    eventos: list[Trace] | None = Field(default=None, max_length=MOST_SCANS)
    reference: str | None = None
    title: str | None = None

    _any_case = model_validator(mode="before")(_in_small_letters)


def parse(body: bytes) -> Parsed:
    """An answer with its number added as `reference`."""
    return _parse(body, None)


def read_answer(query: Query, body: bytes) -> Parsed:
    return _parse(body, query.reference)


def _parse(body: bytes, asked: str | None) -> Parsed:
    traces = read_body(Traces, body)
    if traces.eventos is None:
        if traces.title is not None:
            return Parsed(refusal=Refusal.BAD_REFERENCE)
        raise Malformed([("eventos", "is missing")])
    if not traces.eventos:
        return Parsed(refusal=Refusal.NOT_FOUND)
    reference = asked or (traces.reference or "").strip()
    if not reference:
        raise Malformed([("reference", "is missing: Andreani's answer does not name the shipment")])
    read = [_read(trace) for trace in traces.eventos]
    scans = [scan for scan in read if scan is not None]
    events = tell(ENTRY.id, (reference, "body", "reference"), scans)
    return Parsed(events, skipped=len(read) - len(scans))


def code_of(trace: Trace) -> str | None:
    """The row of `CODES` that a scan belongs to, None without one."""
    event = spelled(trace.evento)
    if event in _VISITS:
        found = recognise(trace.motive, MOTIVES)
        return f"Visita/{found.wording.name}" if found else "Visita/other" if trace.motive else None
    if event == "AsignacionACaja" and "CUSTODIA" in normalise(trace.estado or ""):
        return "AsignacionACaja/custody"
    if event == "Distribucion" and trace.says("MOSTRADOR"):
        return "Distribucion/counter"
    return event if event in CODES else None


def _read(trace: Trace) -> Scan | None:
    """None for a known event that is no scan."""
    known = code_of(trace)
    meaning = CODES[known] if known else UNMAPPED
    if isinstance(meaning, Skip):
        return None
    code = known or trace.evento
    if known and RETURN_MARK.search(normalise(trace.ciclo or "")):
        meaning, code = turned_back(meaning), f"{known}/return"
    words = " ".join(filter(None, (trace.traduccion or trace.estado, trace.motive)))
    return Scan(meaning, trace.moment, code, words, None, city(trace.sucursal))


def ask(query: Query, url: str, key: str) -> httpx.Request:
    return httpx.Request(
        "GET",
        f"{url.rstrip('/')}/v2/envios/{quote(query.reference, safe='')}/trazas",
        headers={_TOKEN_HEADER: key, "Accept": "application/json"},
    )


ENTRY = CarrierEntry(
    id="andreani",
    name="Andreani",
    zone=_ZONE,
    languages=("es",),
    phones=(old_phone("AR", "0810-122-1111"),),
    links=(TrackingLink(template="https://www.andreani.com/envio/{reference}"),),
)

ANDREANI = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=MOTIVES,
    pull=Pull(
        url="https://apis.andreani.com",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(seconds=1),
        daily_quota=2000,
        key_parts=("user", "password"),
        token=Login(path="/login", method="GET", token_header=_TOKEN_HEADER),
    ),
)
