"""A service with one process of every kind, to be started as an OS process: what the plumbing does with each of them.

`python -m tests.support.small_service <process>...`; what a process has to say it prints, line by line.
"""

from __future__ import annotations

import asyncio
import os
import sys

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from shared.failpoints import failpoint
from shared.processes import JobFailed, Part, Runtime, main, serve
from shared.settings import load_settings
from shared.web import create_app

HOST = "127.0.0.1"


class LackingSettings(BaseSettings):
    small_service_lacks: str
    small_service_secret: SecretStr


def say(text: str) -> None:
    print(text, flush=True)


async def until_stopped(runtime: Runtime) -> None:
    say("working")
    await runtime.stop.wait()
    say("drained")


async def once(runtime: Runtime) -> None:
    say(f"done as {runtime.service}")


async def crash(runtime: Runtime) -> None:
    await asyncio.sleep(0)
    raise RuntimeError("could not write to canario@example.com")


async def lacking(runtime: Runtime) -> None:
    load_settings(LackingSettings)


async def pass_by(runtime: Runtime) -> None:
    for _ in range(5):
        say("passing")
        failpoint("consume.after_commit", lambda: say("dropped"))


async def refuse(runtime: Runtime) -> None:
    raise JobFailed("somebody is in the way: try again")


async def api(runtime: Runtime) -> None:
    app = create_app("small", runtime.health)

    @app.get("/held")
    async def hold() -> dict[str, str]:
        """An answer that is under way while the process is told to stop."""
        say("holding")
        await runtime.stop.wait()
        return {"answer": "finished"}

    await serve(app, runtime, HOST, int(os.environ["SMALL_SERVICE_PORT"]))
    say("closed")


PROCESSES = {
    "work": Part(until_stopped),
    "again": Part(until_stopped),
    "once": Part(once, one_shot=True),
    "crash": Part(crash),
    "lacking": Part(lacking, one_shot=True),
    "refuse": Part(refuse, one_shot=True),
    "pass": Part(pass_by, one_shot=True),
    "api": Part(api, serves_http=True),
}


def tool(arguments: object) -> int:
    say(f"tool {arguments}")
    return 3


if __name__ == "__main__":
    sys.exit(main("small", PROCESSES, {"tool": tool}, sys.argv[1:]))
