"""The orders of the load and everything that is said of each: from its number alone, whoever asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from shared.contracts.base import rfc3339
from shared.contracts.orders import (
    Buyer,
    Consent,
    Destination,
    Line,
    Order,
    OrderSnapshot,
    Payment,
    Recipient,
    Shipment,
)
from shared.contracts.shipments import Eta, Location, ShipmentEvent
from shared.contracts.vocabulary import Channel, Stage
from tests.load.lives import LASTS, LIVES, Life, Moment, ScanMoment, ShopMoment
from tests.load.recipe import Recipe

CARRIERS = ("generic", "seur")
CITIES = (("Madrid", "28013"), ("Sevilla", "41004"), ("Valencia", "46001"), ("Bilbao", "48001"), ("Gijón", "33201"))
BEGIN_WITHIN = timedelta(hours=1)
FIRST_NUMBER = 610_000_000
"""Far from the numbers that the simulated providers send from: nobody can be told from their own number."""


@dataclass(frozen=True)
class Plan:
    """One order before anything is said of it. `ended`: when its life is over; all of it lies before the run."""

    number: int
    seed: int
    shop: str
    life: Life
    ended: datetime
    buyer: Buyer
    recipients: tuple[Recipient, ...]
    carriers: tuple[str, ...]

    @property
    def order_id(self) -> str:
        return f"{self.shop[:2].upper()}{self.seed % 1000:03}-{self.number:07}"

    def reference(self, parcel: int) -> str:
        return f"{self.carriers[parcel][:2].upper()}{self.seed % 1000:03}{self.number:07}{parcel}"

    def at(self, moment: Moment) -> datetime:
        return self.ended - LASTS + timedelta(minutes=moment.minute)


@dataclass(frozen=True)
class Fact:
    """One thing said, once. `payload` is what goes to the ledger: a snapshot with its envelope, or a scan."""

    plan: Plan
    moment: Moment
    says: Order | ShipmentEvent
    at: datetime

    @property
    def payload(self) -> dict[str, Any]:
        if isinstance(self.says, ShipmentEvent):
            return _plain(self.says)
        return {"time": rfc3339(self.at), "data": snapshot_of(self.says)}

    @property
    def by_webhook(self) -> bool:
        """Only the shops' own courier speaks our format."""
        return not isinstance(self.says, ShipmentEvent) or self.says.carrier == "generic"


def plan_order(seed: int, number: int, start: datetime, recipe: Recipe) -> Plan:
    """The same for the same seed and number, whatever else is planned. `start`: when the run begins."""
    chance = Random(f"order/{seed}/{number}")
    shops, weights = zip(*recipe.shops.items(), strict=True)
    life = chance.choices(LIVES, [life.share for life in LIVES])[0]
    return Plan(
        number=number,
        seed=seed,
        shop=chance.choices(shops, weights)[0],
        life=life,
        ended=(start - BEGIN_WITHIN * chance.random()).replace(microsecond=0),
        buyer=_buyer(number, chance.random(), recipe),
        recipients=_recipients(number, chance.random(), recipe),
        carriers=tuple(chance.choice(CARRIERS) for _ in range(life.parcels)),
    )


def _buyer(number: int, chance: float, recipe: Recipe) -> Buyer:
    """Everybody can be written to; some have a phone, and some of those agreed to WhatsApp."""
    whatsapp, phone = chance < recipe.whatsapp, chance < recipe.whatsapp + recipe.sms
    return Buyer(
        name=f"Candela Canario-{number}",
        email=f"canario.{number}@example.com",
        phone=f"+34{FIRST_NUMBER + number}" if phone else None,
        locale="es-ES",
        consents=(Consent(channel=Channel.WHATSAPP),) if whatsapp else (),
    )


def _recipients(number: int, chance: float, recipe: Recipe) -> tuple[Recipient, ...]:
    if chance >= recipe.second_recipient:
        return ()
    return (Recipient(name=f"Ramiro Jilguero-{number}", email=f"jilguero.{number}@example.com", locale="es-ES"),)


def facts_of(plan: Plan, more: tuple[Moment, ...] = ()) -> Iterator[Fact]:
    """As they happened."""
    sequence = 0
    for moment in sorted((*plan.life.moments, *more), key=lambda moment: moment.minute):
        if isinstance(moment, ShopMoment):
            sequence += 1
            yield Fact(plan, moment, _order(plan, moment, sequence), plan.at(moment))
        else:
            yield Fact(plan, moment, _scan(plan, moment), plan.at(moment))


def _order(plan: Plan, moment: ShopMoment, sequence: int) -> Order:
    parcels = range(plan.life.parcels) if moment.names_parcels else ()
    return Order(
        shop=plan.shop,
        order_id=plan.order_id,
        sequence=sequence,
        placed_at=plan.ended - LASTS,
        state=moment.state,
        buyer=plan.buyer,
        recipients=plan.recipients,
        payment=Payment(state=moment.payment, method="card"),
        lines=(Line(id="1", title="Cuaderno de campo", quantity=1),),
        shipments=tuple(
            Shipment(
                carrier=plan.carriers[parcel],
                reference=plan.reference(parcel),
                destination=Destination(country="ES", city="Valencia", postal_code="46001"),
            )
            for parcel in parcels
        ),
    )


def _scan(plan: Plan, moment: ScanMoment) -> ShipmentEvent:
    city, postal_code = CITIES[(plan.number + moment.minute) % len(CITIES)]
    at = plan.at(moment)
    return ShipmentEvent(
        carrier=plan.carriers[moment.parcel],
        reference=plan.reference(moment.parcel),
        stage=moment.stage,
        condition=moment.condition,
        delivered_to=moment.delivered_to,
        occurred_at=at,
        location=Location(city=city, postal_code=postal_code, country="ES"),
        carrier_code=moment.stage.value,
        eta=Eta(until=plan.ended) if moment.stage is Stage.ACCEPTED else None,
    )


def snapshot_of(order: Order) -> dict[str, Any]:
    return {name: value for name, value in _plain(order).items() if name in OrderSnapshot.model_fields}


def _plain(says: Order | ShipmentEvent) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(says.to_json())
    return told
