"""The golden examples are what producers make and what consumers read, today's and yesterday's."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import jsonschema  # type: ignore[import-untyped]
import pytest
from pydantic import ValidationError

from services.carrier_gateway.polling.board import Board
from shared.contracts.base import decode
from shared.contracts.envelope import Envelope, Outgoing
from shared.contracts.json_schemas import FOLDER as SCHEMAS
from shared.contracts.topics import TOPICS, TRACKING_WATCHES, Topic
from shared.messaging.decode import decode_all
from tests.support.golden import EXAMPLES, FACTS, TOMBSTONES, Example, grown
from tests.support.kafka_records import kafka_record

BY_NAME = {topic.name: topic for topic in TOPICS}
each_topic = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
each_fact = pytest.mark.parametrize("example", FACTS, ids=str)


@each_topic
def test_every_topic_shows_what_travels_on_it(topic: Topic) -> None:
    assert len([example for example in EXAMPLES if example.topic is topic]) >= 2


@each_fact
def test_an_example_is_what_a_producer_may_send(example: Example) -> None:
    example.topic.model.model_validate(example.data, strict=False)
    assert example.headers["ce_type"] == example.topic.event_type
    assert set(example.headers) <= {name for name, _ in _full_envelope().to_headers()}


@each_fact
def test_a_producer_refuses_a_field_that_the_contract_does_not_know(example: Example) -> None:
    for place, data in grown(example.data):
        with pytest.raises(ValidationError) as refused:
            example.topic.model.model_validate_json(json.dumps(data))
        kinds = {error["type"] for error in refused.value.errors()}
        assert "extra_forbidden" in kinds, place


@each_fact
def test_the_key_and_the_id_of_an_example_are_those_that_its_facts_give(example: Example) -> None:
    data: Any = decode(example.topic.model, example.value or b"")
    assert example.key == data.key
    if "shop" not in example.topic.producers:  # a shop may use ids of its own
        assert UUID(example.headers["ce_id"]) == data.event_id


@each_fact
def test_publishing_the_facts_of_an_example_gives_the_example_again(example: Example) -> None:
    envelope = Envelope.from_headers(example.kafka_headers)
    data = decode(example.topic.model, example.value or b"")
    message = Outgoing.of(
        example.topic,
        data,
        key=example.key,
        id=envelope.id,
        time=envelope.time,
        source=envelope.source,
        subject=envelope.subject,
        traceparent=envelope.traceparent,
    )
    assert dict(message.headers) == {**dict(example.kafka_headers), "ce_id": str(envelope.id).encode()}
    assert decode(example.topic.model, message.value or b"") == data
    assert _contains(json.loads(message.value or b""), example.data)


@each_topic
def test_whoever_consumes_a_topic_reads_every_example_of_it(topic: Topic) -> None:
    examples = [example for example in FACTS if example.topic is topic]
    records = [kafka_record(topic.name, example.value, example.kafka_headers) for example in examples]
    decoded = decode_all(records, BY_NAME)
    assert decoded.dead == []
    assert [delivery.data for delivery in decoded.deliveries] == [
        topic.model.model_validate(example.data) for example in examples
    ]


@each_fact
def test_a_consumer_reads_an_event_to_which_next_year_added_a_field(example: Example) -> None:
    expected = decode(example.topic.model, example.value or b"")
    for place, data in grown(example.data):
        record = kafka_record(example.topic.name, json.dumps(data).encode(), example.kafka_headers)
        decoded = decode_all([record], BY_NAME)
        assert [letter.reason for letter in decoded.dead] == [], place
        assert decoded.deliveries[0].data == expected, place


@each_fact
def test_an_example_fits_the_committed_schema(example: Example) -> None:
    schema = json.loads((SCHEMAS / f"{example.topic.name}.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in validator.iter_errors(example.data)] == []


def test_only_a_compacted_topic_has_tombstones() -> None:
    assert {example.topic.name for example in TOMBSTONES} <= {t.name for t in TOPICS if t.retention is None}
    assert TOMBSTONES


def test_the_gateway_follows_a_watch_from_its_beginning_to_its_tombstone() -> None:
    board, now = Board(), datetime(2026, 3, 24, 20, tzinfo=UTC)
    board.hold([0], 1)
    partition = board.partitions[0]
    watches = {example.case: example for example in EXAMPLES if example.topic is TRACKING_WATCHES}
    for case in ("begins", "moves"):
        board.apply_watch(0, watches[case].key, watches[case].value, None)
        (parcel,) = partition.of("dhl")
        assert parcel.watch.reference == "JD014600000012345678"
    partition.complete = True
    assert board.worthiest("dhl", 250, now, ZoneInfo("Europe/Madrid")) is not None
    board.apply_watch(0, watches["ends"].key, watches["ends"].value, None)
    assert board.worthiest("dhl", 250, now, ZoneInfo("Europe/Madrid")) is None


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_names_nobody_who_exists(example: Example) -> None:
    text = json.dumps([example.key, example.headers, example.data], ensure_ascii=False)
    assert set(re.findall(r"@([\w.-]+)", text)) <= {"example.com"}
    assert all(phone.startswith(("+346000000", "+34 910 000 ")) for phone in re.findall(r"\+\d[\d ]{7,}", text))
    assert {host for host in re.findall(r"https?://([\w.-]+)", text) if not host.endswith(".example")} == set()


def _full_envelope() -> Envelope:
    now = datetime(2026, 3, 24, tzinfo=UTC)
    return Envelope(UUID(int=1), "/x", "x", now, subject="x", traceparent="x", tracestate="x")


def _contains(whole: Any, part: Any) -> bool:
    """Everything in `part` is in `whole`, which may say more (defaults); instants may be written another way."""
    if isinstance(part, dict):
        return all(name in whole and _contains(whole[name], value) for name, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(_contains(w, p) for w, p in zip(whole, part, strict=True))
    if isinstance(part, str) and re.match(r"\d{4}-\d\d-\d\dT", part):
        return datetime.fromisoformat(whole) == datetime.fromisoformat(part)
    return bool(whole == part)
