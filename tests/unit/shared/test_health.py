"""Ready means that every part can do its job now; a part that cannot is named with its reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from shared.health import Health


def says(answer: str | None) -> Callable[[], Awaitable[str | None]]:
    async def check() -> str | None:
        return answer

    return check


async def breaks() -> str | None:
    raise ConnectionRefusedError("postgresql://tracking:hunter2@10.0.0.7/tracking")


async def hangs() -> str | None:
    await asyncio.Event().wait()
    return None


async def test_a_process_without_parts_that_can_fail_is_ready() -> None:
    assert await Health().unready() == {}


async def test_every_part_that_is_not_ready_is_named_with_its_reason() -> None:
    health = Health()
    health.register("database", says(None))
    health.register("broker", says("no broker yet"))
    health.register("consume tracking", says("the first fetch"))
    assert await health.unready() == {"broker": "no broker yet", "consume tracking": "the first fetch"}


async def test_a_check_that_breaks_is_a_reason_and_gives_no_address_away() -> None:
    health = Health()
    health.register("database", breaks)
    assert await health.unready() == {"database": "ConnectionRefusedError"}


async def test_a_check_that_hangs_is_a_reason_and_holds_up_no_other() -> None:
    health = Health()
    health.register("database", hangs)
    health.register("broker", says(None))
    async with asyncio.timeout(10):
        assert await health.unready() == {"database": "no answer in time"}


async def test_a_process_that_stops_is_not_ready_and_asks_nobody_any_more() -> None:
    health = Health()
    health.register("database", hangs)
    health.stopping = True
    async with asyncio.timeout(1):
        assert await health.unready() == {"process": "stopping"}


async def test_a_part_that_recovers_makes_the_process_ready_again() -> None:
    health, reasons = Health(), ["no broker yet", None]

    async def check() -> str | None:
        return reasons.pop(0)

    health.register("broker", check)
    assert await health.unready() == {"broker": "no broker yet"}
    assert await health.unready() == {}
