"""Pouring: each thing until it is taken or refused, each attempt in the ledger, one wave after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.load.chunk import Load
from tests.load.pour import Reply, pour
from tests.load.sending import Sending

START = datetime(2026, 3, 24, 18, 0, tzinfo=UTC)
PATIENCE = timedelta(seconds=30)
ACKED = Reply("acked", 1, 2)


@dataclass
class ScriptedCarrier:
    """Answers what the script says for a number, one after the other, and takes all else."""

    script: dict[int, list[Reply]] = field(default_factory=dict)
    carried: list[int] = field(default_factory=list)

    async def carry(self, sending: Sending) -> Reply:
        self.carried.append(sending.wave)
        answers = self.script.get(sending.n)
        return answers.pop(0) if answers else ACKED


def some(orders: int = 3) -> list[Sending]:
    return Load(7, orders, START).chunk(0)


async def lines_of(carrier: ScriptedCarrier, sendings: list[Sending], patience: timedelta = PATIENCE) -> list[Any]:
    lines: list[dict[str, Any]] = []
    await pour(sendings, carrier, lines.append, patience=patience)
    return lines


async def test_what_is_not_taken_is_sent_again_and_each_attempt_is_in_the_ledger() -> None:
    first, *_ = sendings = some()
    carrier = ScriptedCarrier({first.n: [Reply("failed"), Reply(503), Reply(429), ACKED]})
    lines = await lines_of(carrier, sendings)
    assert [line["status"] for line in lines if line["n"] == first.n] == ["failed", 503, 429, "acked"]
    assert len(lines) == len(sendings) + 3


async def test_what_is_refused_is_not_sent_again() -> None:
    first, *_ = sendings = some()
    lines = await lines_of(ScriptedCarrier({first.n: [Reply(422)]}), sendings)
    assert [line["status"] for line in lines if line["n"] == first.n] == [422]


async def test_a_wave_begins_when_all_of_the_one_before_is_taken() -> None:
    first, *_ = sendings = some(20)
    carrier = ScriptedCarrier({first.n: [Reply("failed"), ACKED]})
    waves: list[int] = []

    async def note(wave: int) -> None:
        waves.append(wave)

    await pour(sendings, carrier, lambda _: None, patience=PATIENCE, after_wave=note)
    assert carrier.carried == sorted(carrier.carried)
    assert waves == sorted(set(carrier.carried))


async def test_it_does_not_try_for_ever() -> None:
    first, *_ = sendings = some()
    carrier = ScriptedCarrier({first.n: [Reply("failed")] * 1000})
    with pytest.raises(ExceptionGroup) as caught:
        await lines_of(carrier, sendings, timedelta(milliseconds=50))
    assert caught.group_contains(TimeoutError)


async def test_the_place_of_a_record_is_in_its_line_and_a_call_has_none() -> None:
    lines = await lines_of(ScriptedCarrier(), some(20))
    assert {(line["partition"], line["offset"]) for line in lines if line["topic"]} == {(1, 2)}
    assert all("offset" not in line and line["url"] for line in lines if not line["topic"])
