"""What the gateway can be started as: `api` takes in webhooks, `poll` asks the carriers that have to be asked."""

from __future__ import annotations

import asyncio
import functools
import os
import random
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta

from services.carrier_gateway.directory_lint import lint_directory
from services.carrier_gateway.health.heard import Heard
from services.carrier_gateway.health.record import Way
from services.carrier_gateway.polling.board import Board
from services.carrier_gateway.polling.following import follow
from services.carrier_gateway.polling.poller import CarrierPoller, carriers_zones, new_client, run_poller
from services.carrier_gateway.settings import CarrierAccess, GatewaySettings, read_access, unknown_carriers
from services.carrier_gateway.translate import translate
from services.carrier_gateway.variables import variables
from services.carrier_gateway.webhooks import create_gateway
from shared.messaging.publish import open_publisher
from shared.observability.logs import get_logger
from shared.processes import Part, Runtime, Tool, serve
from shared.settings import load_settings


def now() -> datetime:
    return datetime.now(UTC)


@functools.cache
def heard_by(processes: tuple[str, ...]) -> Heard:
    """What this OS process hears: one memory, whatever shares the OS process."""
    return Heard(now, [way for process, way in _WAYS.items() if process in processes])


async def run_api(runtime: Runtime) -> None:
    settings, access = load_settings(GatewaySettings), read_access(os.environ)
    _report_access(access)
    async with open_publisher(
        settings.kafka_bootstrap, idempotence=settings.kafka_idempotence, client_id="carrier-gateway-api"
    ) as publisher:
        runtime.health.register("webhook publisher", publisher.unready)
        app = create_gateway(publisher, access, runtime.health, now, heard_by(runtime.names))
        await serve(app, runtime, settings.gateway_host, settings.gateway_port)


async def run_poll(runtime: Runtime) -> None:
    settings, access = load_settings(GatewaySettings), read_access(os.environ)
    board, heard = Board(settings.poll_pace, carriers_zones(access.values())), heard_by(runtime.names)
    runtime.health.register("watches", board.unready)
    async with (
        open_publisher(
            settings.kafka_bootstrap, idempotence=settings.kafka_idempotence, client_id="carrier-gateway-poll"
        ) as publisher,
        new_client() as client,
        asyncio.TaskGroup() as tasks,
    ):
        runtime.health.register("poll publisher", publisher.unready)
        done = asyncio.Event()
        tasks.create_task(follow(settings.kafka_bootstrap, board, done, "carrier-gateway-watches"))
        asking: list[Coroutine[object, object, object]] = [runtime.stop.wait()]
        silent_after = timedelta(days=settings.poll_silent_after_days)
        for known in access.values():
            state = "off" if known.key is None else "on"
            if known.carrier.pull is not None:
                get_logger().info("carrier_polling", carrier=known.carrier.id, state=state)
            if known.key is not None:
                chance = random.Random().random  # noqa: S311  jitter is no secret
                poller = CarrierPoller(known, board, publisher, client, now, chance, silent_after, heard)
                asking.append(run_poller(poller, runtime.stop))
        await asyncio.gather(*asking)
        done.set()  # only now: what was asked is written down while the partitions are still ours


def _report_access(access: Mapping[str, CarrierAccess]) -> None:
    """Which webhooks are on. A secret without an adapter is said too: it is a typing error as often as not."""
    for carrier, known in access.items():
        get_logger().info("carrier_webhook", carrier=carrier, state="off" if known.check is None else "on")
    for carrier in unknown_carriers(os.environ):
        get_logger().warning("carrier_unknown", carrier=carrier)


_WAYS = {"api": Way.PUSH, "poll": Way.POLL}
PROCESSES: dict[str, Part] = {
    "api": Part(run_api, serves_http=True),
    "poll": Part(run_poll),
}
TOOLS: dict[str, Tool] = {"translate": translate, "directory": lint_directory, "variables": variables}
