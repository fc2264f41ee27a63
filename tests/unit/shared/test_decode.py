"""Whatever lies on a topic becomes a checked fact or a dead letter with its reason; nothing stops the batch."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.topics import TOPICS
from shared.messaging.decode import MAX_VALUE_BYTES, decode_all
from tests.support.golden import FACTS, Example
from tests.support.kafka_records import kafka_record, with_header

BY_NAME = {topic.name: topic for topic in TOPICS}
CANARY = "canario.privado@example.com +34600000009 "
ORDER = next(example for example in FACTS if example.case == "two_parcels")


def good(example: Example = ORDER, *, offset: int = 0) -> ConsumerRecord[bytes, bytes]:
    return kafka_record(example.topic.name, example.value, example.kafka_headers, offset=offset)


def altered(**change: Any) -> ConsumerRecord[bytes, bytes]:
    """The order with fields of its value replaced."""
    value = json.dumps({**ORDER.data, **change}).encode()
    return kafka_record(ORDER.topic.name, value, ORDER.kafka_headers)


def with_headers(name: str, value: bytes | None) -> ConsumerRecord[bytes, bytes]:
    return kafka_record(ORDER.topic.name, ORDER.value, with_header(ORDER.kafka_headers, name, value))


def with_value(value: bytes | None) -> ConsumerRecord[bytes, bytes]:
    return kafka_record(ORDER.topic.name, value, ORDER.kafka_headers)


POISON = {
    "no headers at all": (kafka_record(ORDER.topic.name, ORDER.value, []), "not an event: header ce_specversion"),
    "no id": (with_headers("ce_id", None), "not an event: header ce_id is missing"),
    "no time": (with_headers("ce_time", b"noon"), "not an event: ce_time is not RFC 3339"),
    "a type of the next version": (
        with_headers("ce_type", b"hito.order.v2"),
        "unknown type: hito.order.v2, this topic carries hito.order.v1",
    ),
    "a tombstone": (with_value(None), "no value: a tombstone has no meaning on this topic"),
    "nothing": (with_value(b""), "invalid: value: Invalid JSON"),
    "no JSON": (with_value(b"\xff\xfe"), "invalid: value: Invalid JSON"),
    "no object": (with_value(b"[1]"), "invalid: value: "),
    "too much": (with_value(b" " * (MAX_VALUE_BYTES + 1)), f"too large: {MAX_VALUE_BYTES + 1} bytes, at most"),
    "too deep": (with_value(b"[" * 100_000), "invalid: value: Invalid JSON"),
    "a wrong field": (altered(placed_at="noon"), "invalid: placed_at: Input should be a valid datetime"),
    "a wrong field inside": (
        altered(shipments=[{"carrier": "SEUR", "reference": "1"}]),
        "invalid: shipments.0.carrier: String should match",
    ),
    "a rule across fields": (altered(buyer={}), "invalid: value: Value error, buyer.email or buyer.phone"),
}


@pytest.mark.parametrize("case", POISON)
def test_what_can_never_be_taken_in_says_why(case: str) -> None:
    record, reason = POISON[case]
    decoded = decode_all([record], BY_NAME)
    assert decoded.deliveries == []
    (letter,) = decoded.dead
    assert letter.reason.startswith(reason)


@pytest.mark.parametrize("case", POISON)
def test_poison_in_the_middle_of_a_batch_leaves_its_neighbours_alone(case: str) -> None:
    decoded = decode_all([good(offset=1), POISON[case][0], good(offset=3)], BY_NAME)
    assert [delivery.offset for delivery in decoded.deliveries] == [1, 3]
    assert len(decoded.dead) == 1


def test_a_dead_letter_keeps_the_message_as_it_came() -> None:
    headers = [("ce_specversion", b"1.0"), ("x-binary", b"\x00\xff")]
    record = kafka_record(ORDER.topic.name, b"\xff\x00", headers, key=b"\x80", partition=3, offset=42)
    (letter,) = decode_all([record], BY_NAME).dead
    assert (letter.topic, letter.partition, letter.offset) == (ORDER.topic.name, 3, 42)
    assert (letter.key, letter.value, letter.headers) == (b"\x80", b"\xff\x00", headers)


def test_a_dead_letter_can_always_be_written_down() -> None:
    """PostgreSQL's text holds no NUL, and a dead letter that cannot be written would hold up its partition for good."""
    record = kafka_record(
        ORDER.topic.name,
        ORDER.value,
        with_header(with_header(ORDER.kafka_headers, "ce_type", b"hito\x00"), "traceparent", b"00-\x00"),
    )
    (letter,) = decode_all([record], BY_NAME).dead
    assert "\x00" not in letter.reason
    assert letter.traceparent is None


def leaves(node: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(node, dict | list):
        for name, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(child, (*place, name))
    else:
        yield place


@pytest.mark.parametrize("example", FACTS, ids=str)
@pytest.mark.parametrize(
    "put", [CANARY, CANARY * 90, {CANARY: CANARY}, [CANARY]], ids=["text", "long", "object", "list"]
)
def test_a_reason_never_repeats_what_stood_in_the_message(example: Example, put: Any) -> None:
    for place in leaves(example.data):
        data = copy.deepcopy(example.data)
        target = data
        for part in place[:-1]:
            target = target[part]
        target[place[-1]] = put
        record = kafka_record(example.topic.name, json.dumps(data).encode(), example.kafka_headers)
        for letter in decode_all([record], BY_NAME).dead:
            assert str(place[-1]) in letter.reason or str(place[0]) in letter.reason
            assert "canario" not in letter.reason
            assert "600000009" not in letter.reason


@settings(deadline=None)
@given(
    value=st.none() | st.binary(max_size=200), headers=st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=40)))
)
def test_no_bytes_whatsoever_stop_a_batch(value: bytes | None, headers: list[tuple[str, bytes]]) -> None:
    decoded = decode_all([kafka_record("shop.orders.v1", value, headers), good()], BY_NAME)
    assert len(decoded.dead) == 1
    assert len(decoded.deliveries) == 1


def test_a_fact_carries_where_it_lay_and_a_digest_of_its_content() -> None:
    (first, again, other) = decode_all([good(offset=7), good(offset=8), altered(sequence=4)], BY_NAME).deliveries
    assert (first.topic, first.partition, first.offset) == ("shop.orders.v1", 0, 7)
    assert first.identity == again.identity == other.identity
    assert first.digest == again.digest != other.digest
