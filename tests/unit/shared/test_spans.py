"""Spans tell what happened and nothing about anybody; while nobody records them they are as good as not there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.trace import SpanKind, StatusCode

from shared.contracts.base import Contract
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARRIER_SHIPMENTS
from shared.health import Health
from shared.messaging.inbox import Delivery
from shared.messaging.traced import facts_of, processing
from shared.observability import spans, tracing
from shared.web import create_app
from tests.support.deliveries import SEUR, delivery, scan
from tests.support.recorded_spans import RecordedSpans, links_of, place_of, recorded_spans

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
GIVEN_PLACE = (0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7)


@pytest.fixture
def recorded() -> Iterator[RecordedSpans]:
    with recorded_spans() as kept:
        yield kept


def fact(traceparent: str | None = GIVEN) -> Delivery[Contract]:
    """A scan that came with this context."""
    made: Delivery[Contract] = delivery(scan("in_transit", 6))
    return made._replace(envelope=made.envelope._replace(traceparent=traceparent))


def test_a_span_inside_another_is_below_it_and_what_comes_after_is_not(recorded: RecordedSpans) -> None:
    with spans.root("poll seur", SpanKind.CLIENT) as outer, spans.span("send", SpanKind.PRODUCER):
        assert tracing.current() != spans.traceparent_of(outer)
    assert tracing.current() is None
    inner, beginning = recorded.all
    assert recorded.back_from(inner) == [inner, beginning]
    assert beginning.parent is None


def test_a_message_goes_on_in_the_trace_it_was_born_in(recorded: RecordedSpans) -> None:
    born = spans.created("tracking.steps.v1", GIVEN)
    (create,) = recorded.named("create tracking.steps.v1")
    assert create.parent is not None
    assert (create.parent.trace_id, create.parent.span_id) == GIVEN_PLACE
    assert tracing.trace_id(born) == tracing.trace_id(GIVEN)
    assert tracing.span_id(born) == f"{place_of(create)[1]:016x}"


def test_of_an_error_its_type_is_told_and_not_its_text(recorded: RecordedSpans) -> None:
    with pytest.raises(ValueError, match="lucia"), spans.root("freeze message", SpanKind.INTERNAL):
        raise ValueError("lucia@example.com is no address")
    (span,) = recorded.all
    assert span.status.status_code is StatusCode.ERROR
    assert dict(span.attributes or {}) == {"error.type": "ValueError"}
    assert "lucia" not in span.to_json()


def test_a_batch_is_a_trace_of_its_own_that_names_what_each_of_its_messages_came_from(recorded: RecordedSpans) -> None:
    with processing("tracking", [fact(), fact(None), fact()], 3):
        pass
    (batch,) = recorded.all
    assert batch.parent is None
    assert links_of(batch) == {GIVEN_PLACE}
    assert (batch.attributes or {})["messaging.batch.message_count"] == 3


def test_a_fact_is_told_below_its_message_with_what_became_of_it(recorded: RecordedSpans) -> None:
    with processing("tracking", [fact()], 1), facts_of("tracking", [fact()]) as facts:
        (followed,) = facts.deliveries
        facts.became([followed], ["applied"])
    taken, batch = recorded.all
    assert taken.name == f"process {CARRIER_SHIPMENTS.name}"
    assert taken.parent is not None
    assert (taken.parent.trace_id, taken.parent.span_id) == GIVEN_PLACE
    assert links_of(taken) == {place_of(batch)}
    assert (taken.attributes or {})["hito.result"] == "applied"
    assert tracing.span_id(followed.envelope.traceparent) == f"{place_of(taken)[1]:016x}"
    assert SEUR[1] not in taken.to_json()


def test_facts_of_a_try_that_failed_say_so(recorded: RecordedSpans) -> None:
    with pytest.raises(ConnectionError), facts_of("tracking", [fact(), fact()]):
        raise ConnectionError("10.0.0.7")
    assert [span.status.status_code for span in recorded.all] == [StatusCode.ERROR] * 2


def test_while_nobody_records_facts_stay_as_they_came_and_a_trace_is_passed_on() -> None:
    given = [fact()]
    with processing("tracking", given, 1), facts_of("tracking", given) as facts:
        assert facts.deliveries is given
    with spans.span("send smtp", SpanKind.CLIENT, parent=GIVEN) as silent:
        assert tracing.current() == GIVEN
        assert not silent.is_recording()
    assert tracing.trace_id(spans.created("tracking.steps.v1", GIVEN)) == tracing.trace_id(GIVEN)


async def test_a_caller_decides_neither_our_trace_nor_whether_it_is_kept(recorded: RecordedSpans) -> None:
    app = create_app("example", Health())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as client:
        await client.get("/nowhere", headers={"traceparent": GIVEN[:-2] + "00"})
        await client.get("/livez")
    (request,) = recorded.all
    assert request.name == "GET unmatched"
    assert request.parent is None
    assert links_of(request) == {GIVEN_PLACE}
    assert (request.attributes or {})["http.response.status_code"] == 404


def test_a_process_that_exports_nothing_does_not_even_load_the_sdk() -> None:
    look = "import json, sys, shared.processes; print(json.dumps([m for m in sys.modules if 'telemetry.sdk' in m]))"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(found.stdout) == []


def test_headers_of_a_broken_trace_begin_a_new_one(recorded: RecordedSpans) -> None:
    envelope = Envelope.from_headers([*fact().envelope._replace(traceparent=None).to_headers(), ("traceparent", b"no")])
    with facts_of("tracking", [fact()._replace(envelope=envelope)]):
        pass
    assert recorded.all[0].parent is None


def test_a_story_that_its_first_process_did_not_keep_is_kept_by_nobody_and_goes_on_all_the_same(
    recorded: RecordedSpans,
) -> None:
    not_kept = GIVEN[:-2] + "00"
    with processing("tracking", [fact(not_kept)], 1), facts_of("tracking", [fact(not_kept)]) as facts:
        (followed,) = facts.deliveries
        born = spans.created("tracking.steps.v1", followed.envelope.traceparent)
    (batch,) = recorded.all
    assert links_of(batch) == set()
    assert (tracing.trace_id(born), born[-2:]) == (tracing.trace_id(GIVEN), "00")
