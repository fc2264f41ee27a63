"""What both contenders stand on: one durable PostgreSQL, one broker, and one local provider in a process of its own."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from sandbox.backends.choose import choose_broker, choose_postgres
from sandbox.backends.ports import LOOPBACK, answers, free_port
from sandbox.backends.process import ChildProcess, basic_environment, run_command
from sandbox.environment import ROOT, Surroundings, environment_of
from sandbox.layouts import Unit
from shared.messaging.topics import create_topics
from tests.bench.notifier.provider import Taken
from tests.bench.tracking.contender import running
from tests.bench.tracking.ground import PARTITIONS, Ground

EMPTY = "hito_notifier_empty"
ACCOUNT, TOKEN, NUMBER_ID, ACCESS = "AC" + "0" * 32, "bench-token", "100000000000001", "bench-access"
_READY_WITHIN = timedelta(seconds=20)
_MIGRATED_WITHIN = timedelta(seconds=60)
_CALL_SECONDS = 30.0


@dataclass(frozen=True)
class NotifierGround(Ground):
    provider: str = ""
    """The base URL of the local provider."""

    def notifier_environment(self, process: str, database_url: str) -> dict[str, str]:
        """The whole environment of `python -m services.notifier <process>`, the local provider in both roles."""
        around = Surroundings(
            tracking_database="",
            notifier_database=database_url,
            kafka=self.broker.bootstrap,
            kafka_idempotence=self.broker.supports_idempotence,
            kafka_session=timedelta(seconds=6),
            provider_variables={
                "TWILIO_ACCOUNT_SID": ACCOUNT,
                "TWILIO_AUTH_TOKEN": TOKEN,
                "TWILIO_FROM": "+34600000000",
                "TWILIO_URL": self.provider,
                "WHATSAPP_PHONE_NUMBER_ID": NUMBER_ID,
                "WHATSAPP_ACCESS_TOKEN": ACCESS,
                "WHATSAPP_APP_SECRET": "bench-app-secret",
                "WHATSAPP_VERIFY_TOKEN": "bench-verify",
                "WHATSAPP_MESSAGES_PER_SECOND": "1000",
                "WHATSAPP_URL": self.provider,
            },
        )
        return environment_of(Unit(f"notifier.{process}", "notifier", (process,)), self.addresses, self.keys, around)

    def plain_environment(self) -> dict[str, str]:
        """For a contender that is none of ours."""
        return {**basic_environment(), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}

    async def migrate_notifier(self, url: str) -> None:
        command = [sys.executable, "-m", "services.notifier", "migrate"]
        environment = self.notifier_environment("migrate", url)
        await run_command("migrate notifier", command, deadline=_MIGRATED_WITHIN, environment=environment)

    async def taken(self, *, forget: bool = False) -> Taken:
        """What the provider took since it was last told to forget, with the instants."""
        async with httpx.AsyncClient(timeout=_CALL_SECONDS, trust_env=False) as client:
            answer = await client.get(f"{self.provider}/{'forget' if forget else 'taken'}")
        return [(message, at) for message, at in json.loads(answer.content)]


@asynccontextmanager
async def prepared_ground() -> AsyncIterator[NotifierGround]:
    """Servers up, topics made, an empty notifier database to copy, the provider listening. Gone at the end."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hito-bench-")))
        postgres = await stack.enter_async_context(choose_postgres(folder / "pg", prefer="embedded", tell=print))
        broker = await stack.enter_async_context(choose_broker(folder / "broker", prefer=None, tell=print))
        await create_topics(broker.bootstrap, PARTITIONS)
        port = free_port()
        ground = NotifierGround(postgres, broker, folder, provider=f"http://{LOOPBACK}:{port}")
        listening = running(
            "tests.bench.notifier.provider",
            str(port),
            environment=ground.plain_environment(),
            log=folder / "provider.log",
        )
        provider = await stack.enter_async_context(listening)
        await provider.until_ready(lambda: answers(LOOPBACK, port), _READY_WITHIN)
        await ground.migrate_notifier(await postgres.create_database(EMPTY))
        yield ground


@asynccontextmanager
async def notifier_processes(ground: NotifierGround, url: str, *names: str) -> AsyncIterator[Sequence[ChildProcess]]:
    """Each of these as an OS process of its own, as production runs them."""
    async with AsyncExitStack() as stack:
        started = [
            await stack.enter_async_context(
                running(
                    "services.notifier",
                    name,
                    environment=ground.notifier_environment(name, url),
                    log=ground.folder / f"notifier-{name}.log",
                )
            )
            for name in names
        ]
        yield started
