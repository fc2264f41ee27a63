"""The gateway's own application, called as a carrier calls it: signed, over ASGI, with a broker that only records."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from services.carrier_gateway.carriers import CARRIERS, carrier_named
from services.carrier_gateway.carriers.generic import GENERIC
from services.carrier_gateway.settings import read_access
from services.carrier_gateway.webhooks import create_gateway
from shared.health import Health
from tests.support.carrier_samples import SECRET
from tests.support.recording_publisher import RecordingPublisher

NOW = datetime(2026, 4, 10, 12, 0, tzinfo=UTC)
SECRETS = {f"CARRIER_{carrier.id.upper()}_SECRET": SECRET for carrier in CARRIERS}


class Gateway:
    """The gateway's own application, called as a carrier calls it."""

    def __init__(self, client: httpx.AsyncClient, publisher: RecordingPublisher) -> None:
        self.client, self.publisher = client, publisher

    async def post(
        self,
        carrier: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        secret: str = SECRET,
        signed_at: datetime = NOW,
    ) -> httpx.Response:
        known = carrier_named(carrier) or GENERIC
        signature = known.signature.sign(body, secret, "msg_1", signed_at)
        return await self.client.post(
            f"/webhooks/{carrier}",
            content=body,
            headers={"content-type": "application/json", **signature, **(headers or {})},
        )


@asynccontextmanager
async def running_gateway(environ: Mapping[str, str] = SECRETS) -> AsyncIterator[Gateway]:
    publisher = RecordingPublisher()
    app = create_gateway(publisher, read_access(environ), Health(), lambda: NOW)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as client:
        yield Gateway(client, publisher)


def courier_event(**fields: Any) -> bytes:
    event = {"reference": "F-1", "status": "delivered", "occurred_at": "2026-03-30T09:12:00+02:00", **fields}
    return json.dumps({"events": [event]}).encode()
