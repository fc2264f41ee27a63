"""The shapes of what operators are told. Coordinates, codes, words of ours and counts: no buyer's data."""

from __future__ import annotations

from pydantic import Field

from services.tracking.api.answers import Answer
from services.tracking.ops.stuck import WaitsFor
from shared.contracts.base import Instant
from shared.contracts.vocabulary import OrderState, Step

Next = str | None
"""Give it as `cursor` to go on; absent on the last page."""


class UnmappedCode(Answer):
    """A code that a carrier sent and nobody has mapped. `sample` is the carrier's own text."""

    carrier: str
    code: str
    sample: str | None
    seen: int = Field(description="How often it came.")
    first_seen: Instant
    last_seen: Instant


class UnmappedPage(Answer):
    unmapped: tuple[UnmappedCode, ...]
    next: Next


class DeadLetterAnswer(Answer):
    """A message that could not be taken in: where it was on Kafka and why. Its bytes stay in the database."""

    id: int
    topic: str
    partition: int
    offset: int
    reason: str
    handler: str = Field(description="The consumer group that could not take it in.")
    traceparent: str | None
    first_seen: Instant
    replayed_at: Instant | None
    replay_of: int | None = Field(description="The letter that this one was when it failed before.")


class DeadLetterPage(Answer):
    dead_letters: tuple[DeadLetterAnswer, ...]
    next: Next


class Replayed(Answer):
    """It is in the outbox and goes to its topic at once. If it fails again, it is a new letter that names this one."""

    id: int
    topic: str
    replayed_at: Instant


class StuckOrder(Answer):
    """An order that nothing will move by itself. `parcel` is the one (`carrier/reference`) that it waits for."""

    shop: str
    order_id: str
    state: OrderState
    placed_at: Instant
    last_step: Step | None
    last_step_at: Instant | None
    waits_for: WaitsFor
    parcel: str | None


class StuckPage(Answer):
    stuck: tuple[StuckOrder, ...]
    next: Next


class Conflict(Answer):
    """One sequence under which a shop told `contents` different things. The one said first stands."""

    shop: str
    order_id: str
    sequence: int
    contents: int
    last_said_at: Instant


class ConflictPage(Answer):
    conflicts: tuple[Conflict, ...]
    next: Next


class ParkedParcel(Answer):
    """A parcel that moves, and that no shop has named yet. `facts` counts its scans."""

    carrier: str
    reference: str
    facts: int


class ParkedPage(Answer):
    parked: tuple[ParkedParcel, ...]
    next: Next


class UnnamedParcel(Answer):
    """A parcel that its shop named without the carrier, and of which no carrier that may have it has spoken."""

    shop: str
    order_id: str
    reference: str
    candidates: tuple[str, ...] = Field(description="The carriers whose numbers look like it; empty: none is known.")


class UnnamedPage(Answer):
    unnamed: tuple[UnnamedParcel, ...]
    next: Next


class OutboxLag(Answer):
    unpublished: int
    oldest_seconds: float


class PartitionLagAnswer(Answer):
    topic: str
    partition: int
    committed: int | None
    end: int
    lag: int


class ConsumerLag(Answer):
    """Messages on the broker that the group has not taken in. `committed` is absent where it never committed."""

    group: str
    total: int
    partitions: tuple[PartitionLagAnswer, ...]


class LagAnswer(Answer):
    """What is waiting, and where."""

    outbox: OutboxLag
    consumers: ConsumerLag | None
    consumers_unknown: str | None = Field(description="Why `consumers` is null: the broker did not say.")
    dead_letters_waiting: int
    parked_parcels: int
