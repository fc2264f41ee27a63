"""What the public API says at the end: each order, its timeline and its reasons; and every dead letter."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import httpx

from sandbox.calls import LONGEST_PAUSE, PAUSE
from tests.rig.journal import Lines
from tests.rig.no_answer import NO_ANSWER
from tests.rig.world import Rigged

AT_ONCE = 8
PAGE = 200
PATIENCE = timedelta(seconds=60)


class Silent(Exception):
    """The API did not answer although all is quiet; the text says what it answered."""


async def collect(world: Rigged, orders: Iterable[tuple[str, str]]) -> None:
    """Writes orders.jsonl and dead.jsonl. Raises Silent."""
    lines = Lines(world.folder / "orders.jsonl")
    waiting = iter(orders)

    async def ask_on() -> None:
        for shop, order in waiting:
            lines.write(**await _ask_of(world, shop, order))

    await asyncio.gather(*(ask_on() for _ in range(AT_ONCE)))
    lines.close()
    await _collect_dead(world)


async def _ask_of(world: Rigged, shop: str, order: str) -> dict[str, Any]:
    url, headers = f"/v1/shops/{shop}/orders/{order}", world.keys.bearer(shop)
    status = await _ask(world, url, headers)
    if status is None:
        return {"shop": shop, "order": order}
    timeline = await _ask(world, f"{url}/timeline", headers) or {}
    why = await _ask(world, f"{url}/why", headers) or {}
    told = {"timeline": _list_in(timeline), "why": _list_in(why)}
    return {"shop": shop, "order": order, "status": status, **told}


def _list_in(answer: dict[str, Any]) -> list[Any]:
    """The one list of an answer."""
    return next((value for value in answer.values() if isinstance(value, list)), [])


async def _collect_dead(world: Rigged) -> None:
    lines = Lines(world.folder / "dead.jsonl")
    headers = {"authorization": f"Bearer {world.secrets.ops_key}"}
    cursor: str | None = None
    while True:
        place = f"&cursor={cursor}" if cursor else ""
        page = await _ask(world, f"/v1/ops/dead-letters?limit={PAGE}{place}", headers)
        for letter in (page or {}).get("dead_letters", ()):
            lines.write(**letter)
        cursor = (page or {}).get("next")
        if cursor is None:
            break
    lines.close()


async def _ask(world: Rigged, path: str, headers: dict[str, str]) -> dict[str, Any] | None:
    """None for what is not found."""
    deadline = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
    pause, last = PAUSE, ""
    while asyncio.get_running_loop().time() < deadline:
        try:
            answer = await world.client.get(f"{world.addresses.url('tracking')}{path}", headers=headers)
        except NO_ANSWER as error:
            last = type(error).__name__
        else:
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            if answer.is_success:
                told: dict[str, Any] = answer.json()
                return told
            last = f"{answer.status_code} {answer.text[:200]}"
        await asyncio.sleep(pause.total_seconds())
        pause = min(pause * 2, LONGEST_PAUSE)
    raise Silent(f"GET {path}: {last}")
