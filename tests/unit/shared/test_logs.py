"""A log line is found by machines and gives nobody away."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.observability import spans
from shared.observability.logs import FIELDS, configure_logs, get_logger

EMAIL, PHONE, REFERENCE = "canario@example.com", "+34 600 000 009", "12345678901234"
CANARIES = (EMAIL, PHONE, REFERENCE, "canario", "600 000 009", "600000009")
Logged = Callable[[], str]


def lines(logged: Logged) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged().splitlines()]


def test_a_line_says_when_who_what_and_how_bad(logged: Logged) -> None:
    get_logger().warning("consumer_waits", topic="shop.orders.v1", count=3)
    (line,) = lines(logged)
    assert line.pop("ts").endswith("Z")
    assert line == {
        "event": "consumer_waits",
        "level": "warning",
        "service": "example",
        "topic": "shop.orders.v1",
        "count": 3,
    }


@pytest.mark.parametrize("field", ["email", "phone", "reference", "name", "url", "token", "body", "buyer", "address"])
def test_a_field_that_is_not_on_the_list_is_dropped_and_the_loss_is_seen(field: str, logged: Logged) -> None:
    get_logger().info("message_sent", **{field: "canario"}, count=1)
    (line,) = lines(logged)
    assert field not in line
    assert line["missing"] == 1
    assert line["count"] == 1


@pytest.mark.parametrize("field", sorted(FIELDS - {"ts", "level", "service", "event", "missing"}))
@pytest.mark.parametrize(
    "value",
    [
        f"could not send to {EMAIL}",
        [EMAIL],
        {"to": {EMAIL: EMAIL}},
        ValueError(EMAIL),
        EMAIL.encode(),
    ],
    ids=["text", "list", "table", "exception", "bytes"],
)
def test_a_mail_address_gets_out_through_no_field(field: str, value: object, logged: Logged) -> None:
    get_logger().info("message_sent", **{field: value})
    assert "canario" not in logged()


@pytest.mark.parametrize("field", ["reason", "code", "provider", "handler", "status", "carrier", "shop", "step"])
@pytest.mark.parametrize("number", [PHONE, "+34600000009", "600-000-009", "(600) 000 009", REFERENCE])
def test_a_number_that_could_be_a_phone_gets_out_through_no_free_field(field: str, number: str, logged: Logged) -> None:
    get_logger().info("message_sent", **{field: f"refused: {number}"}, attempt=[number])
    assert not any(canary in logged() for canary in (*CANARIES, number))


def test_ids_times_and_counts_stay_readable(logged: Logged) -> None:
    message = UUID("5f0c9a52-7d0b-4a43-9d3e-2f6b1c8e4a11")
    get_logger().info("message_sent", message_id=message, offset=123456789012, size=1048576000, seconds=0.25)
    (line,) = lines(logged)
    assert line["message_id"] == str(message)
    assert (line["offset"], line["size"], line["seconds"]) == (123456789012, 1048576000, 0.25)


def test_a_duration_is_written_as_text_rather_than_lost(logged: Logged) -> None:
    get_logger().info("consumer_waits", lag=timedelta(minutes=2))
    assert lines(logged)[0]["lag"] == "0:02:00"


def test_an_exception_is_told_by_its_class_and_place_never_by_its_text(logged: Logged) -> None:
    try:
        raise ValueError(f"cannot write to {EMAIL}, parcel {REFERENCE}") from KeyError(PHONE)
    except ValueError as error:
        get_logger().error("batch_failed", exc_info=error)
        get_logger().exception("batch_failed")
    given, found = lines(logged)
    for line in (given, found):
        assert line["error_type"] == "ValueError"
        assert "test_logs.py" in line["where"]
        assert "never_by_its_text" in line["where"]
    assert not any(canary in logged() for canary in CANARIES)


def test_what_a_library_warns_of_is_told_by_where_it_did_never_by_its_text(logged: Logged) -> None:
    library = logging.getLogger("aiokafka.producer")
    library.warning("message for %s could not be sent", EMAIL)
    try:
        raise ConnectionError(PHONE)
    except ConnectionError:
        library.exception("lost %s", REFERENCE)
    library.info("not told at all")
    warned, failed = lines(logged)
    assert warned["event"] == failed["event"] == "library_warning"
    assert (warned["level"], failed["level"]) == ("warning", "error")
    assert warned["where"].startswith("aiokafka.producer:")
    assert failed["error_type"] == "ConnectionError"
    assert not any(canary in logged() for canary in CANARIES)


def test_a_level_holds_back_what_is_below_it(logged: Logged, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("example", "WARNING")
    get_logger().info("batch_sent")
    get_logger().error("batch_failed")
    said = capsys.readouterr().err
    assert "batch_failed" in said
    assert "batch_sent" not in said


@pytest.mark.parametrize("phone", ["600000009", "+600000009", "60 000 009"])
def test_the_shortest_phones_do_not_get_out_even_when_they_stand_alone(phone: str, logged: Logged) -> None:
    get_logger().info("message_sent", reason=phone)
    assert lines(logged)[0]["reason"] == "[redacted]"


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_line_names_the_trace_and_the_span_that_it_belongs_to(logged: Logged) -> None:
    with spans.span("send smtp", spans.SpanKind.CLIENT, parent=TRACE):
        get_logger().info("message_sent", count=1)
        get_logger().info("message_verdict", trace_id="another")
    get_logger().info("relay_leads")
    inside, another, outside = lines(logged)
    assert (inside["trace_id"], inside["span_id"]) == ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
    assert another["trace_id"] == "another"
    assert "trace_id" not in outside
