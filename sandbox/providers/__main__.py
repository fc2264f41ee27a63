"""`python -m sandbox.providers`: the simulated providers in an OS process of their own, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.providers.graph_templates import GraphError
from sandbox.providers.server import Providers, providers


def main(arguments: list[str]) -> int:
    """Answers the exit code. The ports file holds credentials of this run and is readable by its owner only."""
    options = _parse(arguments)
    try:
        asyncio.run(_serve(options))
    except (OSError, ValueError, GraphError) as error:
        print(f"sandbox.providers: cannot start: {error}", file=sys.stderr)
        return 1
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.providers")
    parser.add_argument("--folder", type=Path, required=True, help="where accepted.jsonl and statuses.jsonl go")
    parser.add_argument("--ports-file", type=Path, help="written when all is listening: addresses and variables")
    parser.add_argument("--templates", type=Path, help="a JSON list of WhatsApp templates as submitted to Meta")
    parser.add_argument("--webhook", help="where WhatsApp statuses are posted")
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--http-port", type=int, default=0)
    parser.add_argument("--pace-ms", type=int, default=0, help="pause between two statuses of a message")
    return parser.parse_args(arguments)


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    running = providers(
        options.folder,
        templates=_read_templates(options.templates),
        webhook_url=options.webhook,
        smtp_port=options.smtp_port,
        http_port=options.http_port,
        pace=timedelta(milliseconds=options.pace_ms),
    )
    async with running as found:
        if options.ports_file is not None:
            _write_ports(options.ports_file, found)
        print(f"providers listening, accept log in {found.accept_log.path}", flush=True)
        await stop.wait()


def _read_templates(path: Path | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    templates = json.loads(path.read_text("utf-8"))
    if not isinstance(templates, list):
        raise ValueError(f"{path}: must be a JSON list of templates")
    return templates


def _write_ports(path: Path, found: Providers) -> None:
    """Complete or not there at all: whoever waits for the file never reads half of it."""
    told = {
        "smtp_url": found.smtp_url,
        "twilio_url": found.twilio_url,
        "graph_url": found.graph_url,
        "control_url": found.control_url,
        "accept_log": str(found.accept_log.path),
        "status_log": str(found.status_log.path),
        "environment": found.environment,
    }
    draft = path.with_name(path.name + ".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(told, file)
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
