"""An event goes through Kafka's headers and comes out as it was; what is no event says why."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.envelope import Envelope, NotAnEvent, Outgoing, event_uuid, parse_time
from shared.contracts.topics import CARRIER_SHIPMENTS, SHOP_ORDERS
from tests.support.golden import FACTS
from tests.support.kafka_records import with_header

MOMENT = datetime(2026, 3, 24, 9, 15, 0, 250_000, tzinfo=UTC)
FULL = Envelope(
    UUID("5f0c9a52-7d0b-4a43-9d3e-2f6b1c8e4a11"),
    "/shops/demo",
    "hito.order.v1",
    MOMENT,
    subject="A-1001, Cádiz",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    tracestate="faro=1",
)
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=50)


@settings(deadline=None)
@given(
    identifier=st.uuids(),
    source=words,
    kind=words,
    time=st.datetimes(timezones=st.just(UTC)),
    subject=st.none() | words,
)
def test_an_envelope_comes_back_from_its_headers_as_it_was(
    identifier: UUID, source: str, kind: str, time: datetime, subject: str | None
) -> None:
    envelope = Envelope(identifier, source, kind, time, subject)
    assert Envelope.from_headers(envelope.to_headers()) == envelope


def test_headers_are_those_of_a_cloudevent_in_binary_mode() -> None:
    assert dict(FULL.to_headers()) == {
        "ce_specversion": b"1.0",
        "ce_id": b"5f0c9a52-7d0b-4a43-9d3e-2f6b1c8e4a11",
        "ce_source": b"/shops/demo",
        "ce_type": b"hito.order.v1",
        "ce_time": b"2026-03-24T09:15:00.250000Z",
        "ce_subject": "A-1001, Cádiz".encode(),
        "content-type": b"application/json",
        "traceparent": b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "tracestate": b"faro=1",
    }


def test_header_names_are_read_in_any_case_and_headers_of_others_are_passed_over() -> None:
    headers = [(name.upper(), value) for name, value in FULL.to_headers()]
    assert Envelope.from_headers([("x-retry-count", b"\xff\x00\x80"), *headers]) == FULL


@pytest.mark.parametrize("missing", ["ce_id", "ce_source", "ce_type", "ce_time"])
def test_a_missing_header_is_named(missing: str) -> None:
    for value in (None, b""):
        with pytest.raises(NotAnEvent, match=f"^header {missing} is missing$"):
            Envelope.from_headers(with_header(FULL.to_headers(), missing, value))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ce_specversion", b"0.3", "ce_specversion is not 1.0"),
        ("ce_specversion", None, "ce_specversion is not 1.0"),
        ("ce_source", b"\xff", "ce_source is not readable"),
        ("ce_type", b"hito.order.v1\x00", "ce_type is not readable"),
        ("ce_time", b"2026-03-24T09:15:00", "has no offset"),
        ("ce_time", b"yesterday", "not RFC 3339"),
        ("ce_time", b"0001-01-01T00:00:00+14:00", "out of range"),
        ("ce_time", b"9999-12-31T23:59:59-14:00", "out of range"),
    ],
)
def test_a_header_that_cannot_be_read_is_named(name: str, value: bytes | None, says: str) -> None:
    with pytest.raises(NotAnEvent, match=says):
        Envelope.from_headers(with_header(FULL.to_headers(), name, value))


@pytest.mark.parametrize("broken", [b"\xff", b"00-\x00"])
def test_a_broken_trace_header_is_left_out_and_the_event_stands(broken: bytes) -> None:
    read = Envelope.from_headers(with_header(FULL.to_headers(), "traceparent", broken))

    assert read.traceparent is None
    assert read.id == FULL.id


def test_why_a_time_is_refused_does_not_repeat_what_stood_there() -> None:
    with pytest.raises(NotAnEvent) as refused:
        parse_time("lucia@example.com")
    assert "lucia" not in str(refused.value)


@pytest.mark.parametrize("written", ["2026-03-24T10:15:00+01:00", "2026-03-24T09:15:00Z", "2026-03-24T09:15:00.000Z"])
def test_one_instant_written_in_three_ways_is_one_instant(written: str) -> None:
    assert parse_time(written) == datetime(2026, 3, 24, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize("identifier", ["01HSPX6G7K8Q2M4N5P6R7S8T9V", "7", "orden-ñ"])
def test_an_id_that_is_no_uuid_is_one_event_of_its_source_and_another_of_another(identifier: str) -> None:
    assert event_uuid("/shops/a", identifier) == event_uuid("/shops/a", identifier)
    assert event_uuid("/shops/a", identifier) != event_uuid("/shops/b", identifier)


def test_an_id_that_is_a_uuid_stays_itself() -> None:
    identifier = uuid4()
    assert event_uuid("/shops/a", str(identifier).upper()) == identifier


def test_source_and_id_cannot_be_shifted_into_each_other() -> None:
    assert event_uuid("/shops/a", "b") != event_uuid("/shops/", "ab")


def test_a_message_carries_only_what_its_topic_is_for() -> None:
    scan = next(e for e in FACTS if e.topic is CARRIER_SHIPMENTS)
    data = CARRIER_SHIPMENTS.model.model_validate(scan.data)
    with pytest.raises(TypeError, match=r"shop\.orders\.v1 carries Order, not ShipmentEvent"):
        Outgoing.of(SHOP_ORDERS, data, key=scan.key, id=FULL.id, time=MOMENT, source="/carriers/seur")
