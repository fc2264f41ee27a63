"""Whom to call about a parcel: the gateway's directory, kept in our own database so that its absence stops nobody.

The phone a buyer is given: the shop's own choice for that carrier, else the carrier's if a person has confirmed it for
the destination's country, else the shop's support phone, named as the shop's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from shared.bounded_body import ACCEPTED, Unreadable, read_body
from shared.contracts.base import decode
from shared.contracts.directory import CarrierEntry, CarrierList
from shared.contracts.orders import UNNAMED
from shared.contracts.steps import Contact
from shared.database import Database, fetch, insert_rows
from shared.messaging.backoff import Backoff
from shared.messaging.failures import DependencyAway, is_infrastructure
from shared.observability.logs import get_logger
from shared.processes import Runtime
from shared.shops import Shop

REFRESH_PAUSE = timedelta(minutes=5)
ANSWER_LIMIT_BYTES = 2 * 1024 * 1024


class Directory:
    """The carriers as last heard. Empty until the first answer; `known` tells."""

    def __init__(self, entries: Iterable[CarrierEntry] = ()) -> None:
        self._entries = {entry.id: entry for entry in entries}

    @property
    def known(self) -> bool:
        return bool(self._entries)

    def replace(self, entries: Iterable[CarrierEntry]) -> None:
        self._entries = {entry.id: entry for entry in entries}

    def require(self) -> None:
        """Raises DependencyAway before the first answer: a message without the carrier's name must not be made."""
        if not self.known:
            raise DependencyAway("the carrier directory is not known yet")

    def name_of(self, shop: Shop, carrier: str) -> str:
        """Empty while nobody knows the carrier: no name is claimed, and no message is made with none."""
        if carrier == UNNAMED:
            return ""
        entry = self._entries.get(carrier)
        return shop.carrier_names.get(carrier) or (entry.name if entry else carrier.replace("_", " ").upper())

    def contact_for(self, shop: Shop, carrier: str, country: str | None) -> Contact:
        country = country or shop.country
        chosen = shop.carrier_phones.get(carrier, {}).get(country)
        if chosen is not None:
            return Contact(phone=chosen, of_shop=False)
        entry = self._entries.get(carrier)
        for phone in entry.phones if entry else ():
            if phone.country == country and phone.confirmed:
                return Contact(phone=phone.number, of_shop=False, hours=phone.hours)
        return Contact(phone=shop.support_phone, of_shop=True)

    def link_for(self, carrier: str, reference: str, country: str | None) -> str | None:
        """The carrier's own tracking page, the country's if there is one."""
        entry = self._entries.get(carrier)
        links = entry.links if entry else ()
        best = next((link for link in links if link.country == country), None)
        best = best or next((link for link in links if link.country is None), None)
        return best.template.replace("{reference}", quote(reference, safe="")) if best else None

    def polled(self, carrier: str) -> bool:
        entry = self._entries.get(carrier)
        return entry is not None and entry.polled


async def load_remembered(database: Database, directory: Directory) -> None:
    """What was last heard, from our own database."""
    async with database.transaction() as tx:
        rows = await fetch(tx, "SELECT entry FROM carrier_directory")
    directory.replace(CarrierEntry.model_validate(row["entry"], extra="ignore") for row in rows)


async def ask_gateway(client: httpx.AsyncClient, gateway_url: str) -> CarrierList:
    """Raises DependencyAway when the gateway does not answer with a directory."""
    try:
        async with client.stream("GET", f"{gateway_url.rstrip('/')}/carriers", headers=ACCEPTED) as response:
            response.raise_for_status()
            body = await read_body(response, ANSWER_LIMIT_BYTES)
    except Unreadable as error:
        raise DependencyAway(f"the carrier directory cannot be read: {error}") from error
    except httpx.HTTPError as error:
        raise DependencyAway(f"the gateway does not answer: {type(error).__name__}") from error
    try:
        return decode(CarrierList, body)
    except ValidationError as error:
        raise DependencyAway("the gateway's directory cannot be read") from error


async def remember(database: Database, carriers: CarrierList) -> None:
    async with database.transaction() as tx:
        await insert_rows(
            tx,
            "carrier_directory",
            {"id": "text", "entry": "jsonb"},
            [{"id": entry.id, "entry": entry.to_json().decode()} for entry in carriers.carriers],
            then="ON CONFLICT (id) DO UPDATE SET entry = excluded.entry",
        )


async def keep_fresh(directory: Directory, database: Database, gateway_url: str, runtime: Runtime) -> None:
    """Runs beside a process that needs the directory: what is remembered first, then the gateway, again and again."""
    backoff = Backoff(runtime.stop)
    async with httpx.AsyncClient(timeout=5) as client:
        while not runtime.stop.is_set():
            try:
                if not directory.known:
                    await load_remembered(database, directory)
                carriers = await ask_gateway(client, gateway_url)
                directory.replace(carriers.carriers)
                await remember(database, carriers)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                if not is_infrastructure(error):
                    raise
                get_logger().warning("directory_waits", error_type=type(error).__name__)
                await backoff.wait()
            else:
                backoff.reset()
                await backoff.pause(REFRESH_PAUSE)
