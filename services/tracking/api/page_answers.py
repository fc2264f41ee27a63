"""The shapes of what a buyer is shown. Listed one by one: no name and no address can get out."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from services.tracking.api.answers import Answer
from shared.contracts.base import Instant
from shared.contracts.shipments import Eta
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, OrderState, Stage


class Tone(StrEnum):
    """How a state feels to the buyer, for colour and icon: `act` is theirs to mend, `trouble` is not."""

    CALM = "calm"
    GOOD = "good"
    ACT = "act"
    TROUBLE = "trouble"


class PageEvent(Answer):
    """Something that happened, in the buyer's words. `place` is a city and, abroad, its country."""

    at: Instant
    clock: Clock
    title: str
    place: str | None


class PageMilestone(Answer):
    """One of the four marks of the progress line. `at` is absent where nobody scanned that very moment."""

    name: str
    label: str
    at: Instant | None
    reached: bool
    current: bool


class PageParcel(Answer):
    """A parcel as its buyer sees it: no name, no address, a city at most.

    `milestones` is empty for a parcel that has left the way to the buyer. `items` counts what is inside, unnamed.
    """

    carrier_name: str
    reference: str
    phone: str
    phone_of_shop: bool
    hours: str | None
    carrier_url: str | None
    stage: Stage
    condition: Condition | None
    action_by: Actor | None
    delivered_to: DeliveredTo | None
    eta: Eta | None
    since: Instant | None
    tone: Tone
    title: str
    next: str
    expected: str | None
    place: str | None
    items: int | None
    milestones: tuple[PageMilestone, ...]
    timeline: tuple[PageEvent, ...]
    """Newest first."""


class PageAnswer(Answer):
    """`GET /t/{token}.json`: all that the page shows. `tone` is `act` when the buyer has to do something."""

    language: str
    shop_name: str
    shop_phone: str
    shop_website: str | None
    order_id: str
    state: OrderState
    tone: Tone
    title: str
    next: str
    expected: str | None
    note: str | None
    placed_at: Instant
    promised_from: date | None
    promised_until: date | None
    late: bool
    parcels_total: int
    parcels_delivered: int
    parcels: tuple[PageParcel, ...]
    timeline: tuple[PageEvent, ...]
    """What the shop told of the order as a whole, newest first."""
