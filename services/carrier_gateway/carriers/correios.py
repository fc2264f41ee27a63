"""Correios (Brazil): the tracking of one object (SRO), asked for. There is no push.

Source: a public data set that was checked against live answers, and programs that use `api.correios.com.br`. A code is
`codigo` and `tipo` together; BDE, BDI and BDR share their numbers. A code without a row is read by its sentence, and
stays unknown when the sentence is unknown too. Thin: BD/38 and BD/39 (unmapped); which customs number asks for payment;
rows that the table's authors doubted (moved, not located, import not authorised) follow the more careful reading.
Times are the unit's local clock. Quotas are our guess.

CARRIER_CORREIOS_KEY is `user=...&password=...&numero=...`: user, access code and posting card, which buy a token for
about a day.
"""

from __future__ import annotations

from datetime import timedelta, tzinfo
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.carrier_gateway.carriers.correios_events import CODES, WORDINGS
from services.carrier_gateway.parts.base import UNMAPPED, Carrier, Parsed, Refusal, Row, read_body
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.instants import Moment, end_of_day, read_moment
from services.carrier_gateway.parts.login import Login
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.plain_text import clean
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, attempt, refuse_flood, tell
from services.carrier_gateway.parts.wording import Recognised, normalise, recognise
from services.carrier_gateway.parts.zones import zone_of_state
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.shipments import Eta, Location, ShipmentEvent

_MOST_OBJECTS = 10
"""We ask about one at a time."""
_ISLANDS = "FERNANDO DE NORONHA"
"""Belongs to Pernambuco, and keeps a clock of its own."""


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Address(_Part):
    cidade: str | None = None
    uf: str | None = None


class Unit(_Part):
    endereco: Address | None = None


class Happening(_Part):
    codigo: str | None = None
    tipo: str | None = None
    dt_hr_criado: str | None = None
    descricao: str | None = None
    unidade: Unit | None = None

    @property
    def address(self) -> Address:
        return (self.unidade.endereco if self.unidade else None) or Address()

    @property
    def zone(self) -> tzinfo:
        if normalise(self.address.cidade or "").startswith(_ISLANDS):
            return ZoneInfo("America/Noronha")
        return zone_of_state("BR", normalise(self.address.uf or ""))

    @property
    def moment(self) -> Moment | None:
        return attempt(lambda: read_moment(self.dt_hr_criado or "", self.zone))

    @property
    def code(self) -> str | None:
        """`BDE/01`; some answers write the type without its zero. The letters alone where there is no type."""
        letters, number = clean(self.codigo, 20), clean(self.tipo, 20)
        return f"{letters.upper()}/{number.zfill(2)}" if letters and number else letters


class Tracked(_Part):
    cod_objeto: str
    eventos: list[Happening] = Field(default=[], max_length=MOST_SCANS)
    mensagem: str | None = None
    dt_prevista: str | None = None


class Answer(_Part):
    objetos: list[Tracked] = Field(max_length=_MOST_OBJECTS)


def parse(body: bytes) -> Parsed:
    """An object without events says so in `mensagem`, with HTTP 200."""
    objects = read_body(Answer, body).objetos
    refuse_flood("objetos", (tracked.eventos for tracked in objects))
    events = [event for number, tracked in enumerate(objects) for event in _events(f"objetos.{number}", tracked)]
    if events:
        return Parsed(tuple(sorted(events, key=lambda event: event.occurred_at)))
    return Parsed(refusal=Refusal.NOT_FOUND)


def _events(where: str, tracked: Tracked) -> tuple[ShipmentEvent, ...]:
    scans = [_read(happening) for happening in reversed(tracked.eventos)]  # the newest comes first
    return tell(ENTRY.id, (tracked.cod_objeto, where, "codObjeto"), scans, _expected(tracked))


def meaning_of(code: str | None, sentence: str | None) -> tuple[Row, Recognised | None]:
    """The code's row; for a code without one, what the sentence says."""
    row = CODES.get(code or "")
    if row is not None:
        return row, None
    found = recognise(sentence or "", WORDINGS)
    return (found.wording.row, found) if found else (UNMAPPED, None)


def _read(happening: Happening) -> Scan:
    meaning, recognised = meaning_of(happening.code, happening.descricao)
    city, state = clean(happening.address.cidade), clean(happening.address.uf, 20)
    place = Location(city=city or state, country="BR") if city or state else None
    return Scan(meaning, happening.moment, happening.code, happening.descricao, recognised, place)


def _expected(tracked: Tracked) -> Eta | None:
    """`dtPrevista` is a day in São Paulo's clock, whatever hour stands beside it."""
    zone = zone_of_state("BR", None)
    day = attempt(lambda: read_moment(tracked.dt_prevista or "", zone))
    return Eta(until=end_of_day(day, zone)) if day else None


def ask(query: Query, url: str, key: str) -> httpx.Request:
    return httpx.Request(
        "GET",
        f"{url.rstrip('/')}/srorastro/v1/objetos/{quote(query.reference, safe='')}",
        params={"resultado": "T"},
        headers={"Authorization": f"Bearer {key}", "Accept": "application/json", "Accept-Language": "pt-BR"},
    )


ENTRY = CarrierEntry(
    id="correios",
    name="Correios",
    zone="America/Sao_Paulo",
    languages=("pt",),
    phones=(old_phone("BR", "0800 725 0100"), old_phone("BR", "3003-0100")),
    links=(TrackingLink(template="https://rastreamento.correios.com.br/app/index.php?objeto={reference}"),),
)

CORREIOS = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="https://api.correios.com.br",
        request=ask,
        read=lambda query, body: parse(body),
        minimum_gap=timedelta(seconds=1),
        daily_quota=2000,
        key_parts=("user", "password", "numero"),
        token=Login(path="/token/v1/autentica/cartaopostagem", json_parts=("numero",)),
    ),
)
