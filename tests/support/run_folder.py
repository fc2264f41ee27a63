"""Fills a run folder from a running world, as the oracle reads it: what the public API answers, and the accept log."""

from __future__ import annotations

import asyncio
import json
import platform
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import httpx

from sandbox.world import World
from shared.contracts.base import rfc3339
from tests.load.chunk import Load
from tests.load.recipe import SHOPS_FOLDER
from tests.load.shop_keys import ShopKeys

ASKED_AT_ONCE = 8
PAGE = 200
ASKED_BY_STRANGERS = 20
"""Orders of each chunk."""
_FROZEN = """
SELECT m.id, m.request_sha256 FROM messages m
JOIN unnest($1::text[], $2::text[]) AS k (shop, order_id) USING (shop, order_id) WHERE m.request_sha256 IS NOT NULL
"""
_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)


@dataclass
class RunWriter:
    """Made by `run_writer`. Each line is written when it is known, so that nothing is kept."""

    folder: Path
    sent: IO[str]
    samples: IO[str]

    def note_sent(self, line: dict[str, Any]) -> None:
        self.sent.write(json.dumps(line) + "\n")

    async def sample(self, world: World) -> None:
        """A look at every process, and at what waits in the system."""
        at, moving = rfc3339(datetime.now(UTC)), (await world.stillness.moving())[0]
        lag = sum(count for name, count in moving.items() if name.startswith("not taken in"))
        told = await _ops(world, "lag")
        whole = {"lag": lag, "parked": told["parked_parcels"], "in_flight": moving.get("messages to send", 0)}
        self._sample({"at": at, "process": "system", **whole})
        for name, process in world.system.processes.items():
            resident = await asyncio.to_thread(_resident_bytes, process.pid) if process.pid else None
            self._sample({"at": at, "process": name, "rss_bytes": resident})

    def _sample(self, line: dict[str, Any]) -> None:
        self.samples.write(json.dumps(line) + "\n")

    async def finish(self, world: World, keys: ShopKeys, load: Load, started_at: datetime) -> None:
        """What there is to ask at the end: every order, the dead letters, the accept log, the logs."""
        self.sent.flush(), self.samples.flush()
        run = {
            "seed": load.seed,
            "tier": "quiet",
            "orders": load.orders,
            "events": sum(1 for _ in (self.folder / "sent.jsonl").open()),
            "broker": world.broker.description,
            "machine": platform.platform(),
            "versions": {"python": platform.python_version(), "postgres": world.postgres.description},
            "started_at": rfc3339(started_at),
            "ended_at": rfc3339(datetime.now(UTC)),
        }
        (self.folder / "run.json").write_text(json.dumps(run))
        _write(self.folder / "dead.jsonl", await _dead_letters(world))
        with (self.folder / "ops.jsonl").open("a") as ops:
            ops.write(json.dumps({"at": run["ended_at"], "what": "quiet"}) + "\n")
        shutil.copy(world.providers.accept_log.path, self.folder / "accepted.jsonl")
        if world.providers.status_log.path.exists():  # no provider has said anything yet
            shutil.copy(world.providers.status_log.path, self.folder / "receipts.jsonl")
        shutil.copytree(world.logs, self.folder / "logs", dirs_exist_ok=True)
        shutil.copytree(SHOPS_FOLDER, self.folder / "shops", dirs_exist_ok=True)
        await self._ask(world, keys, load)

    async def _ask(self, world: World, keys: ShopKeys, load: Load) -> None:
        orders, strangers = self.folder / "orders.jsonl", self.folder / "strangers.jsonl"
        with orders.open("w") as answered, strangers.open("w") as refused:
            for number in load.chunks:
                of_chunk = _orders_of(load, number)
                frozen = await _frozen(world, of_chunk)
                for answer in await _answers(world, keys, of_chunk):
                    _add_frozen(answer, frozen)
                    answered.write(json.dumps(answer) + "\n")
                for line in await _as_strangers(world, keys, of_chunk[:ASKED_BY_STRANGERS]):
                    refused.write(json.dumps(line) + "\n")


@contextmanager
def run_writer(folder: Path) -> Iterator[RunWriter]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "sent.jsonl").open("w") as sent, (folder / "samples.jsonl").open("w") as samples:
        yield RunWriter(folder, sent, samples)


def _orders_of(load: Load, chunk: int) -> list[tuple[str, str]]:
    told = {(each.shop, each.order) for each in load.chunk(chunk) if each.kind == "order"}
    return sorted((str(shop), str(order)) for shop, order in told)


async def _answers(world: World, keys: ShopKeys, orders: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    room = asyncio.Semaphore(ASKED_AT_ONCE)

    async def ask(shop: str, order: str) -> dict[str, Any]:
        url = f"{world.addresses.url('tracking')}/v1/shops/{shop}/orders/{order}"
        async with room:
            parts = [await world.client.get(f"{url}{part}", headers=keys.bearer(shop)) for part in PARTS]
        status, timeline, why = (answer.json() if answer.status_code == httpx.codes.OK else None for answer in parts)
        told = {"timeline": (timeline or {}).get("entries", []), "why": (why or {}).get("decisions", [])}
        return {"shop": shop, "order": order, "status": status, **told}

    return await asyncio.gather(*(ask(shop, order) for shop, order in orders))


PARTS = ("", "/timeline", "/why")


async def _frozen(world: World, orders: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Of which bytes the ledger keeps that they were to go out, by message: no API tells it."""
    shops, ids = zip(*orders, strict=True)
    rows = await world.stillness.notifier.fetch(_FROZEN, shops, ids)
    return {str(row["id"]): row["request_sha256"] for row in rows}


def _add_frozen(answer: dict[str, Any], frozen: Mapping[str, str]) -> None:
    for message in (answer["status"] or {}).get("messages", ()):
        message["sha256"] = frozen.get(message["id"])


async def _as_strangers(world: World, keys: ShopKeys, orders: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Each order asked for by another shop, which gives its own name, and then that of the order's shop."""
    asked = []
    for nth, (shop, order) in enumerate(orders):
        others = sorted(keys.of.keys() - {shop})
        if not others:
            continue
        by = others[nth % len(others)]
        for asked_as in (by, shop):
            url = f"{world.addresses.url('tracking')}/v1/shops/{asked_as}/orders/{order}"
            answer = await world.client.get(url, headers=keys.bearer(by))
            line = {"shop": shop, "order": order, "asked_by": by, "asked_as": asked_as}
            asked.append({**line, "status": answer.status_code})
    return asked


async def _ops(world: World, what: str) -> Any:
    headers = {"authorization": f"Bearer {world.system.keys.ops_key}"}
    answer = await world.client.get(f"{world.addresses.url('tracking')}/v1/ops/{what}", headers=headers)
    answer.raise_for_status()
    return answer.json()


async def _dead_letters(world: World) -> list[dict[str, Any]]:
    found, cursor = list[dict[str, Any]](), ""
    while True:
        page = await _ops(world, f"dead-letters?limit={PAGE}{cursor}")
        found += page["dead_letters"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def _write(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def _resident_bytes(pid: int) -> int | None:
    """None for a process that has just died, and where there is no /proc."""
    status = Path(f"/proc/{pid}/status")
    found = _RESIDENT.search(status.read_text()) if status.exists() else None
    return int(found[1]) * 1024 if found else None
