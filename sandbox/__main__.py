"""`python -m sandbox`: the whole of Hito on this machine, with a story to watch. Ctrl-C ends it all."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from sandbox.backends.choose import BrokerKind
from sandbox.backends.servers import BackendUnavailable
from sandbox.calls import NotTaken
from sandbox.environment import ROOT, SHOP
from sandbox.going_on import go_on
from sandbox.moods import happened, set_moods
from sandbox.os_process import KeepsDying
from sandbox.phone.server import running_phone
from sandbox.play import Player, Progress
from sandbox.quiet import NotQuiet
from sandbox.story import DEFAULT_ORDERS, FIRST_ORDER_NUMBER, SMALLEST, Story, endless, tell
from sandbox.summary import summary
from sandbox.system import NotReady
from sandbox.terminal import Terminal
from sandbox.verdict import Inspector
from sandbox.world import SHOPS_FOLDER, Wanted, World, running_world
from shared.messaging.failures import BrokerAway
from shared.shops import load_shops

EXIT_NOT_WELL, EXIT_CANNOT = 1, 3
RUNS = ROOT / "build" / "sandbox"
RUNS_KEPT = 5
BROKERS: dict[str, BrokerKind | None] = {"embedded": "embedded", "kafka": "kafka", "docker": "docker", "auto": None}


def main(arguments: list[str]) -> int:
    """Answers the exit code: 0 well, 1 a check failed, 2 wrong arguments, 3 could not run."""
    options = _parse(arguments)
    folder = _new_folder(datetime.now(UTC))
    terminal = Terminal(sys.stdout)
    try:
        return asyncio.run(_until_interrupted(options, folder, terminal))
    except (BackendUnavailable, NotReady, KeepsDying, NotQuiet, NotTaken, BrokerAway, OSError) as error:
        terminal.line(f"The sandbox had to stop: {error}")
        terminal.line(f"Logs: {_shown(folder / 'logs')}")
        return EXIT_CANNOT
    finally:
        for server in ("postgres", "broker"):
            shutil.rmtree(folder / server, ignore_errors=True)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--once", action="store_true", help="play the story, print the summary, stop")
    parser.add_argument("--orders", type=int, default=DEFAULT_ORDERS, help=f"how many orders, at least {SMALLEST}")
    parser.add_argument("--broker", choices=BROKERS, default="embedded", help="auto takes the best that is here")
    parser.add_argument("--seed", type=int, default=7, help="the same seed tells the same story")
    options = parser.parse_args(arguments)
    if options.orders < SMALLEST:
        parser.error(f"--orders: a story needs at least {SMALLEST} to hold every kind of trouble")
    return options


def _new_folder(now: datetime) -> Path:
    """One folder for each run; the oldest runs are swept away."""
    folder = RUNS / now.strftime("%Y%m%d-%H%M%S-%f")
    folder.mkdir(parents=True)
    for old in sorted(RUNS.iterdir())[:-RUNS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


async def _until_interrupted(options: argparse.Namespace, folder: Path, terminal: Terminal) -> int:
    work = asyncio.create_task(_run(options, folder, terminal))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        return EXIT_CANNOT if options.once else 0


async def _run(options: argparse.Namespace, folder: Path, terminal: Terminal) -> int:
    wanted = Wanted(folder, usual_ports=True, prefer_broker=BROKERS[options.broker])
    shop_name = load_shops(SHOPS_FOLDER)[SHOP].name
    story = tell(options.seed, options.orders, datetime.now(UTC))
    terminal.line(f"Hito, the whole of it, on this machine. Seed {options.seed}, logs in {_shown(folder / 'logs')}")
    async with (
        terminal.stopping(),
        running_world(wanted, terminal.starting) as world,
        running_phone(world.providers, shop_name, world.addresses.ports["phone"]),
    ):
        terminal.addresses(world)
        code = await _play(world, story, terminal)
        if options.once:
            return code
        terminal.line("The story goes on slowly; open pages move by themselves. Ctrl-C ends everything.")
        number = FIRST_ORDER_NUMBER + len(story.plots)
        plots = endless(options.seed, lambda: datetime.now(UTC), number)
        await go_on(Player(world.shop, world.carriers), plots, Random(options.seed))
        terminal.line("The story has come to its end; everything keeps serving until Ctrl-C.")
        await asyncio.Event().wait()
    return code


async def _play(world: World, story: Story, terminal: Terminal) -> int:
    accept_log = world.providers.accept_log

    def show(progress: Progress) -> None:
        terminal.progress(progress, len(accept_log.read()))

    set_moods(world.providers.faults)
    await Player(world.shop, world.carriers).play(story, world.stillness, show)
    inspector = Inspector(world.client, world.addresses.url("tracking"), SHOP, world.system.keys.shop_key, accept_log)
    await inspector.until_complete(story.plots, world.stillness)
    findings = await inspector.inspect(story.plots)
    terminal.line(summary(findings, story.plots, story.seed, happened(world.providers.faults)))
    terminal.done()
    return 0 if findings.good else EXIT_NOT_WELL


def _shown(path: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
