"""From Kafka's bytes to a checked fact, or to the reason why it is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiokafka import ConsumerRecord
from pydantic import ValidationError

from shared.contracts.base import Contract, decode
from shared.contracts.envelope import Envelope, NotAnEvent
from shared.contracts.topics import Topic
from shared.messaging.dead_letters import DeadLetter
from shared.messaging.failures import Poison
from shared.messaging.inbox import Delivery, digest_of

MAX_VALUE_BYTES = 1024 * 1024


@dataclass
class Decoded:
    deliveries: list[Delivery[Contract]] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)


def decode_all(records: Iterable[ConsumerRecord], topics: Mapping[str, Topic]) -> Decoded:
    """Decode a batch. What cannot be decoded becomes a dead letter; the rest is untouched by it."""
    decoded = Decoded()
    for record in records:
        try:
            decoded.deliveries.append(_decode_one(record, topics[record.topic]))
        except Poison as poison:
            decoded.dead.append(dead_letter(record, str(poison)))
    return decoded


def dead_letter(record: ConsumerRecord, reason: str) -> DeadLetter:
    headers = [(str(name), bytes(value or b"")) for name, value in record.headers]
    printable = reason.replace("\x00", "")  # PostgreSQL's text holds no NUL, and a dead letter has to be written
    return DeadLetter(record.topic, record.partition, record.offset, record.key, record.value, headers, printable)


def _decode_one(record: ConsumerRecord, topic: Topic) -> Delivery[Contract]:
    try:
        envelope = Envelope.from_headers(record.headers)
    except NotAnEvent as error:
        raise Poison(f"not an event: {error}") from error
    if envelope.type != topic.event_type:
        raise Poison(f"unknown type: {envelope.type[:80]}, this topic carries {topic.event_type}")
    if record.value is None:
        raise Poison("no value: a tombstone has no meaning on this topic")
    if len(record.value) > MAX_VALUE_BYTES:
        raise Poison(f"too large: {len(record.value)} bytes, at most {MAX_VALUE_BYTES}")
    try:
        data = decode(topic.model, record.value)
    except ValidationError as error:
        raise Poison(f"invalid: {_first_problem(error)}") from error
    digest, heard_at = digest_of(record.value), _heard_at(record.timestamp)
    return Delivery(record.topic, record.partition, record.offset, envelope, data, digest, heard_at=heard_at)


def _heard_at(timestamp_ms: int) -> datetime | None:
    """Kafka's own stamp; -1 on a record that has none."""
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC) if timestamp_ms >= 0 else None


def _first_problem(error: ValidationError) -> str:
    """The field and what is wrong with it, without its value: dead letters are read by operators."""
    first: Sequence[object] | object = error.errors(include_url=False, include_input=False, include_context=False)[0]
    assert isinstance(first, dict)
    where = ".".join(str(part) for part in first["loc"]) or "value"
    return f"{where}: {first['msg']}"[:200]
