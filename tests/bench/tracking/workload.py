"""A few days of one shop: its orders, then every scan of their parcels as the carrier tells them, told anew each run.

The same seed and the same `now` give the same bytes. Of the scans 2 % come twice and 2 % hours late.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.envelope import Outgoing
from shared.contracts.orders import (
    Buyer,
    Destination,
    Line,
    LineQuantity,
    Money,
    Order,
    Payment,
    Policies,
    Policy,
    Promise,
    Shipment,
)
from shared.contracts.shipments import Eta, Location, ShipmentEvent
from shared.contracts.topics import CARRIER_SHIPMENTS, SHOP_ORDERS
from shared.contracts.vocabulary import Condition, DeliveredTo, PaymentState, ShopState, Stage

SHOP, CARRIER, SOURCE = "demo", "generic", "/bench"
TWICE, LATE = 0.02, 0.02
BEGAN_BEFORE = timedelta(days=7)
SCANS_A_PARCEL = 8
SECOND_PARCEL_EVERY, MISSED_EVERY = 10, 10
HUBS = (
    ("Madrid", "28021"),
    ("Getafe", "28906"),
    ("Zaragoza", "50197"),
    ("Barcelona", "08040"),
    ("Valencia", "46013"),
    ("Sevilla", "41020"),
)


@dataclass(frozen=True)
class Said:
    """One scan of the usual journey: hours after the one before, the stage, the carrier's own code and words."""

    hours: float
    stage: Stage
    code: str
    text: str
    condition: Condition | None = None


_BEGINNING = (
    Said(0, Stage.REGISTERED, "EDI", "Datos del envío recibidos del remitente"),
    Said(5, Stage.ACCEPTED, "PU", "Recogido en las instalaciones del remitente"),
    Said(4, Stage.IN_TRANSIT, "AR", "Llegada al centro de clasificación"),
    Said(6, Stage.IN_TRANSIT, "DP", "Salida del centro de clasificación"),
)
_DELIVERED = Said(5, Stage.DELIVERED, "OK", "Entregado")
_OUT = Said(3, Stage.OUT_FOR_DELIVERY, "OD", "En reparto, lo entregamos hoy")
USUAL = (
    *_BEGINNING,
    Said(8, Stage.IN_TRANSIT, "AR", "Llegada al centro de destino"),
    Said(2, Stage.IN_TRANSIT, "DD", "En la delegación de reparto"),
    _OUT,
    _DELIVERED,
)
MISSED = (
    *_BEGINNING,
    Said(11, Stage.OUT_FOR_DELIVERY, "OD", "En reparto, lo entregamos hoy"),
    Said(4, Stage.FAILED_ATTEMPT, "AB", "Ausente, se intentará de nuevo mañana", Condition.RECIPIENT_ABSENT),
    Said(18, Stage.OUT_FOR_DELIVERY, "OD", "En reparto, segundo intento"),
    _DELIVERED,
)


@dataclass(frozen=True)
class Workload:
    """What goes onto the two topics, in the order in which it is published."""

    orders: Sequence[Outgoing]
    scans: Sequence[Outgoing]
    different_scans: int
    """How many are left when what was told twice counts once."""


def make_workload(orders: int, now: datetime, seed: int = 7) -> Workload:
    """`now`: every scan happened before it."""
    chance = random.Random(seed)
    start = (now - BEGAN_BEFORE).replace(hour=6, minute=0, second=0, microsecond=0)
    told: list[tuple[datetime, Outgoing]] = []
    placed, different = [], 0
    for number in range(orders):
        at = start + timedelta(hours=72) * chance.random()
        order = order_of(number, at, parcels=2 if number % SECOND_PARCEL_EVERY == 0 else 1)
        placed.append(Outgoing.of(SHOP_ORDERS, order, key=order.key, id=order.event_id, time=at, source=SOURCE))
        for shipment in order.shipments:
            scans = [_message(event) for event in journey(shipment.reference, at, chance)]
            different += len(scans)
            told.extend(_as_heard(scans, chance))
    told.sort(key=lambda pair: pair[0])
    return Workload(placed, [message for _, message in told], different)


def _as_heard(scans: Sequence[tuple[datetime, Outgoing]], chance: random.Random) -> Iterator[tuple[datetime, Outgoing]]:
    """When each scan reaches us: within minutes, a few hours late, some a second time."""
    for at, message in scans:
        late = timedelta(hours=12) * chance.random() if chance.random() < LATE else timedelta(0)
        yield at + timedelta(minutes=3) * chance.random() + late, message
        if chance.random() < TWICE:
            yield at + timedelta(hours=6) * chance.random(), message


def _message(event: ShipmentEvent) -> tuple[datetime, Outgoing]:
    at = event.occurred_at
    return at, Outgoing.of(CARRIER_SHIPMENTS, event, key=event.key, id=event.event_id, time=at, source=SOURCE)


def order_id_of(order: int) -> str:
    return f"P-{order:08d}"


def reference_of(order: int, parcel: int = 0) -> str:
    return f"FARO{order:08d}{parcel}"


def order_of(number: int, placed_at: datetime, parcels: int) -> Order:
    """An order as shops send it."""
    lines = tuple(Line(id=str(n), title=f"Cuaderno de campo, tomo {n}", quantity=1) for n in range(1, parcels + 2))
    policy = Policy(version="2026-01", url="https://libreriafaro.example/devoluciones", days=30)
    destination = Destination(country="ES", city="Valencia", postal_code="46001")
    return Order(
        shop=SHOP,
        order_id=order_id_of(number),
        sequence=3,
        placed_at=placed_at,
        state=ShopState.SHIPPED,
        buyer=Buyer(
            name="Lucía Ejemplo", email=f"lucia.{order_id_of(number)}@example.com", phone="+34600000001", locale="es-ES"
        ),
        payment=Payment(
            state=PaymentState.PAID, method="card", total=Money(amount=4990, currency="EUR"), shipping=None
        ),
        lines=lines,
        shipments=tuple(
            Shipment(
                carrier=CARRIER,
                reference=reference_of(number, nth),
                lines=tuple(LineQuantity(id=line.id, quantity=1) for line in lines[nth::parcels]),
                destination=destination,
            )
            for nth in range(parcels)
        ),
        promise=Promise(deliver_until=(placed_at + timedelta(days=14)).date()),
        policies=Policies(returns=policy),
    )


def journey(reference: str, placed_at: datetime, chance: random.Random) -> Iterator[ShipmentEvent]:
    """The eight scans of one parcel; every tenth buyer is out at the first attempt."""
    at = placed_at + timedelta(hours=4) * chance.random()
    way = [chance.choice(HUBS) for _ in range(SCANS_A_PARCEL)]
    for said, (city, postal_code) in zip(MISSED if chance.random() < 1 / MISSED_EVERY else USUAL, way, strict=True):
        at = (at + timedelta(hours=said.hours) * chance.uniform(0.7, 1.3)).replace(microsecond=0)
        expected = Eta(until=at + timedelta(hours=30)) if said.stage is Stage.ACCEPTED else None
        yield ShipmentEvent(
            carrier=CARRIER,
            reference=reference,
            stage=said.stage,
            condition=said.condition,
            delivered_to=DeliveredTo.RECIPIENT if said.stage is Stage.DELIVERED else None,
            occurred_at=at,
            location=Location(city=city, postal_code=postal_code, country="ES"),
            carrier_code=said.code,
            carrier_text=said.text,
            eta=expected,
        )
