"""Hito's words. Every other word for these things (a carrier's code, a shop's status) is translated at the door.

Stage is where a parcel is, as carriers report it; Condition is what is the matter with it, beside the stage; Actor is
who must act next; Step is what a buyer hears. Only `services/tracking/domain/lifecycle.py` relates stage to step.
"""

from __future__ import annotations

from enum import StrEnum


class Word(StrEnum):
    """Hashed as the text it is, in C: an enum's own hash is Python code, and words are looked up all the time."""

    __hash__ = str.__hash__


class Stage(Word):
    """Where a parcel is. `unknown` is a code nobody has mapped: shown to operators, never to a buyer, never guessed."""

    REGISTERED = "registered"
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    FAILED_ATTEMPT = "failed_attempt"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Condition(Word):
    """What is the matter, beside the stage."""

    DELAYED = "delayed"
    CUSTOMS = "customs"
    ADDRESS_PROBLEM = "address_problem"
    RECIPIENT_ABSENT = "recipient_absent"
    REFUSED = "refused"
    DAMAGED = "damaged"
    HELD = "held"
    PAYMENT_DUE = "payment_due"
    WEATHER = "weather"


class Actor(Word):
    """Who must act for the parcel to move on."""

    BUYER = "buyer"
    SHOP = "shop"
    CARRIER = "carrier"


class DeliveredTo(Word):
    """Who or what took the parcel, or where it waits."""

    RECIPIENT = "recipient"
    NEIGHBOUR = "neighbour"
    SAFE_PLACE = "safe_place"
    LOCKER = "locker"
    PICKUP_POINT = "pickup_point"
    RECEPTION = "reception"


class Clock(Word):
    """How an instant is known: `exact` came with an offset, `assumed` was a bare local time read in a zone we chose."""

    EXACT = "exact"
    ASSUMED = "assumed"


class Step(Word):
    """What a buyer hears, in the order a good story takes."""

    ORDER_CONFIRMED = "order_confirmed"
    PAYMENT_RECEIVED = "payment_received"
    PREPARING = "preparing"
    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    FAILED_ATTEMPT = "failed_attempt"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELAYED = "delayed"
    CUSTOMS = "customs"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"
    ORDER_CANCELLED = "order_cancelled"
    REFUNDED = "refunded"

    @property
    def about_parcel(self) -> bool:
        """True when the message is about one parcel and so must carry the five facts."""
        return self not in ABOUT_THE_ORDER


ABOUT_THE_ORDER = frozenset(
    {Step.ORDER_CONFIRMED, Step.PAYMENT_RECEIVED, Step.PREPARING, Step.ORDER_CANCELLED, Step.REFUNDED}
)


class OrderState(Word):
    """What the whole order is at, as tracking derives it from the shop's word and all its parcels."""

    PLACED = "placed"
    CONFIRMED = "confirmed"
    PREPARING = "preparing"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    PARTLY_DELIVERED = "partly_delivered"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class ShopState(Word):
    """What a shop may say of its order. The `partly_` states are not here: tracking derives them from the parcels."""

    PLACED = "placed"
    CONFIRMED = "confirmed"
    PREPARING = "preparing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class PaymentState(Word):
    PENDING = "pending"
    PAID = "paid"
    REFUNDED = "refunded"


class Channel(Word):
    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"


class Verdict(Word):
    """What became of one message: (step, recipient, channel). All but `planned` and `sent` may be final."""

    PLANNED = "planned"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
