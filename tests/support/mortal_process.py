"""`python -m tests.support.mortal_process`: processes of the notifier that can be told when to die.

Whatever takes long to start is loaded once here, where no loop and no thread runs; each line on stdin is a task, for
which a process is forked. It answers `started <pid>`, and `ended <status>` when that process is gone, however it went.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from sandbox.providers.http_server import HttpServer, listen
from services.notifier import receipts
from services.notifier.bounces.amazon import Certificates
from services.notifier.channels import adapters_by_provider, installed, load_channel_settings, open_adapters
from services.notifier.compose import Composer
from services.notifier.intake import Planner, intake
from services.notifier.processes import RECEIPTS_LIMIT_BYTES, receipt_state
from services.notifier.queue import Patience
from services.notifier.sender import Sender
from shared.contracts.steps import StepReached
from shared.database import Database, connect
from shared.health import Health
from shared.messaging.inbox import claim
from shared.processes import Runtime
from shared.shops import Shops
from shared.web import create_app
from tests.support.deliveries import delivery
from tests.support.ledger_moves import Moment, MortalLedger
from tests.support.notifier_world import DEMO, now
from tests.support.steps_reached import catalog

SHOPS = Shops({"demo": DEMO})
CLAIM, FLIGHT, HOLD, SETTLE = (timedelta(seconds=seconds) for seconds in (1, 2, 1, 1))
"""A fraction of what is usual: what a killed sender left is settled while the test waits."""
Task = dict[str, Any]


async def plan(task: Task, database: Database, stop: asyncio.Event) -> None:
    """As `notifier consume` takes in one batch of steps."""
    batch = [delivery(StepReached.model_validate(told)) for told in task["steps"]]
    planner = Planner(SHOPS, installed(load_channel_settings()), now)
    async with database.transaction() as tx:
        claimed = await claim(tx, batch)
        if claimed.fresh:
            await intake(planner).handle(tx, claimed.fresh)


async def send(task: Task, database: Database, stop: asyncio.Event) -> None:
    """As `notifier send` does."""
    runtime = Runtime("notifier", ("send",), stop)
    adapters = open_adapters(load_channel_settings())
    composer = Composer(catalog(), SHOPS, adapters)
    settle = timedelta(seconds=task.get("settle_seconds", SETTLE.total_seconds()))
    patience = Patience(CLAIM, FLIGHT, HOLD, settle)
    async with AsyncExitStack() as stack:
        for adapter in adapters_by_provider(adapters).values():
            stack.push_async_callback(adapter.close)
        await Sender(database, composer, runtime, now, random.Random(), patience).run()


async def receive(task: Task, database: Database, stop: asyncio.Event) -> None:
    """As `notifier api` takes receipts."""
    app = create_app("notifier", Health(), body_limit_bytes=RECEIPTS_LIMIT_BYTES)
    app.state.receipts = receipt_state(database, load_channel_settings(), Certificates())
    app.include_router(receipts.router)
    server = HttpServer(app, listen(task["port"]))
    server.start()
    await stop.wait()
    await server.stop()


PARTS: dict[str, Callable[[Task, Database, asyncio.Event], Coroutine[Any, Any, None]]] = {
    "plan": plan,
    "send": send,
    "receive": receive,
}


async def _live(task: Task) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # one that came while we were starting comes now
    database = connect(task["database"], name=f"test-{task['part']}", pool_size=4)
    moment = task.get("moment")
    try:
        await PARTS[task["part"]](task, MortalLedger(database, Moment.read(moment)) if moment else database, stop)
    finally:
        await database.close()


def _be(task: Task) -> None:
    """The forked process, to its end."""
    status = 1
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # logs go to stdout, where the answers go
    try:
        asyncio.run(_live(task))
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    catalog()
    gc.freeze()
    print("ready", flush=True)
    for line in sys.stdin:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        pid = os.fork()
        if pid == 0:
            _be(json.loads(line))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        print(f"started {pid}", flush=True)
        _, status = os.waitpid(pid, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)


if __name__ == "__main__":
    main()
