"""Messages a second: (a) httpx posting bodies that are ready, (b) the notifier from step to the provider, in turns.

Both end at the same provider, and are timed there: from the first message it took to the last. The bodies of (a) are
those that (b) has just sent. A run of (b) that told a message twice, or left one out, counts for nothing.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

import asyncpg

from sandbox.backends.process import ChildProcess, log_tail
from services.notifier.sender import IN_FLIGHT
from shared.contracts.vocabulary import Channel
from tests.bench.notifier.ground import ACCESS, ACCOUNT, EMPTY, NUMBER_ID, TOKEN, NotifierGround, notifier_processes
from tests.bench.notifier.provider import Taken
from tests.bench.notifier.workload import messages_of, steps_told
from tests.bench.tracking.addresses import plain_address
from tests.bench.tracking.contender import Failed, running

MESSAGES = 2_000
TURNS = 3
DEADLINE = timedelta(minutes=4)
ASK_PAUSE = timedelta(milliseconds=100)
_BASIC = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
CALLS = {
    Channel.SMS: (
        f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        "application/x-www-form-urlencoded",
        f"Basic {_BASIC}",
    ),
    Channel.WHATSAPP: (f"/{NUMBER_ID}/messages", "application/json", f"Bearer {ACCESS}"),
}
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Rivals:
    """Messages a second of each turn."""

    bare: Sequence[float]
    hito: Sequence[float]

    @property
    def ratio(self) -> float:
        """Median over the turns of (b) / (a)."""
        return median(hito / bare for bare, hito in zip(self.bare, self.hito, strict=True))


async def compare(ground: NotifierGround, channel: Channel, tell: Tell) -> Rivals:
    bare, hito = [], []
    for turn in range(1, TURNS + 1):
        url = await ground.fresh_copy("hito_notifier", EMPTY)
        hito.append(await _tell_all(ground, url, channel, f"{channel}-{turn}"))
        bodies = await _bodies(url)
        bare.append(await _post_all(ground, channel, bodies))
        tell(f"{channel}, turn {turn}: notifier {hito[-1]:,.0f}, bare loop {bare[-1]:,.0f} messages a second")
    return Rivals(bare, hito)


async def _tell_all(ground: NotifierGround, url: str, channel: Channel, run: str) -> float:
    """Everything lies in the topic when the notifier starts."""
    now = datetime.now(UTC)
    await ground.publish(messages_of(steps_told(run, MESSAGES, channel, now), now))
    await ground.taken(forget=True)
    async with notifier_processes(ground, url, "consume", "send") as processes:
        await _until_taken(ground, MESSAGES, processes)
        await _until_recorded(url, processes)
    taken = await ground.taken(forget=True)
    if len({message for message, _ in taken}) != MESSAGES or len(taken) != MESSAGES:
        raise Failed(f"the provider took {len(taken)} messages, not each of {MESSAGES} once")
    return rate_of(taken)


async def _post_all(ground: NotifierGround, channel: Channel, bodies: Sequence[bytes]) -> float:
    path, kind, authorization = CALLS[channel]
    file = ground.folder / "bodies"
    file.write_bytes(b"\n".join(base64.b64encode(body) for body in bodies))
    arguments = (f"{ground.provider}{path}", kind, authorization, str(IN_FLIGHT), str(file))
    log, environment = ground.folder / "bare.log", ground.plain_environment()
    async with running("tests.bench.notifier.bare_loop", *arguments, environment=environment, log=log) as process:
        await _until_taken(ground, len(bodies), [process], may_end=True)
    return rate_of(await ground.taken(forget=True))


def rate_of(taken: Taken) -> float:
    """Messages a second after the first one."""
    instants = [at for _, at in taken]
    return (len(instants) - 1) / (max(instants) - min(instants))


async def _until_taken(
    ground: NotifierGround, wanted: int, processes: Sequence[ChildProcess], *, may_end: bool = False
) -> None:
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            while len(taken := await ground.taken()) < wanted:
                for process in processes:
                    if process.pid is None and not may_end:
                        raise Failed(f"{process.name} ended at {len(taken)} of {wanted}:\n{log_tail(process.log)}")
                await asyncio.sleep(max(ASK_PAUSE.total_seconds(), 0.5))
    except TimeoutError as error:
        logs = "\n".join(log_tail(process.log) for process in processes)
        raise Failed(f"not all of {wanted} messages reached the provider in time:\n{logs}") from error


async def _until_recorded(url: str, processes: Sequence[ChildProcess]) -> None:
    """The last answers have to reach the ledger too before the sender is ended."""
    connection = await asyncpg.connect(plain_address(url))
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            while True:
                await asyncio.sleep(ASK_PAUSE.total_seconds())
                if await connection.fetchval("SELECT count(*) FROM messages WHERE state = 'accepted'") >= MESSAGES:
                    return
    except TimeoutError as error:
        raise Failed(f"not every answer was recorded:\n{log_tail(processes[-1].log)}") from error
    finally:
        await connection.close()


async def _bodies(url: str) -> list[bytes]:
    """What went out, byte for byte."""
    connection = await asyncpg.connect(plain_address(url))
    try:
        rows = await connection.fetch("SELECT request FROM messages WHERE state = 'accepted' ORDER BY id")
    finally:
        await connection.close()
    return [bytes(row["request"]) for row in rows]
