"""The shapes of what tracking answers. Listed one by one: nothing gets out because somebody added a column."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.tracking.domain.which_carrier import How
from shared.contracts.base import Instant
from shared.contracts.orders import Line, LineQuantity, Payment
from shared.contracts.shipments import Eta, Location
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, OrderState, Stage, Step, Verdict


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReferenceWarning(Answer):
    """A reference that was taken as it is, and looks wrong. `warnings`: `check_digit`."""

    order_id: str
    carrier: str
    reference: str
    warnings: tuple[str, ...]


class Accepted(Answer):
    """The broker has them on all replicas. `warnings` is there only when there are any."""

    accepted: int
    warnings: tuple[ReferenceWarning, ...] = ()


class ShipmentAnswer(Answer):
    """`carrier` is `unnamed` and `carrier_name` empty while nobody knows who has the parcel.

    `carrier_by`: the shop named the carrier (`shop`), it was the first of the candidates to speak of it (`heard`), only
    its numbers look like this (`format`), or nobody knows (`open`: then `candidates` may have it). `corrected_from`:
    the carrier that it was taken for before. `warnings`: `check_digit` when the number looks mistyped.
    """

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
    carrier_by: How = How.SHOP
    candidates: tuple[str, ...] = ()
    corrected_from: str | None = None
    warnings: tuple[str, ...] = ()


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
    """One fact. `ignored` is the reason why it changed nothing. The kind `silence` says that a carrier has told nothing
    new for so long that it is not asked any more.
    """

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
    before: str | None = None
    """What the parcel was taken for, where another carrier turned out to have it, or speaks of it too."""


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
    """One event and what followed: why it was ignored, or each step with a verdict per recipient and channel.

    `waits`: steps that nobody is told of yet, for the carrier of their parcel is not known.
    """

    event: UUID | None
    kind: str
    at: Instant
    parcel: str | None
    what: str
    ignored: str | None
    steps: tuple[WhyStep, ...]
    waits: tuple[Step, ...] = ()


class Why(Answer):
    decisions: tuple[WhyFact, ...]
