"""What every adapter is made of: its directory entry, how it signs, its code table, how its payloads are read.

An adapter is data and one pure function, `parse`: no clock, no network. A code without a row becomes `Stage.UNKNOWN`,
never a guess. Nothing personal gets past it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from shared.contracts.directory import CarrierEntry
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

if TYPE_CHECKING:
    from services.carrier_gateway.parts.pull import Pull
    from services.carrier_gateway.parts.wording import Wording

MOST_VALUES: Final = 20_000
"""In one body of JSON: a parcel's whole life has some hundreds."""
UNTIMED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for an instant that the carrier gave in an impossible form. Such an event is always `Stage.UNKNOWN`."""


class Malformed(Exception):
    """The payload is not what the carrier documents. Each error names its field; the value itself is never kept."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors[:3]))
        self.errors = tuple(errors)


@dataclass(frozen=True)
class Row:
    """What one code means."""

    stage: Stage
    condition: Condition | None = None
    action_by: Actor | None = None
    delivered_to: DeliveredTo | None = None


class Skip:
    """A known code that is no shipment event (an invoice, a photo): neither an event nor unknown."""


SKIP: Final = Skip()
UNMAPPED: Final = Row(Stage.UNKNOWN)
Meaning = Row | Skip


R = TypeVar("R", Row, Meaning)


def code_table(*rows: tuple[str, R]) -> Mapping[str, R]:
    """Code by code. Raises ValueError when a code is there twice: a code means one thing."""
    table: dict[str, R] = {}
    for code, meaning in rows:
        if code in table:
            raise ValueError(f"code {code!r} has two rows")
        table[code] = meaning
    return MappingProxyType(table)


class Refusal(StrEnum):
    """An answer that holds no events. Carriers give these with an error status, or inside an HTTP 200."""

    NOT_FOUND = "not_found"
    BAD_REFERENCE = "bad_reference"
    NOT_ALLOWED = "not_allowed"
    QUOTA = "quota"
    OUTAGE = "outage"


@dataclass(frozen=True)
class Parsed:
    """What a payload says. `events` oldest first; `skipped` were known codes that are no shipment events."""

    events: tuple[ShipmentEvent, ...] = ()
    skipped: int = 0
    refusal: Refusal | None = None


Check = Callable[[bytes, Mapping[str, str], datetime], None]
"""(raw body, headers, now). Raises BadSignature. Headers are looked up in lower case."""


@dataclass(frozen=True)
class Signature:
    """One way of proving who speaks."""

    check_with: Callable[[Sequence[str]], Check]
    """Takes a carrier's secrets, newest first. Raises ValueError, without quoting it, for one that cannot be one."""
    sign: Callable[[bytes, str, str, datetime], dict[str, str]]
    """The headers a sender adds (body, secret, message id, now): for whoever simulates the carrier."""


@dataclass(frozen=True)
class Carrier:
    """One row of the registry."""

    entry: CarrierEntry
    signature: Signature
    parse: Callable[[bytes], Parsed]
    """Raises Malformed."""
    codes: Mapping[str, Meaning]
    wordings: tuple[Wording, ...] = ()
    pull: Pull | None = None
    speaks_for: frozenset[str] = frozenset()
    """Ids of the carriers in whose name an aggregator tells events; empty for a carrier that speaks for itself."""

    @property
    def id(self) -> str:
        return self.entry.id

    def verify(self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
        """Raises BadSignature. To be called on the raw bytes, before `parse`."""
        self.signature.check_with(secrets)(body, headers, now)


M = TypeVar("M", bound=BaseModel)


def read_body(model: type[M], body: bytes) -> M:
    """The payload as the carrier's documented shape; fields we have no use for are dropped here.

    Raises Malformed for what is not JSON, is nested deeper than 200 levels, has more than MOST_VALUES values (counted
    by commas and opening brackets, those in texts too), or a field of a wrong type.
    """
    if sum(map(body.count, (b",", b"{", b"["))) > MOST_VALUES:
        raise Malformed([("body", f"has more than {MOST_VALUES} values")])
    try:
        return model.model_validate_json(body, extra="ignore")
    except ValidationError as error:
        raise malformed(error) from error


def malformed(error: ValidationError, *path: str) -> Malformed:
    """Pydantic's errors, each with the path of its field, under `path`."""
    items = error.errors(include_url=False, include_input=False)[:20]
    return Malformed([(".".join((*path, *map(str, item["loc"]))) or "body", item["msg"]) for item in items])


def build_event(where: str, reference_field: str = "reference", **fields: Any) -> ShipmentEvent:
    """A shipment event. Raises Malformed naming the field under `where` when the carrier's data do not make one.

    `reference_field` is what the carrier calls its number.
    """
    if not fields["reference"].isprintable():
        raise Malformed([(f"{where}.{reference_field}", "has characters that cannot be seen")])
    try:
        return ShipmentEvent(**fields)
    except ValidationError as error:
        ours, theirs = f"{where}.reference", f"{where}.{reference_field}"
        errors = malformed(error, where).errors
        raise Malformed([(field.replace(ours, theirs), message) for field, message in errors]) from error


def oldest_first(events: Iterable[ShipmentEvent]) -> tuple[ShipmentEvent, ...]:
    """In order of time, each fact once; events of one instant keep the order they came in."""
    told = tuple(events)
    if len(told) < 2:
        return told
    once = {event.fact: event for event in told}
    return tuple(sorted(once.values(), key=lambda event: event.occurred_at))
