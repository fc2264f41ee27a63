"""Correos Express (CEX): its contract tracking service, asked for. There is no public push.

Source: third-party programs' use of `seguimientoEnvio`, and texts of the consumer site as seen live. The text of a
state decides; its number counts only where the text is not known, and 3, 4 and 6, which programs read in two ways,
never do. Incident numbers are not public: the incident's text is read. Thin: the error texts, and the tracking page's
address, so the directory has none.

CARRIER_CORREOS_EXPRESS_KEY is `user=...&password=...&client=...`, `client` being the customer code. Times are Madrid's;
the branch gives the islands' and Portugal's. Fields of sender and receiver (…Rte, …Dest) are not read.
"""

from __future__ import annotations

from datetime import timedelta

import httpx
from pydantic import BaseModel, Field

from services.carrier_gateway.carriers.correos_express_wording import STATES
from services.carrier_gateway.parts.base import UNMAPPED, Carrier, Parsed, Row, code_table, read_body
from services.carrier_gateway.parts.day_first import day_first_or_none
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.iberian_places import MADRID, clock_of, clock_of_province
from services.carrier_gateway.parts.instants import Moment
from services.carrier_gateway.parts.key_parts import key_parts
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.scan_order import by_time
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, Written, city, tell
from services.carrier_gateway.parts.spanish_incidents import INCIDENTS, denies, overlaid
from services.carrier_gateway.parts.spanish_refusals import refusal_in
from services.carrier_gateway.parts.wording import recognise
from shared.contracts.directory import CarrierEntry
from shared.contracts.vocabulary import Actor, Stage

KEY_PARTS = ("user", "password", "client")

CODES = code_table(
    ("1", Row(Stage.REGISTERED)),
    ("2", Row(Stage.IN_TRANSIT)),
    ("8", Row(Stage.OUT_FOR_DELIVERY)),
    ("9", Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)),
    ("11", Row(Stage.IN_TRANSIT)),
    ("12", Row(Stage.DELIVERED)),
)


class State(BaseModel):
    """One state, or the current one, which stands flat in the answer under the same names."""

    code: Written | None = Field(default=None, alias="codEstado")
    text: str | None = Field(default=None, alias="descEstado")
    day: Written | None = Field(default=None, alias="fechaEstado")
    time: Written | None = Field(default=None, alias="horaEstado")
    incident: str | None = Field(default=None, alias="descIncEstado")
    branch: Written | None = Field(default=None, alias="idDelegacion")
    branch_name: str | None = Field(default=None, alias="nombreDelegacion")

    @property
    def moment(self) -> Moment | None:
        """Numbers lose their leading zeros where the answer was put together."""
        time, branch = (self.time or "").strip(), (self.branch or "").strip()
        zone = clock_of_province(branch) if branch in ("35", "38") else clock_of(self.branch_name)
        return day_first_or_none((self.day or "").strip().rjust(8, "0"), time.rjust(6, "0") if time else None, zone)


class Answer(State):
    number: Written | None = Field(default=None, alias="numEnvio")
    error: int | None = None
    message: str | None = Field(default=None, alias="mensajeError")
    states: list[State] | None = Field(default=None, alias="estadoEnvios", max_length=MOST_SCANS)


class Answered(Answer):
    number: Written = Field(alias="numEnvio")


def parse(body: bytes) -> Parsed:
    """An error is told in words, at HTTP 200. Otherwise a shipment number has to be there."""
    answer = read_body(Answer, body)
    if answer.error:
        return Parsed(refusal=refusal_in(answer.message or ""))
    return _told(read_body(Answered, body), None)


def read_answer(query: Query, body: bytes) -> Parsed:
    """The events carry the number we asked with: the answer's own may be the shipment's where ours was a parcel's."""
    answer = read_body(Answer, body)
    if answer.error:
        return Parsed(refusal=refusal_in(answer.message or ""))
    return _told(read_body(Answered, body), query.reference)


def _told(answer: Answered, asked: str | None) -> Parsed:
    """The list; the current state too when it is newer than all of it."""
    scans = by_time(_scan(state) for state in answer.states or ())
    current = _scan(answer)
    if current.moment and (not scans or scans[-1].moment is None or current.moment.at > scans[-1].moment.at):
        scans.append(current)
    return Parsed(tell(ENTRY.id, (asked or answer.number, "body", "numEnvio"), scans))


def _scan(state: State) -> Scan:
    code, text = (state.code or "").strip(), state.text or ""
    recognised = recognise(text, STATES)
    by_number = UNMAPPED if denies(text) else CODES.get(code, UNMAPPED)
    meaning = recognised.wording.row if recognised else by_number
    incident = recognise(state.incident or "", INCIDENTS)
    if incident is not None and meaning is not UNMAPPED:
        meaning = overlaid(meaning, incident.wording.row)
    return Scan(meaning, state.moment, code or None, text, recognised, city(state.branch_name))


def ask(query: Query, url: str, key: str) -> httpx.Request:
    """`key` has passed `key_parts`."""
    access = key_parts(key, KEY_PARTS)
    request = httpx.Request(
        "POST",
        f"{url.rstrip('/')}/wspsc/apiRestSeguimientoEnviosk8s/json/seguimientoEnvio",
        json={"codigoCliente": access["client"], "dato": query.reference, "idioma": "ES"},
        headers={"Accept": "application/json"},
    )
    return next(httpx.BasicAuth(access["user"], access["password"]).auth_flow(request))


ENTRY = CarrierEntry(
    id="correos_express",
    name="Correos Express",
    zone=MADRID,
    languages=("es", "pt"),
    phones=(old_phone("ES", "+34 902 122 333"),),
)

CORREOS_EXPRESS = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=(*STATES, *INCIDENTS),
    pull=Pull(
        url="https://www.cexpr.es",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(seconds=1),
        daily_quota=5_000,
        key_parts=KEY_PARTS,
    ),
)
