"""Every fault of three kinds of provider, and `kill -9` at every move of the ledger: nobody hears anything twice, and
what nobody heard is listed with its reason.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from shared.contracts.vocabulary import Channel
from tests.support.fault_cases import BATCH, cases
from tests.support.fault_findings import Findings, look
from tests.support.fault_matrix import FaultMatrix, fault_matrix
from tests.support.ledger_moves import PLANNING, Moment
from tests.support.migrated import FreshDatabase

BEFORE, AFTER = False, True
PLANNED = [Moment(PLANNING, "planned", BEFORE), Moment(PLANNING, "planned", AFTER)]
SENT = [
    Moment(was, became, committed)
    for was, became in (
        ("planned", "frozen"),
        ("frozen", "claimed"),
        ("claimed", "frozen"),  # of what the one before it left behind
        ("claimed", "in_flight"),
        ("in_flight", "accepted"),
        ("in_flight", "unknown"),
        ("in_flight", "failed"),
        ("in_flight", "frozen"),
    )
    for committed in (BEFORE, AFTER)
]
RECEIVED = [
    Moment(was, became, committed)
    for was, became in (
        ("accepted", "delivered"),
        ("in_flight", "accepted"),
        ("unknown", "accepted"),
        ("unknown", "delivered"),
        ("delivered", "read"),
        ("accepted", "bounced"),
    )
    for committed in (BEFORE, AFTER)
]
DOUBT_MAY_STAY = frozenset({Channel.EMAIL, Channel.WHATSAPP, Channel.SMS})


async def go_through(matrix: FaultMatrix) -> Findings:
    receiving = asyncio.create_task(matrix.receive(RECEIVED))
    await matrix.plan(cases(), *PLANNED)
    for number, moment in enumerate(SENT):
        if number:
            await matrix.plan(cases(number * BATCH))
        await matrix.send(moment)
    await matrix.settle(DOUBT_MAY_STAY)
    receiving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await receiving
    return await look(matrix.database, matrix.providers.accept_log.read())


@pytest.mark.timeout(300)
async def test_no_message_is_heard_twice_and_none_is_lost_without_a_word(
    tmp_path: Path, fresh_database: FreshDatabase, notifier_template: str
) -> None:
    async with fault_matrix(tmp_path, await fresh_database(notifier_template)) as matrix:
        found = await go_through(matrix)
    print(found.moves, {k: len(v) for k, v in found.unknown.items()}, matrix.never_came, len(matrix.killed))
    print({c: found.resolved(c) for c in found.ever_unknown})
    assert found.problems == []
