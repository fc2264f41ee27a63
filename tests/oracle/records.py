"""The lines of a run folder, as far as the oracle reads them. Whoever fills the folder writes exactly these.

run.json        what was run                    sent.jsonl      one line for each thing sent, in the order it was
accepted.jsonl  what the providers took         orders.jsonl    what the public API answers of each order
dead.jsonl      GET /v1/ops/dead-letters        ops.jsonl       what was done to the system, and when it was back
samples.jsonl   the system looked at            logs/*.log      what the processes wrote
shops/*.toml    the configuration of the shops

Two more that not every run has:
receipts.jsonl  what the providers said of what they took, before it went out to the product
strangers.jsonl what a shop was answered that asked for another shop's order
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Run(Line):
    seed: int
    tier: str
    orders: int
    events: int
    broker: str
    machine: str
    versions: dict[str, str] = {}
    started_at: datetime
    ended_at: datetime
    others_a_core: float = Field(default=0.0, ge=0)
    """How many who have nothing to do with the run wanted each core of the machine when it began."""
    connections_at_rest: int | None = None
    """So many connections to its database a process may keep when nothing moves, by how it was configured."""


class Sent(Line):
    """`status` is that of HTTP, or what the broker's client said. `payload` of an order is the CloudEvent around it.

    `repeat_of`: the `n` of the line whose very event this one repeats. A foreign line with a `reference` is a scan of a
    parcel that no shop names, one without an order of a shop that nobody knows.
    """

    n: int
    at: datetime
    kind: Literal["order", "scan", "corrupt", "foreign"]
    topic: str | None = None
    url: str | None = None
    shop: str | None = None
    order: str | None = None
    carrier: str | None = None
    reference: str | None = None
    event_id: str | None = None
    payload: Any = None
    repeat_of: int | None = None
    status: int | Literal["acked", "failed"]
    partition: int | None = None
    offset: int | None = None

    @property
    def taken(self) -> bool:
        """The product said that it has it for good."""
        return self.status == "acked" or (isinstance(self.status, int) and 200 <= self.status < 300)

    @property
    def refused(self) -> bool:
        """The product said that it will never have it."""
        return isinstance(self.status, int) and 400 <= self.status < 500 and self.status not in (408, 429)


class Accepted(Line):
    """One message that a provider took: so one that somebody got."""

    at: datetime
    provider: str
    channel: str
    to: str
    sender: str
    message_id: str | None = None
    provider_message_id: str
    sha256: str
    text: str | None = None
    html: str | None = None


class Message(Line):
    """`at`: when the verdict was reached. `sha256` of the frozen bytes, where the run can tell it."""

    id: str
    step: str
    occurrence: str
    parcel: str | None = None
    recipient: str
    channel: str
    verdict: str
    reason: str
    at: datetime | None = None
    sha256: str | None = None


class Step(Line):
    step: str
    occurrence: str
    parcel: str | None = None


class Shipment(Line):
    carrier: str
    reference: str
    stage: str


class Status(Line):
    """`GET /v1/shops/{shop}/orders/{order}`."""

    state: str
    tracking_url: str
    shipments: tuple[Shipment, ...] = ()
    steps: tuple[Step, ...] = ()
    messages: tuple[Message, ...] = ()


class Entry(Line):
    """A fact on the timeline."""

    kind: str
    parcel: str | None = None
    stage: str | None = None
    state: str | None = None
    sequence: int | None = None
    ignored: str | None = None
    fact: str | None = None


class WhyMessage(Line):
    recipient: str
    channel: str
    verdict: str
    reason: str


class WhyStep(Line):
    step: str
    occurrence: str
    messages: tuple[WhyMessage, ...] = ()


class Decision(Line):
    steps: tuple[WhyStep, ...] = ()


class Answer(Line):
    """What the public API says of one order; without a `status` it did not find the order."""

    shop: str
    order: str
    status: Status | None = None
    timeline: tuple[Entry, ...] = ()
    why: tuple[Decision, ...] = ()


class DeadLetter(Line):
    id: int
    topic: str
    partition: int
    offset: int
    reason: str


class Receipt(Line):
    """What a provider says has become of one message: sent, delivered, read, failed."""

    message_id: str | None = None
    status: str


class Stranger(Line):
    """A shop asked for the order of another, with its own key: under its own name, or under the other's."""

    shop: str
    order: str
    asked_by: str
    asked_as: str
    status: int


class Op(Line):
    """`back`: it does again what it did before. `quiet`: nothing moves. `process` is `postgres` and `broker`, too."""

    at: datetime
    what: Literal["kill", "pause", "resume", "restart", "fault_on", "fault_off", "back", "quiet"]
    process: str | None = None
    detail: str | None = None


class Sample(Line):
    """A look at one process, or at the system: what is not looked at is absent."""

    at: datetime
    process: str
    rss_bytes: int | None = Field(default=None, ge=0)
    pg_connections: int | None = None
    pg_left_open: int | None = None
    """Connections that have been in a transaction and idle for a second or longer."""
    lag: int | None = None
    parked: int | None = None
    in_flight: int | None = None
