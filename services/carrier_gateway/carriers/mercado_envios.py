"""Mercado Envíos, the shipments inside Mercado Libre (Argentina, Brazil, Chile, Mexico, Uruguay, Colombia), asked for.

Source: developers.mercadolibre.com, «Shipments», and programs that use it. A code is `status` and `substatus` together.
The platform calls the set of substatuses open: one without a row is unknown here, whatever its status would suggest.
An answer is a snapshot: the shipment's dates are events of their own, and the current status is one at the date kept
for it, else at `last_updated`, which is when the platform wrote the change down.

Push is a notification without data and without a signature, so it only says that one should ask; it holds no events.
Its sender cannot add a header of ours: let a system of your own hand it over, or rely on asking. Thin: the newer shape
(`x-format-new`) and `/history` are not read. Buyers are told by the marketplace itself: a shop that forwards these
events as messages should first read what the marketplace allows. The key is the seller's access token,
which lives for hours: something beside Hito has to renew it, since each renewal needs the secret of the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from services.carrier_gateway.carriers.mercado_envios_states import CODES, DELIVERED, NONE, SHIPPED, WHATEVER
from services.carrier_gateway.parts.base import (
    UNMAPPED,
    Carrier,
    Malformed,
    Parsed,
    Refusal,
    Row,
    read_body,
)
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.instants import Moment, read_moment
from services.carrier_gateway.parts.plain_text import clean
from services.carrier_gateway.parts.pull import Pull, Query, refusal_of
from services.carrier_gateway.parts.scans import Scan, Written, attempt, tell
from shared.contracts.directory import CarrierEntry
from shared.contracts.vocabulary import Stage


class Dates(BaseModel):
    date_shipped: str | None = None
    date_delivered: str | None = None
    date_returned: str | None = None


class Shipment(BaseModel):
    """`topic` stands in a notification; `error` in an error answer, whose `status` is then a number."""

    id: Written | None = None
    status: Written | None = None
    substatus: str | None = None
    last_updated: str | None = None
    status_history: Dates | None = None
    topic: str | None = None
    error: str | None = None


def parse(body: bytes) -> Parsed:
    shipment = read_body(Shipment, body)
    if shipment.topic is not None:
        return Parsed(skipped=1)
    if shipment.error is not None:
        told = shipment.status or ""
        return Parsed(refusal=(refusal_of(int(told)) if _is_http_status(told) else None) or Refusal.OUTAGE)
    if shipment.id is None or shipment.status is None:
        raise Malformed([("id" if shipment.id is None else "status", "is missing")])
    return Parsed(tell(ENTRY.id, (shipment.id, "body", "id"), _scans(shipment, shipment.status)))


def _is_http_status(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isdigit()


def code_of(status: str, substatus: str | None) -> str:
    """The row of `CODES`, or the two words as they are when there is none."""
    for code in (f"{status}/{substatus or NONE}", f"{status}/{WHATEVER}"):
        if code in CODES:
            return code
    return f"{status}/{substatus}" if substatus else status


def _scans(shipment: Shipment, status: str) -> Iterator[Scan]:
    """What the dates say, and what is so now where that is something else."""
    dates = shipment.status_history or Dates()
    now = code_of(clean(status, 60) or "", clean(shipment.substatus, 80))
    meaning = CODES.get(now, UNMAPPED)
    if dates.date_shipped and now != SHIPPED:
        yield Scan(CODES[SHIPPED], _moment(dates.date_shipped), SHIPPED)
    if dates.date_delivered and meaning.stage is not Stage.DELIVERED:
        yield Scan(CODES[DELIVERED], _moment(dates.date_delivered), DELIVERED)
    since = _kept_date(now, meaning, dates) or shipment.last_updated
    yield Scan(meaning, _moment(since), _shown(now, shipment))


def _kept_date(now: str, meaning: Row, dates: Dates) -> str | None:
    """The date of the current status; a substatus in between has none of its own."""
    if meaning.stage is Stage.DELIVERED:
        return dates.date_delivered
    if meaning.stage is Stage.RETURNED:
        return dates.date_returned
    return dates.date_shipped if now == SHIPPED else None


def _shown(code: str, shipment: Shipment) -> str:
    """The carrier's own substatus where the row holds for any."""
    return code.removesuffix(WHATEVER) + (clean(shipment.substatus, 80) or NONE) if code.endswith(WHATEVER) else code


def _moment(text: str | None) -> Moment | None:
    """With an offset always: a bare time is none."""
    return attempt(lambda: read_moment(text or "", None))


def ask(query: Query, url: str, key: str) -> httpx.Request:
    return httpx.Request(
        "GET",
        f"{url.rstrip('/')}/shipments/{quote(query.reference, safe='')}",
        headers={"Authorization": f"Bearer {key}", "Accept": "application/json"},
    )


ENTRY = CarrierEntry(id="mercado_envios", name="Mercado Envíos", zone="UTC", languages=("es", "pt"))

MERCADO_ENVIOS = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    pull=Pull(
        url="https://api.mercadolibre.com",
        request=ask,
        read=lambda query, body: parse(body),
        minimum_gap=timedelta(milliseconds=250),
        daily_quota=20_000,
    ),
)
