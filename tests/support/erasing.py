"""One buyer's erasure as a shop asks for it, and what tracking says and hears of it."""

from __future__ import annotations

from typing import Any

import httpx

from shared.contracts.erasures import ContactErased, ErasedRows, ErasureRequested, Offered
from shared.contracts.orders import Order
from shared.contracts.topics import SHOP_ORDERS, TRACKING_ERASURES
from shared.messaging.dead_letters import DeadLetter, bury
from tests.support.canaries import BUYER, FRIEND
from tests.support.deliveries import ORDER, SEUR, at, order
from tests.support.migrated import ask
from tests.support.tracking_api import KEY, Api
from tests.support.tracking_world import Tracking

PATH = f"/v1/shops/demo/orders/{ORDER}/erasure"


def bought(state: str = "shipped", sequence: int = 1, **changes: Any) -> Order:
    return order(state, sequence, **{"parcels": [SEUR], "buyer": BUYER, "recipients": (FRIEND,), **changes})


async def erase(api: Api, path: str = PATH, key: str | None = KEY, *, wait: bool = False) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return await api.client.post(path, headers=headers if wait else headers | {"prefer": "respond-async"})


def answer(request: int = 1, *, erased: int = 6, remaining: int = 0) -> ContactErased:
    """What the notifier says when it is done."""
    return ContactErased(
        shop="demo",
        order_id=ORDER,
        request=request,
        erased_at=at(9),
        rows=(ErasedRows(table="messages", erased=erased, remaining=remaining, kept=9),),
        called_off=1,
        offered=(Offered(provider="smtp", messages=2),),
    )


async def asked_of_notifier(api: Api) -> list[ErasureRequested]:
    rows = await ask(
        api.tracking.database, "SELECT value FROM outbox WHERE topic = :topic ORDER BY id", topic=TRACKING_ERASURES.name
    )
    return [ErasureRequested.model_validate_json(row["value"]) for row in rows]


async def bury_an_order(tracking: Tracking, offset: int) -> None:
    """A snapshot with contact that could not be taken in."""
    broken = bought().to_json().replace(b'"shipped"', b'"teleported"')
    letter = DeadLetter(
        SHOP_ORDERS.name, 0, offset, b"demo/A-1001", broken, [("x-note", b"for Canaria")], "invalid: state"
    )
    async with tracking.database.transaction() as tx:
        await bury(tx, [letter], "tracking")
