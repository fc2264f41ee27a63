"""`GET /v1/shops/{shop}/orders/{order}` at ten thousand and at a million orders, beside a select by key.

The bare endpoint answers as many bytes, stored as they are sent. Four servers of the same make, each on a database of
its own, are asked in turns by the same callers.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import asyncpg
import httpx

from sandbox.backends.ports import LOOPBACK, free_port
from sandbox.backends.process import log_tail, run_command
from tests.bench.tracking import bare_status
from tests.bench.tracking.addresses import plain_address
from tests.bench.tracking.callers import AUTHORIZATION
from tests.bench.tracking.contender import Failed, running
from tests.bench.tracking.ground import Ground
from tests.bench.tracking.many_orders import NUMBER_WIDTH, copy_orders
from tests.bench.tracking.template import take_in_template
from tests.bench.tracking.workload import SHOP, order_id_of

FEW, MANY = 10_000, 1_000_000
TURNS, SECONDS = 4, 3.0
READY_WITHIN = timedelta(seconds=30)
ASK_PAUSE = timedelta(milliseconds=200)
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Reads:
    """What the callers saw in each turn: requests a second, latencies in milliseconds."""

    rate: Sequence[float]
    p50: Sequence[float]
    p99: Sequence[float]

    @property
    def usual_rate(self) -> float:
        return median(self.rate)

    @property
    def usual_p99(self) -> float:
        return median(self.p99)


@dataclass(frozen=True)
class StatusReads:
    """By number of orders."""

    hito: Mapping[int, Reads]
    bare: Mapping[int, Reads]
    answer_bytes: int

    def ratio(self, orders: int) -> float:
        """Median over the turns of our rate / the bare endpoint's."""
        return median(ours / bare for ours, bare in zip(self.hito[orders].rate, self.bare[orders].rate, strict=True))

    @property
    def p99_growth(self) -> float:
        """Median over the turns of our p99 at the most orders / at the fewest."""
        few, many = self.hito[min(self.hito)].p99, self.hito[max(self.hito)].p99
        return median(after / before for before, after in zip(few, many, strict=True))


def authorization(ground: Ground) -> str:
    """What a shop sends to read its orders."""
    return f"Bearer {ground.keys.shop_key}"


async def compare_reads(ground: Ground, now: datetime, tell: Tell, sizes: Sequence[int] = (FEW, MANY)) -> StatusReads:
    template = await take_in_template(ground, now)
    ports: dict[tuple[str, int], int] = {}
    answer = ""
    async with AsyncExitStack() as stack:
        for size in sizes:
            url = await ground.fresh_copy(f"hito_reads_{size}", template)
            await copy_orders(url, size, tell)
            port = ports["hito", size] = free_port()
            api = {**ground.tracking_environment("api", url), "TRACKING_PORT": str(port)}
            await _start(stack, ground, "services.tracking", "api", environment=api)
            answer = await _first_answer(ground, port)
            url = await ground.make_database(f"bare_reads_{size}", bare_status.SCHEMA)
            await _copy_answers(url, answer, size)
            port = ports["bare", size] = free_port()
            bare = {**api, "DATABASE_URL": url, "PORT": str(port)}
            await _start(stack, ground, "tests.bench.tracking.bare_status", environment=bare)
            await _first_answer(ground, port)
        seen = await _take_turns(ground, ports, tell)
    return StatusReads(
        {size: seen["hito", size] for size in sizes}, {size: seen["bare", size] for size in sizes}, len(answer.encode())
    )


async def _start(
    stack: AsyncExitStack, ground: Ground, module: str, *arguments: str, environment: Mapping[str, str]
) -> None:
    log = ground.folder / f"{module}.log"
    await stack.enter_async_context(running(module, *arguments, environment=environment, log=log))


async def _first_answer(ground: Ground, port: int) -> str:
    """Wait until the server is there and has the first order. Raises Failed with what it says instead."""
    said = "nobody answers"
    url = f"http://{LOOPBACK}:{port}/v1/shops/{SHOP}/orders/{order_id_of(1)}"
    headers = {"Authorization": authorization(ground)}
    async with httpx.AsyncClient(headers=headers, timeout=5, trust_env=False) as client:
        try:
            async with asyncio.timeout(READY_WITHIN.total_seconds()):
                while True:
                    await asyncio.sleep(ASK_PAUSE.total_seconds())
                    try:
                        answer = await client.get(url)
                    except httpx.TransportError:
                        continue
                    if answer.status_code == 200:
                        return answer.text
                    said = answer.text
        except TimeoutError as error:
            raise Failed(f"{said}\n{log_tail(ground.folder / 'services.tracking.log')}") from error


async def _copy_answers(url: str, answer: str, count: int) -> None:
    """The answer to the first order under everybody's number."""
    first = f"{1:0{NUMBER_WIDTH}d}"
    before, _, after = order_id_of(1).partition(first)
    number = f"lpad(n::text, {NUMBER_WIDTH}, '0')"
    insert = (
        f"INSERT INTO answers SELECT '{SHOP}', '{before}' || {number} || '{after}', replace($1, '{first}', {number}) "
        "FROM generate_series($2::int, $3::int) AS n"
    )
    halves = ((1, count // 2), (count // 2 + 1, count))
    async with asyncpg.create_pool(plain_address(url), min_size=1, max_size=len(halves)) as pool:
        await asyncio.gather(*(pool.execute(insert, answer, since, until) for since, until in halves))
        await pool.execute("VACUUM ANALYZE")
        await pool.execute("CHECKPOINT")


async def _take_turns(ground: Ground, ports: Mapping[tuple[str, int], int], tell: Tell) -> dict[tuple[str, int], Reads]:
    seen: dict[tuple[str, int], list[dict[str, float]]] = {who: [] for who in ports}
    environment = {**ground.tracking_environment("api", ""), AUTHORIZATION: authorization(ground)}
    for turn in range(1, TURNS + 1):
        for (name, size), port in ports.items():
            command = [sys.executable, "-m", "tests.bench.tracking.callers", str(port), str(size), str(SECONDS)]
            told = await run_command("callers", command, deadline=timedelta(seconds=60), environment=environment)
            said = json.loads(told)
            seen[name, size].append(said)
            tell(f"status, {name}, {size:,} orders, turn {turn}: {said['rate']:,.0f}/s, p99 {said['p99']:.1f} ms")
    return {
        who: Reads([s["rate"] for s in turns], [s["p50"] for s in turns], [s["p99"] for s in turns])
        for who, turns in seen.items()
    }
