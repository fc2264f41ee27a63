"""Every fault of three kinds of provider, and `kill -9` at the moves of the ledger: nobody hears anything twice, and
what nobody heard is listed with its reason.

`make test` kills at every move once, amid messages through every fault; `make chaos-ledger` kills every message of
every fault at every move of its own, and writes build/chaos-ledger.json.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from shared.contracts.vocabulary import Channel
from tests.support.fault_cases import BATCH, cases
from tests.support.fault_findings import Findings, look
from tests.support.fault_matrix import FaultMatrix, fault_matrix
from tests.support.fault_moments import PLANNED, RECEIVED, SENT
from tests.support.fault_report import keep, report
from tests.support.ledger_moves import Moment
from tests.support.migrated import FreshDatabase

WHOLE = os.environ.get("HITO_FAULT_MATRIX") == "whole"
LANES = 2
OUTPUT = Path("build/chaos-ledger.json")
RESOLVED = 0.999
RARE = ("unknown", "standby")
DOUBT_MAY_STAY = frozenset({Channel.EMAIL, Channel.WHATSAPP})
"""Where nobody can be asked, a message of which no receipt came stays a listed `unknown`."""


async def go_through(matrix: FaultMatrix) -> Findings:
    """A kill at every move, each amid a third of the faults, in turns; amid all where only some faults lead to it."""
    async with matrix.receiving(*RECEIVED):
        await matrix.plan(cases(), *PLANNED)
        for number, moment in enumerate(SENT, 1):
            batch = list(cases(number * BATCH))
            await matrix.plan(batch if moment.was in RARE else batch[number % 3 :: 3])
            await matrix.send(moment)
        await matrix.settle(DOUBT_MAY_STAY)
    return await look(matrix.database, matrix.providers.accept_log.read())


@pytest.mark.skipif(WHOLE, reason="the whole matrix says more")
@pytest.mark.timeout(900)
async def test_a_kill_at_every_move_amid_every_fault_doubles_no_message_and_loses_none_without_a_word(
    tmp_path: Path, fresh_database: FreshDatabase, notifier_template: str
) -> None:
    async with fault_matrix(tmp_path, await fresh_database(notifier_template)) as matrix:
        found = await go_through(matrix)

    assert found.problems == []
    assert {str(moment) for moment in matrix.killed} >= {str(moment) for moment in (*PLANNED, *SENT)}
    assert found.resolved(Channel.WHATSAPP, but=matrix.without_receipts) >= RESOLVED
    assert len(found.heard) > len(matrix.cases) / 2, "most of the faults leave the buyer with a message"


async def kill_each_message(matrix: FaultMatrix, sent: Sequence[Moment], received: Sequence[Moment]) -> timedelta:
    """A kill at every one of these moves of every message. Answers how long it took to settle what that left."""
    batches = (number * BATCH for number in count())
    async with matrix.receiving():
        for moment in sent:
            for case in cases(next(batches)):
                await matrix.plan([case])
                await matrix.send(replace(moment, message=str(case.message)))
    async with matrix.sending():
        for moment in received:
            for case in cases(next(batches)):
                await matrix.plan([case])
                await matrix.receive_one(replace(moment, message=str(case.message)))
    async with matrix.receiving():
        return await matrix.settle(DOUBT_MAY_STAY)


@pytest.mark.skipif(not WHOLE, reason="takes long: make chaos-ledger")
@pytest.mark.timeout(5400)
async def test_a_kill_at_every_move_of_every_message_of_every_fault(
    tmp_path: Path, fresh_database: FreshDatabase, notifier_template: str
) -> None:
    async with AsyncExitStack() as stack:
        lanes = [
            await stack.enter_async_context(fault_matrix(tmp_path / str(lane), await fresh_database(notifier_template)))
            for lane in range(LANES)
        ]
        times = await asyncio.gather(
            *(kill_each_message(lane, SENT[at::LANES], RECEIVED[at::LANES]) for at, lane in enumerate(lanes))
        )
        found = [await look(lane.database, lane.providers.accept_log.read()) for lane in lanes]

    kills = sum(len(lane.killed) for lane in lanes)
    silent = set().union(*(lane.without_receipts for lane in lanes))
    figures = report(found, kills, silent, max(times))
    keep(figures, OUTPUT)
    assert [problem for lane in found for problem in lane.problems] == []
    assert all(lane.resolved(Channel.WHATSAPP, but=silent) >= RESOLVED for lane in found)
