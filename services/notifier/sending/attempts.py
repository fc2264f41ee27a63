"""What goes out to a provider and comes back from it, each told in the trace of the step that the message tells of.

The span of an attempt is the end of the story that began with a carrier's webhook or a shop's order.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from uuid import UUID

from opentelemetry.trace import StatusCode

from services.notifier.channels.base import (
    ChannelAdapter,
    OutcomeClass,
    Request,
    SendResult,
    ask_about,
    send_timed,
)
from shared.database import Row
from shared.observability import spans, tracing
from shared.observability.spans import Span, SpanKind


def freezing(row: Row) -> AbstractContextManager[Span]:
    """Rendering a message into the bytes that will go out."""
    about = {"hito.message_id": str(row["id"]), "hito.channel": row["channel"], "hito.step": row["step"]}
    return spans.span("freeze message", SpanKind.INTERNAL, about, parent=row["traceparent"])


async def attempt(adapter: ChannelAdapter, row: Row) -> SendResult:
    """One attempt with the frozen bytes."""
    message: UUID = row["id"]
    about = {**_about(adapter, message), "hito.attempt": row["attempts"] + 1}
    with spans.span(f"send {adapter.provider}", SpanKind.CLIENT, about, parent=row["traceparent"]) as span:
        result = await send_timed(adapter, Request(row["address"], bytes(row["request"])), message)
        _tell(span, result)
    return result


async def look_up(adapter: ChannelAdapter, row: Row) -> SendResult | None:
    """Ask the provider what became of a message in doubt; also of one whose contact was erased meanwhile."""
    message: UUID = row["id"]
    name, request = f"look up {adapter.provider}", Request(row["address"] or "", bytes(row["request"] or b""))
    with spans.span(name, SpanKind.CLIENT, _about(adapter, message), parent=row["traceparent"]) as span:
        answer = await ask_about(adapter, request, message)
        if answer is not None:
            _tell(span, answer)
    return answer


def reporting(provider: str, verdict: str, row: Row) -> AbstractContextManager[Span]:
    """A receipt, in the trace of the message it speaks of, with a link to the request that brought it."""
    about = {"hito.message_id": str(row["id"]), "hito.provider": provider, "hito.verdict": str(verdict)}
    brought_by = (tracing.current(),)
    return spans.span(f"receipt {provider}", SpanKind.CONSUMER, about, parent=row["traceparent"], links=brought_by)


def _about(adapter: ChannelAdapter, message: UUID) -> dict[str, str | int]:
    return {"hito.message_id": str(message), "hito.provider": adapter.provider, "hito.channel": adapter.channel.value}


def _tell(span: Span, result: SendResult) -> None:
    span.set_attribute("hito.outcome_class", result.outcome.value)
    if result.outcome is not OutcomeClass.ACCEPTED:
        span.set_attribute("error.type", result.reason)
        span.set_status(StatusCode.ERROR)
