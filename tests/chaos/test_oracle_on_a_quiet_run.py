"""The oracle on a run in which nothing is broken on purpose: it finds nothing, and it has looked at everything.

`make test` sends the events of 40 orders; HITO_LOAD_ORDERS names another number.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.layouts import SMALL_SHOP
from tests.load.chunk import Load
from tests.load.pour import pour
from tests.load.shop_keys import ShopKeys
from tests.load.to_world import to_world
from tests.oracle import Judgement, judge
from tests.support.run_folder import run_writer
from tests.support.worlds import QUIET_DEADLINE, a_world

ORDERS = int(os.environ.get("HITO_LOAD_ORDERS", "40"))
SEED = 20261122
PATIENCE = timedelta(seconds=60)


async def a_quiet_run(folder: Path, config: pytest.Config, orders: int) -> Judgement:
    """Each wave is told before the next one is sent: so buyers hear nearly every step."""
    started_at = datetime.now(UTC)
    load, keys = Load(SEED, orders, started_at), ShopKeys()
    async with a_world(folder / "world", config, SMALL_SHOP, keys.environment()) as world, to_world(world, keys) as way:
        with run_writer(folder / "run") as run:

            async def rest(_: int) -> None:
                await world.stillness.until_quiet(QUIET_DEADLINE)
                await run.sample(world)

            for number in load.chunks:
                await pour(load.chunk(number), way, run.note_sent, patience=PATIENCE, after_wave=rest)
            await run.finish(world, keys, load, started_at)
    return judge(folder / "run")


@pytest.mark.timeout(120 + 3 * ORDERS)
async def test_a_quiet_run_has_no_finding_and_about_eight_messages_an_order(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    judged = await a_quiet_run(tmp_path, pytestconfig, ORDERS)

    assert judged.findings == ()
    assert judged.figures["orders"] == ORDERS
    assert 6 * ORDERS < int(judged.figures["messages accepted"]) < 10 * ORDERS
