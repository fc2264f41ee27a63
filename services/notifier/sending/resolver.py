"""Looks into messages in doubt: asks the provider, repeats under the same key, and at last applies the step's policy.

What may be done is decided by `domain/doubt.py`. A kill at any line leaves the message `unknown` or `in_flight` as it
was, for the next round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import erasure, ledger
from services.notifier.channels import Adapters, adapters_by_provider
from services.notifier.channels.base import OutcomeClass, SendResult
from services.notifier.domain.delivery import State
from services.notifier.domain.doubt import (
    Doubt,
    Means,
    is_overtaken,
    is_settled,
    may_repeat,
    next_round,
    policy_is_due,
)
from services.notifier.ledger import Change
from services.notifier.queue import Patience
from services.notifier.sending import doubts
from services.notifier.sending.attempts import attempt, look_up
from services.notifier.sending.fallback import Loss, tell_another_way, told_by_another
from services.notifier.sending.overtaking import call_off_overtaken, told_of
from shared.database import Database, Row
from shared.failpoints import failpoint

AT_ONCE = 32
"""Messages looked into side by side."""


@dataclass
class _Case:
    """One message in doubt: what is known of it, and what its provider offers."""

    row: Row
    doubt: Doubt
    means: Means

    @property
    def id(self) -> UUID:
        found = self.row["id"]
        assert isinstance(found, UUID)
        return found


class Resolver:
    """`clock` answers the time of now, in UTC; it has to agree with the database's within the patience for doubt."""

    def __init__(
        self, database: Database, adapters: Adapters, clock: Callable[[], datetime], patience: Patience
    ) -> None:
        self._database, self._clock, self._patience = database, clock, patience
        self._adapters = adapters_by_provider(adapters)

    async def resolve_due(self) -> int:
        """One round for each message whose round has come. Answers how many."""
        async with self._database.transaction() as tx:
            rows = await doubts.take_due(tx, AT_ONCE, self._patience)
        if not rows:
            return 0
        cases = [self._case(row) for row in rows]
        answers = await asyncio.gather(*(self._ask(case) for case in cases))
        failpoint("notifier.in_doubt")
        open_cases = await self._take_answers(list(zip(cases, answers, strict=True)))
        open_cases = await self._repeat(open_cases)
        if open_cases:
            await self._settle(open_cases)
        return len(rows)

    def _case(self, row: Row) -> _Case:
        adapter = self._adapters.get(row["provider"])
        means = Means(adapter.idempotency_window, adapter.lookup) if adapter else Means(None, lookup=False)
        doubt = Doubt(
            since=row["doubt_since"],
            last_tried=row["last_tried_at"] or row["tried_at"],
            first_tried=row["tried_at"],
            expires_at=row["expires_at"],
            rounds=row["doubt_rounds"],
            given_up=row["given_up"],
        )
        return _Case(row, doubt, means)

    async def _ask(self, case: _Case) -> SendResult | None:
        if not case.means.lookup:
            return None
        return await look_up(self._adapters[case.row["provider"]], case.row)

    async def _take_answers(self, answered: Sequence[tuple[_Case, SendResult | None]]) -> list[_Case]:
        """What the provider said for certain is recorded. Answers the cases that are still open."""
        known: dict[UUID, Change] = {}
        lost: dict[UUID, Loss] = {}
        never_arrived: list[_Case] = []
        still_open: list[_Case] = []
        for case, answer in answered:
            if answer is None:
                still_open.append(case)
            elif answer.outcome is OutcomeClass.ACCEPTED:
                known[case.id] = Change(State.ACCEPTED, answer.reason, answer.provider_message_id)
            elif answer.outcome is OutcomeClass.REJECTED:
                known[case.id] = Change(State.BOUNCED, answer.reason, answer.provider_message_id)
                lost[case.id] = Loss(answer.reason, answer.unreachable)
            elif answer.outcome is OutcomeClass.NOT_SENT and self._is_settled(case):
                never_arrived.append(case)
            else:
                still_open.append(case)
        if known or never_arrived:
            async with self._database.transaction() as tx:
                moved = await ledger.change(tx, known)
                handed_over = await tell_another_way(tx, {one: lost[one] for one in moved if one in lost})
                called_off = await _send_anew(tx, never_arrived)
                await ledger.tell(tx, [*moved, *handed_over, *called_off])
        return still_open

    def _is_settled(self, case: _Case) -> bool:
        return is_settled(case.doubt, self._clock(), self._patience.settle)

    async def _repeat(self, cases: list[_Case]) -> list[_Case]:
        """Send again what the provider will recognise. Answers the cases that are still open."""
        possible = [case for case in cases if may_repeat(case.doubt, case.means, self._clock())]
        if not possible:
            return cases
        async with self._database.transaction() as tx:
            idle = await _without_stale(tx, possible)
            cleared = await doubts.repeat(tx, [case.id for case in idle], self._patience)
        repeated = [case for case in idle if case.id in cleared]
        results = await asyncio.gather(*(attempt(self._adapters[case.row["provider"]], case.row) for case in repeated))
        changes = dict(map(_after_repeat, repeated, results))
        accepted = {message for message, change in changes.items() if change.state is State.ACCEPTED}
        async with self._database.transaction() as tx:
            moved = await ledger.change(tx, changes)
            await ledger.tell(tx, accepted & set(moved))
        return [case for case in cases if case.id not in accepted]

    async def _settle(self, cases: Sequence[_Case]) -> None:
        """The step's policy where the doubt has lasted long enough, and the next round for all."""
        now, hold = self._clock(), self._patience.hold
        rounds: dict[UUID, datetime | None] = {}
        async with self._database.transaction() as tx:
            for case in cases:
                doubt = case.doubt
                if policy_is_due(doubt, now, hold):
                    doubt = doubt.after_policy()
                    await ledger.tell(tx, await _apply_policy(tx, case))
                rounds[case.id] = next_round(doubt, case.means, now, hold)
            await doubts.look_again(tx, rounds)


async def _apply_policy(tx: AsyncConnection, case: _Case) -> list[UUID]:
    """Another channel if there is one; else sent once more if the shop wished it; else held as it is."""
    handed_over = await tell_another_way(tx, {case.id: Loss("in_doubt")})
    if handed_over or not case.row["resend_in_doubt"] or case.row["erased_at"] is not None:
        return handed_over
    if not await _without_stale(tx, [case]):
        return []
    await doubts.send_anew(tx, [case.id], "sent_again_in_doubt", resent=True)
    return []


async def _send_anew(tx: AsyncConnection, cases: Sequence[_Case]) -> list[UUID]:
    """The provider never took them: they go back in the queue, unless they need not be told any more.

    Answers those that were called off.
    """
    if not cases:
        return []
    back = await doubts.send_anew(tx, [case.id for case in cases], "never_arrived")
    elsewhere = {one: Change(State.FAILED, "never_arrived") for one in await told_by_another(tx, back)}
    failed = await ledger.change(tx, elsewhere)
    emptied = await erasure.call_off_emptied(tx, back)
    overtaken = await call_off_overtaken(tx, {(case.row["shop"], case.row["order_id"]) for case in cases})
    return [*failed, *emptied, *overtaken]


async def _without_stale(tx: AsyncConnection, cases: Sequence[_Case]) -> list[_Case]:
    """Those that nobody else tells and no later message has overtaken."""
    elsewhere = await told_by_another(tx, [case.id for case in cases])
    orders = await ledger.messages_of(tx, {(case.row["shop"], case.row["order_id"]) for case in cases})
    stale = set(elsewhere)
    for case in cases:
        told = {row["id"]: told_of(row) for row in orders[case.row["shop"], case.row["order_id"]]}
        if is_overtaken(told[case.id], list(told.values())):
            stale.add(case.id)
    return [case for case in cases if case.id not in stale]


def _after_repeat(case: _Case, result: SendResult) -> tuple[UUID, Change]:
    """Whatever is no yes says nothing of the attempt before: the doubt stays."""
    if result.outcome is OutcomeClass.ACCEPTED:
        return case.id, Change(State.ACCEPTED, result.reason, result.provider_message_id)
    return case.id, Change(State.UNKNOWN, case.row["reason"])
