"""The shapes of what tracking answers. Listed one by one: nothing gets out because somebody added a column."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Instant
from shared.contracts.orders import Line, LineQuantity, Payment
from shared.contracts.shipments import Eta, Location
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, OrderState, Stage, Step, Verdict


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Accepted(Answer):
    """The broker has them on all replicas."""

    accepted: int


class ShipmentAnswer(Answer):
    carrier: str
    carrier_name: str
    reference: str
    phone: str
    phone_of_shop: bool
    carrier_url: str | None
    stage: Stage
    condition: Condition | None
    action_by: Actor | None
    delivered_to: DeliveredTo | None
    location: Location | None
    eta: Eta | None
    since: Instant | None
    lines: tuple[LineQuantity, ...]


class PromiseAnswer(Answer):
    deliver_from: date | None
    deliver_until: date
    broken: bool


class MessageAnswer(Answer):
    """What became of one message. The recipient is a role, never an address."""

    id: UUID
    step: Step
    occurrence: str
    parcel: str | None
    recipient: str
    channel: str
    verdict: Verdict
    reason: str
    language: str | None
    at: Instant


class StepAnswer(Answer):
    step: Step
    occurrence: str
    parcel: str | None
    occurred_at: Instant
    told_while_true: bool


class OrderAnswer(Answer):
    shop: str
    order_id: str
    state: OrderState
    placed_at: Instant
    sequence: int
    parcels_total: int
    parcels_delivered: int
    shipments: tuple[ShipmentAnswer, ...]
    lines: tuple[Line, ...]
    payment: Payment | None
    promise: PromiseAnswer | None
    tracking_url: str
    steps: tuple[StepAnswer, ...]
    messages: tuple[MessageAnswer, ...]


class OrderLine(Answer):
    """One order in a list."""

    shop: str
    order_id: str
    state: OrderState
    placed_at: Instant
    late: bool


class OrderPage(Answer):
    orders: tuple[OrderLine, ...]
    next: str | None
    """Give it as `cursor` to go on; absent on the last page."""


class TimelineEntry(Answer):
    """One fact. `ignored` is the reason why it changed nothing."""

    at: Instant
    clock: Clock
    kind: str
    parcel: str | None = None
    stage: Stage | None = None
    condition: Condition | None = None
    location: Location | None = None
    carrier_code: str | None = None
    carrier_text: str | None = None
    state: str | None = None
    sequence: int | None = None
    ignored: str | None = None
    fact: UUID | None = None


class Timeline(Answer):
    entries: tuple[TimelineEntry, ...]


class WhyMessage(Answer):
    recipient: str
    channel: str
    verdict: Verdict
    reason: str
    at: Instant


class WhyStep(Answer):
    step: Step
    occurrence: str
    told_while_true: bool
    messages: tuple[WhyMessage, ...]


class WhyFact(Answer):
    """One event and what followed: why it was ignored, or each step with a verdict per recipient and channel."""

    event: UUID | None
    kind: str
    at: Instant
    parcel: str | None
    what: str
    ignored: str | None
    steps: tuple[WhyStep, ...]


class Why(Answer):
    decisions: tuple[WhyFact, ...]


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
