"""What a consumer tells of a batch: links to whatever made each message, and each fact in its own trace.

A fact that is taken in gets a span below the message that carried it. What a handler makes of the fact (a step, the
ledger's rows) follows that span, so that the story goes on; the batch is told beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from shared.contracts.base import Contract
from shared.messaging.inbox import Delivery
from shared.observability import spans, tracing
from shared.observability.spans import Span, SpanKind

Deliveries = Sequence[Delivery[Contract]]


def processing(group: str, deliveries: Deliveries, count: int) -> AbstractContextManager[Span]:
    """From the batch being there to its offsets being committed."""
    return spans.root(
        f"process {group}",
        SpanKind.CONSUMER,
        _about("process", "process", group, count),
        links=filter(spans.keeps, (delivery.envelope.traceparent for delivery in deliveries)),
    )


def committing(group: str, count: int) -> AbstractContextManager[Span]:
    return spans.span(f"commit {group}", SpanKind.CLIENT, _about("commit", "settle", group, count))


class Facts:
    """The facts of one try at a batch, each on its own trace. `deliveries` are what the handler is to be given."""

    def __init__(self, group: str, deliveries: Deliveries) -> None:
        self.deliveries = deliveries
        self._spans: dict[tuple[str, int, int], Span] = {}
        if spans.on():
            self.deliveries = [self._follow(group, delivery) for delivery in deliveries]

    def _follow(self, group: str, delivery: Delivery[Contract]) -> Delivery[Contract]:
        if not spans.keeps(delivery.envelope.traceparent):
            return delivery
        begun = spans.begin(
            f"process {delivery.topic}",
            SpanKind.CONSUMER,
            {
                **_about("process", "process", group),
                "messaging.destination.name": delivery.topic,
                "messaging.destination.partition.id": str(delivery.partition),
                "messaging.kafka.offset": delivery.offset,
            },
            parent=delivery.envelope.traceparent,
            links=(tracing.current(),),
        )
        self._spans[_place(delivery)] = begun
        return delivery._replace(envelope=delivery.envelope._replace(traceparent=spans.traceparent_of(begun)))

    def became(self, deliveries: Deliveries, results: Sequence[str]) -> None:
        """The word for each: applied, stale, parked, duplicate."""
        for delivery, result in zip(deliveries, results, strict=True):
            if begun := self._spans.get(_place(delivery)):
                begun.set_attribute("hito.result", str(result))

    def end(self, error: BaseException | None = None) -> None:
        for begun in self._spans.values():
            spans.end(begun, error)


@contextmanager
def facts_of(group: str, deliveries: Deliveries) -> Iterator[Facts]:
    facts = Facts(group, deliveries)
    try:
        yield facts
    except BaseException as error:
        facts.end(error)
        raise
    facts.end()


def _place(delivery: Delivery[Contract]) -> tuple[str, int, int]:
    return delivery.topic, delivery.partition, delivery.offset


def _about(name: str, kind: str, group: str, count: int | None = None) -> dict[str, str | int]:
    about: dict[str, str | int] = {
        "messaging.system": "kafka",
        "messaging.operation.name": name,
        "messaging.operation.type": kind,
        "messaging.consumer.group.name": group,
    }
    return about if count is None else {**about, "messaging.batch.message_count": count}
