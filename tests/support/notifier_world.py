"""The notifier on a real database with simulated providers behind it: steps go in, messages reach the accept log."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from sandbox.approved_templates import submissions
from sandbox.providers import Accepted, Providers
from services.notifier.bounces.amazon import Certificates
from services.notifier.channels import Adapters, adapters_by_provider, load_channel_settings, open_adapters
from services.notifier.channels.base import ChannelAdapter
from services.notifier.channels.settings import ChannelSettings
from services.notifier.compose import Composer
from services.notifier.intake import Planner, intake, message_id
from services.notifier.preferences.page import PreferencesState
from services.notifier.preview.routes import PreviewState
from services.notifier.processes import api_app, receipt_state
from services.notifier.queue import PATIENCE, Patience
from services.notifier.sender import Sender
from shared.api_keys import Keys
from shared.contracts.base import Contract
from shared.contracts.orders import Buyer, Consent
from shared.contracts.outcomes import MessageOutcome
from shared.contracts.steps import StepReached
from shared.contracts.topics import NOTIFIER_OUTCOMES
from shared.contracts.vocabulary import ABOUT_THE_ORDER, Channel, Step
from shared.database import Database, Row
from shared.key_entries import Scope
from shared.messaging.inbox import Delivery, claim
from shared.processes import Runtime
from shared.shops import Shop, Shops, load_shops
from tests.support.api_keys import entry
from tests.support.deliveries import delivery
from tests.support.migrated import ask
from tests.support.steps_reached import catalog, home_delivery

SHOPS_FOLDER = Path("config/shops")
PUBLIC_URL = "https://avisos.example"
"""Where buyers open their preferences. Providers' receipts go where the environment says."""
DEMO: Shop = load_shops(SHOPS_FOLDER)["demo"]
BY_MAIL = Buyer(name="Lucía Prado", email="lucia@example.com", timezone="Europe/Madrid")
BY_SMS = Buyer(name="Lucía Prado", phone="+34600000001")
BY_WHATSAPP = Buyer(name="Lucía Prado", phone="+34600000001", consents=(Consent(channel=Channel.WHATSAPP),))


KEY, WRITE_KEY = "demo-key-0123456789abc", "demo-key-that-only-writes"
"""Of the demo shop; the second one lacks the scope to read."""


def now() -> datetime:
    return datetime.now(UTC)


def step(
    kind: Step,
    sequence: int = 1,
    *,
    order_id: str = "A-1001",
    buyer: Buyer = BY_MAIL,
    age: timedelta = timedelta(seconds=5),
    **changes: Any,
) -> StepReached:
    """A step that was reached just now."""
    made = home_delivery(kind)
    known = {"shop": "demo", "order_id": order_id, "sequence": sequence, "buyer": buyer, "occurred_at": now() - age}
    parcel = None if kind in ABOUT_THE_ORDER else made.parcel
    return made.model_copy(update={**known, "parcel": parcel, **changes})


def templates() -> list[dict[str, Any]]:
    return submissions(SHOPS_FOLDER)


@dataclass
class Notifier:
    """One installation. Every `new_sender()` is a process of its own with the same database."""

    database: Database
    providers: Providers
    adapters: Adapters
    settings: dict[str, ChannelSettings]
    shops: Shops = field(default_factory=lambda: Shops({"demo": DEMO}))
    patience: Patience = PATIENCE
    certificates: Certificates = field(default_factory=Certificates)
    consumers_clock: Callable[[], datetime] = now

    def __post_init__(self) -> None:
        self._began_at = self.providers.accept_log.position
        planner = Planner(self.shops, frozenset(self.adapters), now)
        keys = Keys({"demo": (entry(KEY), entry(WRITE_KEY, Scope.ORDERS_WRITE, name="writes"))}, (), now)
        composer = Composer(catalog(), self.shops, self.adapters, PUBLIC_URL)
        app = api_app(
            Runtime("notifier", ("api",)),
            receipt_state(self.database, self.settings, self.certificates),
            PreferencesState(self.database, self.shops, frozenset(self.adapters), catalog(), now),
            PreviewState(self.database, planner, composer, keys),
        )
        self.app = app
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://notifier.test")

    async def hears(self, *facts: Contract | Delivery[Contract]) -> list[str]:
        """One batch of steps and requests to erase. Answers what became of each."""
        batch = [fact if isinstance(fact, Delivery) else delivery(fact) for fact in facts]
        words = dict.fromkeys((item.offset for item in batch), "duplicate")
        planner = Planner(self.shops, frozenset(self.adapters), self.consumers_clock)
        async with self.database.transaction() as tx:
            claimed = await claim(tx, batch)
            taken = await intake(planner).handle(tx, claimed.fresh) if claimed.fresh else ()
        words.update(zip((item.offset for item in claimed.fresh), map(str, taken), strict=True))
        return list(words.values())

    def new_sender(
        self,
        database: Database | None = None,
        runtime: Runtime | None = None,
        clock: Callable[[], datetime] = now,
    ) -> Sender:
        composer = Composer(catalog(), self.shops, self.adapters, PUBLIC_URL)
        process = runtime or Runtime("notifier", ("send",))
        return Sender(database or self.database, composer, process, clock, random.Random(1), self.patience)

    async def send_what_is_due(self, sender: Sender | None = None) -> int:
        """All channels, until nothing is due any more. Answers how many messages were touched."""
        sender, touched = sender or self.new_sender(), 0
        while done := sum([await sender.work_off(channel) for channel in self.adapters]):
            touched += done
        return touched

    async def tidy(self) -> None:
        await self.new_sender().tidy()

    async def resolve(self) -> int:
        """One round for each message in doubt whose round has come."""
        return await self.new_sender().resolve()

    def through(self, *adapters: ChannelAdapter) -> Notifier:
        """The same installation with these providers on their channel, the preferred one first."""
        return replace(self, adapters={**self.adapters, adapters[0].channel: adapters})

    def of_shop(self, **wishes: Any) -> Notifier:
        """The same installation with a shop that wishes this of its channels."""
        channels = DEMO.channels.model_copy(update=wishes)
        return replace(self, shops=Shops({"demo": DEMO.model_copy(update={"channels": channels})}))

    async def let_time_pass(self, by: timedelta) -> None:
        """Everything that the database remembers as a time was that much earlier."""
        moved = (
            *("lease_until", "tried_at", "last_tried_at", "in_vain_since", "doubt_since", "doubt_at", "quiet_at"),
            *("held_until", "not_before", "expires_at", "planned_at", "changed_at"),
        )
        earlier = ", ".join(f"{name} = {name} - make_interval(secs => :seconds)" for name in moved)
        await ask(
            self.database,
            "UPDATE paces SET empty_at = empty_at - make_interval(secs => :seconds) RETURNING bucket",
            seconds=by.total_seconds(),
        )
        await ask(self.database, f"UPDATE messages SET {earlier} RETURNING id", seconds=by.total_seconds())

    @property
    def accepted(self) -> list[Accepted]:
        return self.providers.accept_log.read(since=self._began_at)

    async def message(self, kind: Step, channel: Channel = Channel.EMAIL, order_id: str = "A-1001") -> Row:
        """The one message about this step on this channel."""
        (row,) = await ask(
            self.database,
            "SELECT * FROM messages WHERE step = :step AND channel = :channel AND order_id = :order_id",
            step=kind,
            channel=channel,
            order_id=order_id,
        )
        return row

    async def state(self, kind: Step, channel: Channel = Channel.EMAIL, order_id: str = "A-1001") -> tuple[str, str]:
        row = await self.message(kind, channel, order_id)
        return row["state"], row["reason"]

    async def outcomes(self) -> list[MessageOutcome]:
        """Everything told to tracking, in the order in which it will be published."""
        rows = await ask(
            self.database, "SELECT value FROM outbox WHERE topic = :topic ORDER BY id", topic=NOTIFIER_OUTCOMES.name
        )
        return [MessageOutcome.model_validate_json(row["value"]) for row in rows]

    async def verdicts(self, channel: Channel = Channel.EMAIL) -> dict[UUID, list[str]]:
        """What was told of each message on this channel, in order."""
        found: dict[UUID, list[str]] = {}
        for outcome in await self.outcomes():
            if outcome.channel is channel:
                found.setdefault(outcome.message, []).append(outcome.verdict.value)
        return found


def id_of(told: StepReached, channel: Channel = Channel.EMAIL, recipient: str = "buyer") -> UUID:
    return message_id(told, recipient, channel)


@asynccontextmanager
async def a_notifier(
    database: Database,
    running: Providers,
    patience: Patience = PATIENCE,
    *,
    certificates: Certificates | None = None,
) -> AsyncIterator[Notifier]:
    """With the channels that the environment configures, as its processes find them."""
    settings = load_channel_settings()
    adapters = open_adapters(settings)
    amazon = certificates or Certificates()
    notifier = Notifier(database, running, adapters, settings, patience=patience, certificates=amazon)
    try:
        async with notifier.http:
            yield notifier
    finally:
        for adapter in adapters_by_provider(adapters).values():
            await adapter.close()
