"""The fault matrix, running: real processes of the notifier that die where they are told, and fakes that misbehave."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sandbox.backends.ports import LOOPBACK, free_port
from sandbox.backends.process import basic_environment
from sandbox.providers import Providers, providers
from shared.database import Database
from tests.support.fault_cases import Case
from tests.support.ledger_moves import Moment, note_moves
from tests.support.migrated import ask, opened
from tests.support.notifier_world import templates
from tests.support.nursery import KILLED, Nursery, nursery
from tests.support.waiting import until

ATTEMPT_DEADLINE_SECONDS = "0.6"
"""Of adapters: hanging providers are many here."""
PATIENCE = {"SEND_CLAIM_SECONDS": "1", "SEND_FLIGHT_SECONDS": "2", "SEND_HOLD_SECONDS": "1"}
"""A sixtieth, a thirtieth and so on of what is usual: what a killed sender left is settled while the test waits."""
MOMENT_DEADLINE = timedelta(seconds=20)
SETTLE_DEADLINE = timedelta(seconds=120)


@dataclass
class FaultMatrix:
    """`killed` are the moments at which a process was killed; `never_came` those that had no occasion."""

    url: str
    database: Database
    providers: Providers
    port: int
    sender: Nursery
    receiver: Nursery
    cases: list[Case] = field(default_factory=list)
    killed: list[Moment] = field(default_factory=list)
    never_came: list[Moment] = field(default_factory=list)

    async def plan(self, cases: Iterable[Case], *deaths: Moment) -> None:
        """As the broker brings them: again after each death of the consumer, until one batch has been committed."""
        batch = list(cases)
        self.cases += batch
        for case in batch:
            case.set_up(self.providers.faults)
        steps = [case.step.model_dump(mode="json", by_alias=True) for case in batch]
        for moment in (*deaths, None):
            await self.sender.start("plan", self.url, moment, steps=steps)
            self._note(moment, await self.sender.ended())

    async def send(self, moment: Moment) -> None:
        """A sender works until it dies of this moment, or is stopped because the moment does not come."""
        await self.sender.start("send", self.url, moment)
        try:
            async with asyncio.timeout(MOMENT_DEADLINE.total_seconds()):
                status = await self.sender.ended()
        except TimeoutError:
            status = await self.sender.stop()
        self._note(moment, status)

    async def send_for(self, while_it_goes: timedelta) -> None:
        """A sender works for so long and is then killed from outside, wherever it is."""
        await self.sender.start("send", self.url)
        await asyncio.sleep(while_it_goes.total_seconds())
        assert await self.sender.stop(signal.SIGKILL) == KILLED

    async def receive(self, moments: Sequence[Moment]) -> None:
        """One API after the other takes receipts; each dies of its moment, the last one lives on until cancelled."""
        for moment in moments:
            await self.receiver.start("receive", self.url, moment, port=self.port)
            self._note(moment, await self.receiver.ended())
        await self.receiver.start("receive", self.url, port=self.port)
        await self.receiver.ended()

    async def settle(self, leave_unknown: frozenset[str]) -> None:
        """An undisturbed sender works until nothing is left to do; channels where doubt may stay are named."""
        await self.sender.start("send", self.url)
        await until(lambda: self._is_settled(leave_unknown), "all messages are settled", SETTLE_DEADLINE)
        assert await self.sender.stop() == 0

    async def _is_settled(self, leave_unknown: frozenset[str]) -> bool:
        rows = await ask(
            self.database,
            "SELECT count(*) AS n FROM messages WHERE state IN ('planned', 'frozen', 'claimed', 'in_flight') "
            "OR (state = 'unknown' AND NOT channel = ANY(CAST(:doubtful AS text[])))",
            doubtful=sorted(leave_unknown),
        )
        await asyncio.sleep(0.1)
        return rows[0]["n"] == 0 and self.providers.callbacks.pending == 0

    def _note(self, moment: Moment | None, status: int) -> None:
        if moment is None:
            assert status == 0, f"a process ended with {status}"
        elif status == KILLED:
            self.killed.append(moment)
        else:
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
        **PATIENCE,
        "NOTIFIER_PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "KAFKA_BOOTSTRAP": "nobody:9092",
        "PYTHONPATH": os.pathsep.join(
            ("."),
        ),
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
        environment = environment_for(running, port)
        sender, receiver = [
            await stack.enter_async_context(nursery(environment, folder / f"{name}.log")) for name in ("send", "api")
        ]
        yield FaultMatrix(url, database, running, port, sender, receiver)
