"""Tracking's HTTP side on a real database, without Kafka: facts go in as the consumer would hand them over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import httpx
from fastapi import FastAPI

from services.tracking.announce import Announcer
from services.tracking.api.page import read_clock
from services.tracking.api.state import ApiState
from services.tracking.console.app import create_console
from services.tracking.intake import intake
from services.tracking.processes import api_app
from services.tracking.tokens import token_of
from shared.api_keys import Keys
from shared.contracts.base import Contract
from shared.database import Database
from shared.messaging.publish import Publisher
from shared.processes import Runtime
from tests.support.api_keys import entry, ops_entry
from tests.support.deliveries import ORDER, at, delivery
from tests.support.recording_publisher import RecordingPublisher
from tests.support.tracking_api import NO_BROKER
from tests.unit.tracking.page_story import announcer

OPS_KEY = "ops-key-of-the-tests-000"
FRIDAY_MORNING = at(6, "08:00")


@dataclass
class Tracking:
    """One tracking with its API and its console. `now` is what the page's clock shows."""

    database: Database
    announcer: Announcer = field(default_factory=announcer)
    now: datetime = FRIDAY_MORNING

    def __post_init__(self) -> None:
        runtime = Runtime("tracking", ("api", "console"))
        keys = Keys({"demo": (entry("key-of-the-demo-shop"),)}, (ops_entry(OPS_KEY),), lambda: self.now)
        publisher = cast("Publisher", RecordingPublisher())
        self.api = api_app(runtime, ApiState(self.database, publisher, self.announcer, keys, NO_BROKER))
        self.api.dependency_overrides[read_clock] = lambda: self.now
        self.desk = create_console(runtime, self.database, self.announcer, keys)
        self.page = _client(self.api)
        self.console = _client(self.desk, auth=("ops", OPS_KEY))

    async def hears(self, *facts: Contract) -> None:
        async with self.database.transaction() as tx:
            await intake(self.announcer).handle(tx, [delivery(fact) for fact in facts])

    def link(self, order_id: str = ORDER) -> str:
        return f"/t/{token_of(self.announcer.token_secret, 'demo', order_id)}"


def _client(app: FastAPI, auth: tuple[str, str] | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=("203.0.113.7", 50000))
    return httpx.AsyncClient(transport=transport, base_url="http://tracking.test", auth=auth)
