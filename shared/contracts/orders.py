"""`shop.orders.v1`: the whole order as its shop sees it now, never a delta, with a `sequence` that says which is newer.

Four fields are enough to start: `order_id`, `placed_at`, `state`, and `buyer.email` or `buyer.phone`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, StringConstraints, model_validator
from pydantic.json_schema import JsonSchemaValue

from shared.contracts.base import (
    CarrierId,
    Contract,
    CountryCode,
    HttpUrl,
    Instant,
    OrderId,
    Reference,
    ShopId,
    ShortText,
)
from shared.contracts.currencies import CURRENCIES
from shared.contracts.vocabulary import Channel, PaymentState, ShopState, Step

_NAMESPACE = uuid5(NAMESPACE_URL, "hito:order-snapshot")
_ZONES = available_timezones()

Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
"""E.164: a plus sign, the country code, the number, no spaces."""
Email = Annotated[
    str,
    StringConstraints(
        max_length=254, pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$"
    ),
]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?$")]
"""BCP 47: `es`, `es-AR`, `pt-BR`."""
LineId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00]+$")]


def _known_zone(value: str) -> str:
    if value not in _ZONES:
        raise ValueError("not an IANA time zone such as Europe/Madrid")
    return value


def _known_currency(value: str) -> str:
    if value not in CURRENCIES:
        raise ValueError("not an ISO 4217 currency code such as EUR")
    return value


TimeZone = Annotated[str, AfterValidator(_known_zone)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_known_currency)]


class Money(Contract):
    """`amount` is in the currency's minor unit: 4990 EUR is 49.90 euros."""

    amount: int = Field(ge=0, le=10**15)
    currency: Currency


class Consent(Contract):
    channel: Channel
    purpose: ShortText = "order_status"
    granted_at: Instant | None = None
    evidence: ShortText | None = None


class Buyer(Contract):
    name: ShortText | None = None
    email: Email | None = None
    phone: Phone | None = None
    locale: Locale | None = None
    timezone: TimeZone | None = None
    consents: tuple[Consent, ...] = Field(default=(), max_length=20)


class Recipient(Contract):
    """Somebody else who is told too, the receiver of a gift for one."""

    role: ShortText = "receiver"
    name: ShortText | None = None
    email: Email | None = None
    phone: Phone | None = None
    locale: Locale | None = None
    consents: tuple[Consent, ...] = Field(default=(), max_length=20)

    @model_validator(mode="after")
    def _reachable(self) -> Recipient:
        if self.email is None and self.phone is None:
            raise ValueError("a recipient needs an email or a phone")
        return self


class Payment(Contract):
    state: PaymentState = PaymentState.PENDING
    method: ShortText | None = None
    total: Money | None = None
    shipping: Money | None = None


class Line(Contract):
    id: LineId
    title: ShortText
    quantity: int = Field(ge=1, le=1_000_000)


class LineQuantity(Contract):
    id: LineId
    quantity: int = Field(ge=1, le=1_000_000)


class Destination(Contract):
    """Where the parcel goes, coarse on purpose: no street, no name."""

    country: CountryCode | None = None
    postal_code: ShortText | None = None
    city: ShortText | None = None
    kind: ShortText | None = None


UNNAMED = "unnamed"
"""Stands for a carrier that the shop does not know. No carrier has this id."""


class Shipment(Contract):
    """A parcel. The shop may leave `carrier` out: then the reference, and who speaks of it, say whose it is.

    On the wire it is always there, as `unnamed` where the shop left it out; so whoever reads it finds a carrier.
    """

    carrier: CarrierId = UNNAMED
    reference: Reference
    id: LineId | None = None
    service: ShortText | None = None
    lines: tuple[LineQuantity, ...] = Field(default=(), max_length=500)
    destination: Destination | None = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = handler(core_schema)
        if handler.mode == "serialization":
            schema = handler.resolve_ref_schema(described)
            schema["properties"]["carrier"].pop("default", None)
            schema["required"] = ["carrier", *schema["required"]]
        return described


class Promise(Contract):
    """The days the shop promised, in the destination's calendar; both ends included."""

    deliver_from: date | None = None
    deliver_until: date

    @model_validator(mode="after")
    def _ordered(self) -> Promise:
        if self.deliver_from is not None and self.deliver_from > self.deliver_until:
            raise ValueError("promise.deliver_from is after promise.deliver_until")
        return self


class Policy(Contract):
    """A policy as it stood when the order was placed; `days` or `months` where it sets a time."""

    version: ShortText
    url: HttpUrl
    days: int | None = Field(default=None, ge=0, le=3650)
    months: int | None = Field(default=None, ge=0, le=120)


class Policies(Contract):
    returns: Policy | None = None
    warranty: Policy | None = None


class Notify(Contract):
    """The shop's wish for silence: `true` for all steps, or the steps by name."""

    suppress: bool | tuple[Step, ...] = False

    def silences(self, step: Step) -> bool:
        return self.suppress if isinstance(self.suppress, bool) else step in self.suppress


class OrderSnapshot(Contract):
    """The full order. A higher `sequence` replaces a lower one whole; the shop counts it up with each change.

    A first snapshot may leave `sequence` out. An update may not: it would be the same sequence with other content,
    which is recorded as a conflict and changes nothing.
    """

    order_id: OrderId
    sequence: int = Field(default=0, ge=0, le=2**53 - 1)
    placed_at: Instant
    state: ShopState
    buyer: Buyer
    recipients: tuple[Recipient, ...] = Field(default=(), max_length=10)
    payment: Payment | None = None
    lines: tuple[Line, ...] = Field(default=(), max_length=500)
    shipments: tuple[Shipment, ...] = Field(default=(), max_length=50)
    promise: Promise | None = None
    policies: Policies | None = None
    notify: Notify = Notify()
    gift: bool | None = None
    """Somebody else gets it: the other `recipients` hear nothing of money and not from whom it comes.

    Left out means no; so a snapshot from before there was this field is the same, byte for byte.
    """

    @model_validator(mode="after")
    def _somebody_to_tell(self) -> OrderSnapshot:
        if self.buyer.email is None and self.buyer.phone is None:
            raise ValueError("buyer.email or buyer.phone is required: without either nobody can be told")
        return self

    @model_validator(mode="after")
    def _no_parcel_twice(self) -> OrderSnapshot:
        keys = [(s.carrier, s.reference) for s in self.shipments]
        if len(keys) != len(set(keys)):
            raise ValueError("shipments names the same carrier and reference twice")
        return self


class Order(OrderSnapshot):
    """What travels on Kafka: the snapshot and the shop it belongs to."""

    shop: ShopId

    @property
    def key(self) -> str:
        return f"{self.shop}/{self.order_id}"

    @property
    def event_id(self) -> UUID:
        return uuid5(_NAMESPACE, f"{self.shop}\x1f{self.order_id}\x1f{self.sequence}")
