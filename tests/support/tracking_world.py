"""Tracking on a real database: facts go in as the consumer hands them over, steps and watches come out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from services.tracking.announce import Announcer
from services.tracking.directory import Directory
from services.tracking.intake import intake
from services.tracking.queries import OrderStory, order_story
from shared.contracts.base import Contract
from shared.contracts.directory import CarrierEntry, CarrierPhone, TrackingLink
from shared.contracts.steps import StepReached
from shared.contracts.topics import CARRIER_SHIPMENTS, TRACKING_STEPS, TRACKING_WATCHES
from shared.contracts.watches import Watch
from shared.database import Database
from shared.messaging.inbox import Delivery, claim
from shared.shops import Shop, Shops
from tests.support.deliveries import ORDER, delivery
from tests.support.migrated import ask

FARO = Shop(id="demo", name="Librería Faro", support_phone="+34 910 000 001")
OTHER = Shop(id="other", name="Otra tienda", support_phone="+34 910 000 009")


def directory() -> Directory:
    """SEUR calls our webhook, Correos has to be asked."""
    phone = CarrierPhone(
        country="ES",
        number="+34 910 000 111",
        source="https://seur.example/contacto",
        checked_on=date(2026, 1, 2),
        confirmed=True,
        hours="9:00-20:00",
    )
    seur = CarrierEntry(
        id="seur",
        name="SEUR",
        zone="Europe/Madrid",
        phones=(phone,),
        links=(TrackingLink(template="https://seur.example/{reference}"),),
    )
    return Directory([seur, CarrierEntry(id="correos", name="Correos", zone="Europe/Madrid", polled=True)])


def announcer_for(*shops: Shop) -> Announcer:
    return Announcer(Shops({shop.id: shop for shop in shops}), directory(), "https://hito.example/", "s" * 32)


@dataclass
class Tracking:
    database: Database
    announcer: Announcer

    async def tell(self, *facts: Contract | Delivery[Contract]) -> list[str]:
        """One batch. Answers what became of each fact, in the order given."""
        batch = [fact if isinstance(fact, Delivery) else delivery(fact) for fact in facts]
        words = dict.fromkeys((item.offset for item in batch), "duplicate")
        async with self.database.transaction() as tx:
            claimed = await claim(tx, batch, {CARRIER_SHIPMENTS.name})
            taken = await intake(self.announcer).handle(tx, claimed.fresh) if claimed.fresh else ()
        words.update(zip((item.offset for item in claimed.fresh), map(str, taken), strict=True))
        return list(words.values())

    async def steps(self) -> list[StepReached]:
        """Everything announced so far, in the order in which it will be published."""
        rows = await self._outgoing(TRACKING_STEPS.name)
        return [StepReached.model_validate_json(row["value"]) for row in rows]

    async def heard(self) -> list[str]:
        """What buyers are to hear: the steps that were still true when they were announced."""
        return [step.step.value for step in await self.steps() if step.still_true]

    async def watches(self) -> list[tuple[str, Watch | None]]:
        """Each word to the gateway: the parcel, and the watch or None for its end."""
        rows = await self._outgoing(TRACKING_WATCHES.name)
        return [
            (row["key"].decode(), Watch.model_validate_json(row["value"]) if row["value"] else None) for row in rows
        ]

    async def story(self, order_id: str = ORDER, shop: str = "demo") -> OrderStory:
        async with self.database.transaction() as tx:
            found = await order_story(tx, shop, order_id)
        assert found is not None, f"tracking does not know {shop}/{order_id}"
        return found

    async def _outgoing(self, topic: str) -> list[dict[str, Any]]:
        rows = await ask(self.database, "SELECT key, value FROM outbox WHERE topic = :topic ORDER BY id", topic=topic)
        return [dict(row) for row in rows]
