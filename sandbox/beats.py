"""What can happen in the world outside Hito, as data: a shop says something, a carrier says something, somebody lies.

A plot is an order's beats in rounds. The system is quiet between two rounds; within one, beats follow each other as
fast as they go. What the buyer has to hear stands beside them, written by hand and never computed by the product.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sandbox.people import Person
from shared.contracts.orders import OrderSnapshot
from shared.contracts.vocabulary import Actor, Channel, Condition, DeliveredTo, Stage, Step


class Via(StrEnum):
    """How a snapshot travels: the forms the orders endpoint takes, and the topic itself."""

    HTTP = "http"
    LIST = "list"
    STRUCTURED = "structured"
    BATCH = "batch"
    KAFKA = "kafka"


@dataclass(frozen=True)
class ShopSays:
    """The shop publishes the order as it is now."""

    snapshot: OrderSnapshot
    via: Via = Via.HTTP


@dataclass(frozen=True)
class Scan:
    """One thing that happened to a parcel. `code` replaces the courier's word for the stage when it has an odd one."""

    stage: Stage
    at: datetime
    city: str | None = None
    country: str | None = None
    condition: Condition | None = None
    action_by: Actor | None = None
    delivered_to: DeliveredTo | None = None
    text: str | None = None
    eta: tuple[datetime, datetime] | None = None
    code: str | None = None


@dataclass(frozen=True)
class Parcel:
    """A parcel as its carrier knows it."""

    carrier: str
    reference: str

    @property
    def key(self) -> str:
        return f"{self.carrier}/{self.reference}"


@dataclass(frozen=True)
class CarrierSays:
    """The carrier calls our webhook. `times` > 1: it delivers the same call again, as carriers do after a timeout."""

    parcel: Parcel
    scans: tuple[Scan, ...]
    times: int = 1


@dataclass(frozen=True)
class CarrierKnows:
    """It happened, but no webhook tells of it: whoever wants to know has to ask."""

    parcel: Parcel
    scans: tuple[Scan, ...]


class Lie(StrEnum):
    FORGED = "forged"
    """Signed with a secret that is not ours."""
    OLD = "old"
    """Rightly signed, but an hour ago: a recorded call, played again."""
    GARBAGE = "garbage"
    """Rightly signed, but no JSON."""


@dataclass(frozen=True)
class SomebodyLies:
    """A call that has to be refused, with this HTTP status."""

    parcel: Parcel
    scan: Scan
    lie: Lie
    refused_with: int


Beat = ShopSays | CarrierSays | CarrierKnows | SomebodyLies
Round = tuple[Beat, ...]


@dataclass(frozen=True, order=True)
class Hears:
    """One message to one person: the step, the parcel it is about (if any), where it goes."""

    step: Step
    parcel: str | None
    channel: Channel
    address: str


@dataclass(frozen=True)
class Plot:
    """One order's life and what its people hear: `must` once per mention, `may` for what depends on who is faster."""

    order_id: str
    kind: str
    title: str
    buyer: Person
    rounds: tuple[Round, ...]
    must: tuple[Hears, ...]
    may: tuple[Hears, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    listeners: tuple[Person, ...] = ()
    """Everybody who is told, the buyer first."""
