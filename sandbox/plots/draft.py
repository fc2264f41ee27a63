"""The pen plots are written with: snapshots with their sequence, scans at believable hours, and who hears what.

Who hears what is this file's own reading of config/shops/demo.toml, so that the product is not asked about itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.beats import CarrierSays, Hears, Parcel, Plot, Round, Scan, ShopSays, Via
from sandbox.people import Person
from sandbox.plots.goods import basket
from shared.contracts.orders import (
    Destination,
    LineQuantity,
    Money,
    Notify,
    OrderSnapshot,
    Payment,
    Policies,
    Promise,
    Shipment,
)
from shared.contracts.vocabulary import Channel, DeliveredTo, PaymentState, ShopState, Stage, Step

BY_MAIL_ALONE = frozenset({Step.PAYMENT_RECEIVED, Step.PREPARING, Step.IN_TRANSIT})
"""config/shops/demo.toml, [channels.only]."""
OPENING = (Step.ORDER_CONFIRMED, Step.PAYMENT_RECEIVED, Step.PREPARING)
OUT_SINCE_HOURS, DELIVERED_SINCE_HOURS = 3.5, 0.4
"""The last day's scans lie shortly before now: nobody wants to hear at night what was on its way in the morning."""


@dataclass
class Draft:
    """One order while its plot is being written. `now` and `random` decide every time and number in it."""

    number: int
    buyer: Person
    random: Random
    now: datetime
    receiver: Person | None = None
    promise: Promise | None = None
    policies: Policies | None = None
    notify: Notify = field(default_factory=Notify)
    sequence: int = 0
    parcels: list[Parcel] = field(default_factory=list)
    _paid: PaymentState = PaymentState.PENDING

    def __post_init__(self) -> None:
        self.lines, self._total = basket(self.random, self.buyer.country)
        self._placed_at = self.day(6, "11:20")

    @property
    def order_id(self) -> str:
        return f"LF-{self.number}"

    def day(self, days_ago: int, clock: str) -> datetime:
        """A local time up to 18:45 on a day before today, a few minutes off so that no two orders agree."""
        assert days_ago >= 1, "today is told in hours: see hours_ago"
        local = self.now.astimezone(ZoneInfo(self.buyer.zone))
        day = local.date() - timedelta(days=days_ago)
        return datetime.combine(day, time.fromisoformat(clock), local.tzinfo) + self._a_few_minutes

    @property
    def today(self) -> date:
        """In the buyer's zone."""
        return self.now.astimezone(ZoneInfo(self.buyer.zone)).date()

    def hours_ago(self, hours: float) -> datetime:
        """Shortly before now, in the buyer's zone."""
        return self.now.astimezone(ZoneInfo(self.buyer.zone)) - timedelta(hours=hours) + self._a_few_minutes

    @property
    def _a_few_minutes(self) -> timedelta:
        return timedelta(seconds=self.random.randrange(0, 420))

    def new_parcel(self, carrier: str = "generic") -> Parcel:
        """A reference of the carrier's own shape; DHL Express: nine digits and their remainder by seven."""
        serial = self.number * 10 + len(self.parcels)
        digits = 300_000_000 + serial
        parcel = Parcel(carrier, f"{digits}{digits % 7}" if carrier == "dhl" else f"FARO{serial:08d}")
        self.parcels.append(parcel)
        return parcel

    def says(
        self, state: ShopState, *parcels: Parcel, paid: PaymentState | None = None, via: Via = Via.HTTP
    ) -> ShopSays:
        """The next snapshot. Payment stays as it was unless it is given."""
        self.sequence += 1
        self._paid = paid or self._paid
        return ShopSays(self.snapshot(state, parcels, self.sequence, self._paid), via)

    def snapshot(self, state: ShopState, parcels: Iterable[Parcel], sequence: int, paid: PaymentState) -> OrderSnapshot:
        to = self.receiver or self.buyer
        destination = Destination(country=to.country, postal_code=to.postal_code, city=to.city, kind="home")
        sent = tuple(parcels)
        return OrderSnapshot(
            order_id=self.order_id,
            sequence=sequence,
            placed_at=self._placed_at,
            state=state,
            buyer=self.buyer.as_buyer(),
            recipients=(self.receiver.as_recipient(),) if self.receiver else (),
            payment=Payment(state=paid, method="tarjeta", total=self._total, shipping=self._shipping),
            lines=self.lines,
            shipments=tuple(self._shipment(n, parcel, len(sent), destination) for n, parcel in enumerate(sent)),
            promise=self.promise,
            policies=self.policies,
            notify=self.notify,
        )

    @property
    def _shipping(self) -> Money:
        return Money(amount=self._total.amount // 20, currency=self._total.currency)

    def _shipment(self, number: int, parcel: Parcel, of: int, destination: Destination) -> Shipment:
        """With several parcels the lines are dealt out in turn."""
        dealt = self.lines if of == 1 else self.lines[number::of]
        return Shipment(
            carrier=parcel.carrier,
            reference=parcel.reference,
            lines=tuple(LineQuantity(id=line.id, quantity=line.quantity) for line in dealt),
            destination=destination,
        )

    def opening(self) -> tuple[Round, ...]:
        """Confirmed, then paid and being prepared."""
        return (
            (self.says(ShopState.CONFIRMED),),
            (self.says(ShopState.PREPARING, paid=PaymentState.PAID),),
        )

    def scan(self, parcel: Parcel, stage: Stage, at: datetime, *, times: int = 1, **more: Any) -> CarrierSays:
        """One carrier call with one scan."""
        return CarrierSays(parcel, (self.scanned(stage, at, **more),), times)

    def scanned(self, stage: Stage, at: datetime, **more: Any) -> Scan:
        """A scan in the buyer's country, in the buyer's city unless another is given."""
        place = {"city": self.buyer.city, "country": self.buyer.country}
        return Scan(stage=stage, at=at, **{**place, **more})

    def out_today(self, parcel: Parcel, **more: Any) -> CarrierSays:
        """Out for delivery, with the hours the carrier gives."""
        return self.scan(parcel, Stage.OUT_FOR_DELIVERY, self.hours_ago(OUT_SINCE_HOURS), eta=self._window, **more)

    def arrives(self, parcel: Parcel, to: DeliveredTo | None = DeliveredTo.RECIPIENT, **more: Any) -> CarrierSays:
        """Delivered, a moment ago."""
        return self.scan(parcel, Stage.DELIVERED, self.hours_ago(DELIVERED_SINCE_HOURS), delivered_to=to, **more)

    @property
    def _window(self) -> tuple[datetime, datetime]:
        """Four hours around now, on the hour."""
        hour = self.now.astimezone(ZoneInfo(self.buyer.zone)).replace(minute=0, second=0, microsecond=0)
        return hour - timedelta(hours=1), hour + timedelta(hours=3)

    def heard(self, *steps: Step, by: Parcel | None = None) -> tuple[Hears, ...]:
        """What every listener hears, on each of their channels, the quiet steps by mail alone."""
        return tuple(
            Hears(step, by.key if by and step.about_parcel else None, channel, person.address(channel))
            for step in steps
            for person in self.listeners
            for channel in person.channels
            if channel is Channel.EMAIL or step not in BY_MAIL_ALONE
        )

    @property
    def listeners(self) -> tuple[Person, ...]:
        return (self.buyer, self.receiver) if self.receiver else (self.buyer,)

    def plot(
        self, kind: str, title: str, rounds: Iterable[Round], must: Iterable[Hears], may: Iterable[Hears] = ()
    ) -> Plot:
        """Close the draft."""
        return Plot(
            order_id=self.order_id,
            kind=kind,
            title=title,
            buyer=self.buyer,
            rounds=tuple(rounds),
            must=tuple(must),
            may=tuple(may),
            parcels=tuple(self.parcels),
            listeners=self.listeners,
        )
