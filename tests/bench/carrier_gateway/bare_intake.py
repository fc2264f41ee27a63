"""The yardstick for pushes: a FastAPI route that sends the raw body to the broker and answers 202 after its ack.

It checks no signature, reads nothing, keeps no metrics and writes no log. `python -m
tests.bench.carrier_gateway.bare_intake` in the gateway's own environment: event loop, server, garbage collection and
producer are as in `carrier_gateway api`.
"""

from __future__ import annotations

import sys

from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, Request, Response

from services.carrier_gateway.settings import GatewaySettings
from shared.contracts.topics import CARRIER_SHIPMENTS
from shared.messaging.publish import producer_options
from shared.processes import Part, Runtime, main, serve
from shared.settings import load_settings


def bare_app(producer: AIOKafkaProducer) -> FastAPI:
    app = FastAPI()

    @app.post("/webhooks/{carrier}")
    async def take(carrier: str, request: Request) -> Response:
        await producer.send_and_wait(CARRIER_SHIPMENTS.name, await request.body())
        return Response(b'{"accepted":1}', 202, media_type="application/json")

    @app.get("/readyz")
    async def readyz() -> Response:
        return Response()

    return app


async def run_bare(runtime: Runtime) -> None:
    """Until the process stops."""
    settings = load_settings(GatewaySettings)
    options = producer_options(settings.kafka_bootstrap, idempotence=settings.kafka_idempotence, client_id="bare")
    async with AIOKafkaProducer(**options) as producer:
        await serve(bare_app(producer), runtime, settings.gateway_host, settings.gateway_port)


if __name__ == "__main__":
    sys.exit(main("bare", {"intake": Part(run_bare, serves_http=True)}, {}, ["intake"]))
