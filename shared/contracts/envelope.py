"""CloudEvents 1.0 around every message: binary mode on Kafka (`ce_*` headers), structured and batch mode over HTTP.

Source: the CloudEvents 1.0.2 specification with its Kafka and HTTP protocol bindings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from shared.contracts.base import Contract, rfc3339
from shared.contracts.topics import Topic

CONTENT_TYPE = "application/json"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_FOREIGN_IDS = UUID("3f2c1b8e-5a64-5c0e-9d1a-7f6f0e6b2d11")

Headers = list[tuple[str, bytes]]


_READ = frozenset("ce_specversion ce_id ce_source ce_type ce_time ce_subject traceparent tracestate".split())
"""Other headers may hold what they like: clients and proxies add binary ones of their own."""
_REQUIRED = ("ce_id", "ce_source", "ce_type", "ce_time")


class NotAnEvent(ValueError):
    """The headers are not those of a CloudEvent 1.0; the text says what is missing."""


class Envelope(NamedTuple):
    """Everything about an event but its data. `time` is when the fact happened, which a duplicate shares."""

    id: UUID
    source: str
    type: str
    time: datetime
    subject: str | None = None
    traceparent: str | None = None
    tracestate: str | None = None

    def to_headers(self) -> Headers:
        """Kafka headers of the binary mode."""
        optional = (("ce_subject", self.subject), ("traceparent", self.traceparent), ("tracestate", self.tracestate))
        return [
            ("ce_specversion", b"1.0"),
            ("ce_id", str(self.id).encode()),
            ("ce_source", self.source.encode()),
            ("ce_type", self.type.encode()),
            ("ce_time", rfc3339(self.time).encode()),
            ("content-type", CONTENT_TYPE.encode()),
            *[(name, value.encode()) for name, value in optional if value is not None],
        ]

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes]]) -> Envelope:
        """Raises NotAnEvent when the required attributes are missing or unreadable."""
        found = _read(headers)
        if found.get("ce_specversion") != "1.0":
            raise NotAnEvent("header ce_specversion is not 1.0")
        for name in _REQUIRED:
            if not found.get(name):
                raise NotAnEvent(f"header {name} is missing")
        return cls(
            event_uuid(found["ce_source"], found["ce_id"]),
            found["ce_source"],
            found["ce_type"],
            parse_time(found["ce_time"]),
            found.get("ce_subject"),
            found.get("traceparent"),
            found.get("tracestate"),
        )


def _read(headers: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """The headers that matter, as text. A broken trace header is left out, as W3C asks; a `ce_` one is an error."""
    found = {}
    for name, value in headers:
        if name not in _READ and (name := name.lower()) not in _READ:
            continue
        try:
            text = (value or b"").decode()
        except UnicodeDecodeError:
            text = "\x00"
        if "\x00" not in text:
            found[name] = text
        elif name.startswith("ce_"):
            raise NotAnEvent(f"header {name} is not readable text")
    return found


def event_uuid(source: str, identifier: str) -> UUID:
    """A CloudEvents id as a UUID: a UUID stays itself, any other string is unique only together with its source."""
    try:
        return UUID(identifier)
    except ValueError:
        return uuid5(_FOREIGN_IDS, f"{source}\x1f{identifier}")


def parse_time(text: str) -> datetime:
    """RFC 3339 with an offset, in UTC. Raises NotAnEvent otherwise."""
    try:
        value = datetime.fromisoformat(text)
        if value.tzinfo is None:
            raise NotAnEvent("ce_time has no offset")
        return value.astimezone(UTC)
    except OverflowError as error:
        raise NotAnEvent("ce_time is out of range") from error
    except NotAnEvent:
        raise
    except ValueError as error:
        raise NotAnEvent("ce_time is not RFC 3339") from error


@dataclass(frozen=True)
class Outgoing:
    """A message ready for its topic. `value` is None for a tombstone."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers

    @classmethod
    def of(
        cls,
        topic: Topic,
        data: Contract,
        *,
        key: str,
        id: UUID,
        time: datetime,
        source: str,
        subject: str | None = None,
        traceparent: str | None = None,
    ) -> Outgoing:
        """Refuses data that is not what the topic carries."""
        if not isinstance(data, topic.model):
            raise TypeError(f"{topic.name} carries {topic.model.__name__}, not {type(data).__name__}")
        envelope = Envelope(id, source, topic.event_type, time, subject, traceparent)
        return cls(topic.name, key.encode(), data.to_json(), envelope.to_headers())
