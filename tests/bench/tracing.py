"""What following messages costs a consumer, off and on. Baseline: decoding the same messages, which it does anyway."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from aiokafka import ConsumerRecord
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from shared.contracts.base import Contract
from shared.contracts.envelope import Outgoing
from shared.contracts.topics import CARRIER_SHIPMENTS, TRACKING_STEPS
from shared.messaging.decode import decode_all
from shared.messaging.inbox import Delivery
from shared.messaging.traced import facts_of, processing
from shared.observability import spans, tracing
from shared.observability.otlp import MOST_WAITING
from tests.bench.rows import Row, best_microseconds
from tests.support.deliveries import at, scan

FACTS, ONE_IN = 500, 20


class _Nowhere(SpanExporter):
    """Takes spans and forgets them: writing them down and the network are another thread's work."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS


def measure() -> list[Row]:
    topics = {CARRIER_SHIPMENTS.name: CARRIER_SHIPMENTS}
    every = [_record(nth, kept=True) for nth in range(FACTS)]
    some = [_record(nth, kept=nth % ONE_IN == 0) for nth in range(FACTS)]
    decode = best_microseconds(lambda: decode_all(every, topics), times=20)
    all_kept, few_kept = (decode_all(records, topics).deliveries for records in (every, some))
    off = best_microseconds(partial(_follow, all_kept), times=20)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_Nowhere(), max_queue_size=MOST_WAITING))
    with spans.recorded_by(provider):
        on = best_microseconds(partial(_follow, all_kept), times=20)
        sampled = best_microseconds(partial(_follow, few_kept), times=20)
    provider.shutdown()
    case, baseline = f"follow {FACTS} facts, a step each", f"decoding {FACTS} facts"
    return [
        Row("tracing", f"{case}, off", off, "us", decode, baseline),
        Row("tracing", f"{case}, one in {ONE_IN}", sampled, "us", decode, baseline),
        Row("tracing", f"{case}, on", on, "us", decode, baseline),
    ]


def _follow(deliveries: Sequence[Delivery[Contract]]) -> None:
    with processing("tracking", deliveries, FACTS), facts_of("tracking", deliveries) as facts:
        for delivery in facts.deliveries:
            spans.created(TRACKING_STEPS.name, delivery.envelope.traceparent)
        facts.became(facts.deliveries, ["applied"] * FACTS)


def _record(nth: int, *, kept: bool) -> ConsumerRecord:
    event = scan("in_transit", 6, of=("seur", f"P{nth}"))
    sent = Outgoing.of(
        CARRIER_SHIPMENTS,
        event,
        key=event.key,
        id=event.event_id,
        time=at(6),
        source="/carriers/seur",
        traceparent=tracing.new_trace()[:-2] + ("01" if kept else "00"),
    )
    return ConsumerRecord(sent.topic, 0, nth, -1, 0, sent.key, sent.value, None, 0, 0, sent.headers)
