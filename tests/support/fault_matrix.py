"""The fault matrix, running: real processes of the notifier that die where they are told, and fakes that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sandbox.backends.ports import LOOPBACK, free_port
from sandbox.backends.process import basic_environment
from sandbox.providers import Action, Providers, providers
from shared.contracts.vocabulary import Channel
from shared.database import Database
from tests.support.fault_cases import Case
from tests.support.ledger_moves import Moment, note_moves
from tests.support.migrated import ask, opened
from tests.support.notifier_world import templates
from tests.support.nursery import KILLED, Nursery, nursery
from tests.support.waiting import until

ATTEMPT_DEADLINE_SECONDS = "0.6"
"""Of adapters: hanging providers are many here."""
MOMENT_DEADLINE = timedelta(seconds=45)
SETTLE_DEADLINE = timedelta(seconds=120)
PATIENT_PROVIDER = 60
"""Attempts to bring a receipt: an API that is killed is back sooner."""
UNDER_WAY = ("planned", "frozen", "claimed", "in_flight")


@dataclass
class FaultMatrix:
    """`killed` are the moments at which a process was killed; `never_came` those that had no occasion."""

    url: str
    database: Database
    providers: Providers
    port: int
    consumer: Nursery
    sender: Nursery
    receiver: Nursery
    cases: list[Case] = field(default_factory=list)
    killed: list[Moment] = field(default_factory=list)
    never_came: list[Moment] = field(default_factory=list)

    async def plan(self, cases: Iterable[Case], *deaths: Moment) -> None:
        """As the broker brings them: again after each death of the consumer, until the batch has been committed."""
        batch = list(cases)
        self.cases += batch
        for case in batch:
            case.set_up(self.providers.faults)
        steps = [case.step.model_dump(mode="json", by_alias=True) for case in batch]
        for moment in (*deaths, None):
            await self.consumer.start("plan", self.url, moment, steps=steps)
            self._note(moment, await self.consumer.ended())

    async def send(self, moment: Moment) -> None:
        """A sender works until it dies of this moment, or is stopped because the moment does not come."""
        deadline = time.monotonic() + MOMENT_DEADLINE.total_seconds()

        async def is_over() -> bool:
            has_left = moment.message is not None and await self._has_left(moment.message)
            return has_left or time.monotonic() > deadline

        # Before "never arrived" is believed what is in doubt is repeated under its key, afterwards it is sent anew.
        believes_late = (moment.was, moment.became) == ("unknown", "in_flight")
        await self.sender.start("send", self.url, moment, settle_seconds=60 if believes_late else 0)
        self._note(moment, await self.sender.ended_or(is_over))

    async def receive_one(self, moment: Moment) -> None:
        """An API takes receipts until it dies of this moment of one message, or nothing more is said of it."""
        message, deadline = moment.message, time.monotonic() + MOMENT_DEADLINE.total_seconds()
        assert message is not None

        async def is_over() -> bool:
            has_left = await self._has_left(message) and self.providers.callbacks.pending == 0
            return has_left or time.monotonic() > deadline

        await self.receiver.start("receive", self.url, moment, port=self.port)
        self._note(moment, await self.receiver.ended_or(is_over))

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """An undisturbed sender works while the block runs."""
        await self.sender.start("send", self.url)
        yield
        assert await self.sender.stop() == 0

    @asynccontextmanager
    async def receiving(self, *moments: Moment) -> AsyncIterator[None]:
        """Receipts are taken while the block runs: each API dies of its moment, the last one lives on."""
        task = asyncio.create_task(self._receive(moments))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await self.receiver.stop()

    async def _receive(self, moments: Sequence[Moment]) -> None:
        for moment in moments:
            await self.receiver.start("receive", self.url, moment, port=self.port)
            self._note(moment, await self.receiver.ended())
        await self.receiver.start("receive", self.url, port=self.port)
        await self.receiver.ended()

    async def settle(self, doubt_may_stay: frozenset[Channel]) -> timedelta:
        """Until nothing is left to do for an undisturbed sender. Answers how long that took."""
        began = time.monotonic()
        async with self.sending():
            await until(lambda: self._is_settled(doubt_may_stay), "all messages are settled", SETTLE_DEADLINE)
        return timedelta(seconds=time.monotonic() - began)

    async def _has_left(self, message: str) -> bool:
        """Or was called off: what is left to hear of it comes from the provider."""
        rows = await ask(self.database, "SELECT state FROM messages WHERE id = CAST(:id AS uuid)", id=message)
        return rows[0]["state"] not in UNDER_WAY

    async def _is_settled(self, doubt_may_stay: frozenset[Channel]) -> bool:
        rows = await ask(
            self.database,
            "SELECT count(*) AS n FROM messages WHERE state = ANY(CAST(:under_way AS text[])) "
            "OR (state = 'unknown' AND NOT channel = ANY(CAST(:doubtful AS text[])))",
            under_way=list(UNDER_WAY),
            doubtful=sorted(doubt_may_stay),
        )
        return rows[0]["n"] == 0 and self.providers.callbacks.pending == 0

    @property
    def without_receipts(self) -> set[UUID]:
        """Messages of which the provider says nothing afterwards."""
        return {case.message for case in self.cases if case.fault is Action.RECEIPT_LOST}

    def _note(self, moment: Moment | None, status: int) -> None:
        if moment is None:
            assert status == 0, f"a process ended with {status}"
        elif status == KILLED:
            self.killed.append(moment)
        else:
            assert status == 0, f"instead of dying {moment} a process ended with {status}"
            self.never_came.append(moment)


def environment_for(running: Providers, port: int) -> Mapping[str, str]:
    """Of the notifier's processes: mail, WhatsApp, and the SMS provider that honours keys."""
    known = {name: value for name, value in running.environment.items() if not name.startswith("TWILIO")}
    deadlines = ("SMTP_FINAL_DOT_DEADLINE", "WHATSAPP_DEADLINE", "SMS_HTTP_DEADLINE")
    return {
        **basic_environment(),
        **known,
        **running.keyed_environment,
        **dict.fromkeys(deadlines, ATTEMPT_DEADLINE_SECONDS),
        "NOTIFIER_PUBLIC_URL": f"http://{LOOPBACK}:{port}",
    }


@asynccontextmanager
async def fault_matrix(folder: Path, url: str) -> AsyncIterator[FaultMatrix]:
    """On a migrated, empty database."""
    port = free_port()
    webhook = f"http://{LOOPBACK}:{port}/receipts/whatsapp"
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(opened(url))
        await note_moves(database)
        running = await stack.enter_async_context(providers(folder, templates=templates(), webhook_url=webhook))
        running.callbacks.attempts = PATIENT_PROVIDER
        environment = environment_for(running, port)
        consumer, sender, receiver = [
            await stack.enter_async_context(nursery(environment, folder / f"{name}.log"))
            for name in ("consume", "send", "api")
        ]
        yield FaultMatrix(url, database, running, port, consumer, sender, receiver)
