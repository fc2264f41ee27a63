"""What who publishes tells of it; apart from traced.py, as the gateway publishes and has no database."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from shared.contracts.envelope import Outgoing
from shared.observability import spans
from shared.observability.spans import Attributes, Span, SpanKind


def sending(messages: Sequence[Outgoing], service: str) -> AbstractContextManager[Span]:
    """The relay's batch. The messages keep the contexts they were born with."""
    attributes: Attributes = {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.batch.message_count": len(messages),
    }
    return spans.root(
        f"send outbox of {service}", SpanKind.CLIENT, attributes, links=filter(spans.keeps, map(_origin, messages))
    )


def publishing(topic: str, count: int) -> AbstractContextManager[Span]:
    """What is published at once, not through an outbox. Messages made inside carry this span's context."""
    attributes: Attributes = {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": topic,
        "messaging.batch.message_count": count,
    }
    return spans.span(f"send {topic}", SpanKind.PRODUCER, attributes)


def _origin(message: Outgoing) -> str | None:
    return next((value.decode("latin-1") for name, value in message.headers if name == "traceparent"), None)
