"""The gateway's own application, called as a carrier calls it: signed, over ASGI, with a broker that only records."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from services.carrier_gateway.carriers import CARRIERS, carrier_named
from services.carrier_gateway.carriers.generic import GENERIC
from services.carrier_gateway.health.heard import Heard
from services.carrier_gateway.health.record import Way
from services.carrier_gateway.settings import read_access
from services.carrier_gateway.webhooks import create_gateway
from shared.health import Health
from tests.support.carrier_samples import SECRET
from tests.support.recording_publisher import RecordingPublisher

NOW = datetime(2026, 4, 10, 12, 0, tzinfo=UTC)
SECRETS = {f"CARRIER_{carrier.id.upper()}_SECRET": SECRET for carrier in CARRIERS}


class Gateway:
    """The gateway's own application, called as a carrier calls it. `now` is its clock, which a test may turn."""

    def __init__(self, environ: Mapping[str, str], ways: Collection[Way]) -> None:
        self.now, self.publisher = NOW, RecordingPublisher()
        self.heard = Heard(lambda: self.now, ways)
        self.app = create_gateway(self.publisher, read_access(environ), Health(), lambda: self.now, self.heard)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url="http://gateway")

    async def post(
        self,
        carrier: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        secret: str = SECRET,
        signed_at: datetime | None = None,
    ) -> httpx.Response:
        known = carrier_named(carrier) or GENERIC
        signature = known.signature.sign(body, secret, "msg_1", signed_at or self.now)
        return await self.client.post(
            f"/webhooks/{carrier}",
            content=body,
            headers={"content-type": "application/json", **signature, **(headers or {})},
        )

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers with which the shop's own courier signs now."""
        return dict(GENERIC.signature.sign(body, SECRET, "msg_1", self.now))


@asynccontextmanager
async def running_gateway(
    environ: Mapping[str, str] = SECRETS, ways: Collection[Way] = (Way.PUSH,)
) -> AsyncIterator[Gateway]:
    gateway = Gateway(environ, ways)
    async with gateway.client:
        yield gateway


def courier_event(**fields: Any) -> bytes:
    event = {"reference": "F-1", "status": "delivered", "occurred_at": "2026-03-30T09:12:00+02:00", **fields}
    return json.dumps({"events": [event]}).encode()
