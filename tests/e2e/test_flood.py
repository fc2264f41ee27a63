"""A flood through the whole system: every step ends, for every recipient and channel, in exactly one verdict.

`make test` sends 500 events, `make flood` 100,000 (`make flood EVENTS=20000` for another number).
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.layouts import SMALL_SHOP
from services.notifier.domain.delivery import VERDICT_OF, State
from shared.contracts.vocabulary import Verdict
from tests.support.backends import note
from tests.support.flood import Told, expected_of, make_flood, pour, rows, until_it_has_run_off, why_of_all
from tests.support.worlds import a_world

EVENTS = int(os.environ.get("HITO_FLOOD_EVENTS", "500"))
DEADLINE = timedelta(seconds=240 + EVENTS / 25)
REACHED = frozenset({Verdict.SENT, Verdict.DELIVERED, Verdict.READ})


@pytest.mark.timeout(2 * DEADLINE.total_seconds())
async def test_each_step_has_exactly_one_verdict_for_each_recipient_and_channel_and_why_answers_it_in_one_call(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> None:
    flood = make_flood(EVENTS, datetime.now(UTC))
    async with a_world(tmp_path_factory.mktemp("flood"), pytestconfig, SMALL_SHOP) as world:
        began = time.monotonic()
        await pour(world, flood)
        await until_it_has_run_off(world, DEADLINE)
        ran_off = time.monotonic()

        expected = Counter(await expected_of(world, flood))
        assert len({told.order_id for told in expected}) == len(flood.orders)
        assert set(expected.values()) == {1}

        ledger = await rows(world.around.notifier_database, "SELECT * FROM messages")
        verdicts = {told_of(row): VERDICT_OF[State(row["state"])] for row in ledger}
        assert len(verdicts) == len(ledger)
        assert verdicts.keys() == expected.keys()
        assert Verdict.PLANNED not in verdicts.values()
        assert all(row["reason"] for row in ledger)

        told = await rows(world.around.tracking_database, "SELECT * FROM messages")
        assert Counter(told_of(row) for row in told) == expected
        assert {told_of(row): Verdict(row["verdict"]) for row in told} == verdicts

        answered: Counter[tuple[str, str, str, str, str]] = Counter()
        for order_id, why in (await why_of_all(world, list(flood.roles))).items():
            for step in (step for decision in why["decisions"] for step in decision["steps"]):
                heard = [(message["recipient"], message["channel"]) for message in step["messages"]]
                assert len(heard) == len(set(heard)), (order_id, step)
                answered.update((order_id, step["step"], step["occurrence"], *each) for each in heard)
        assert answered == Counter((t.order_id, t.step, t.occurrence, t.recipient, t.channel) for t in expected)

        taken = Counter(entry.message_id for entry in world.providers.accept_log.read())
        assert set(taken.values()) == {1}, "nobody was told twice"
        reached = {row["id"] for row in ledger if VERDICT_OF[State(row["state"])] in REACHED}
        assert reached <= taken.keys()
        assert taken.keys() - reached <= {row["id"] for row in ledger if row["state"] in ("unknown", "bounced")}
        assert await rows(world.around.notifier_database, "SELECT * FROM dead_letters") == []
        assert world.system.restarted == []
        note(pytestconfig, _summary(flood.events, ran_off - began, Counter(verdicts.values())))


def told_of(row: Mapping[str, Any]) -> Told:
    return Told(row["order_id"], row["step"], row["occurrence"], row["parcel"] or "", row["recipient"], row["channel"])


def _summary(events: int, seconds: float, verdicts: Counter[Verdict]) -> str:
    each = ", ".join(f"{count:,} {verdict.value}" for verdict, count in verdicts.most_common())
    return f"flood: {events:,} events in {seconds:.0f} s; {verdicts.total():,} verdicts: {each}"
