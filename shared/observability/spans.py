"""Spans of OpenTelemetry, drawn by hand where something leaves, arrives or is decided: from webhook to provider.

What one message goes through stays in that message's own trace, whatever batch it travels in; a batch is a trace of its
own, with a link to each message. The traceparent in headers, outbox and ledger is what ties the processes together.
Off unless `recorded_by` is given a provider; the SDK is not even loaded then, and a span only passes on what trace the
running task belongs to. Attributes hold names, counts, verdicts and our own message ids: no order, address or payload;
of an error its type, never its text.

Not drawn: waiting for records, and what a shop or buyer only reads from the database.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext

from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    TracerProvider,
    set_span_in_context,
)
from opentelemetry.util.types import AttributeValue

from shared.observability import tracing

__all__ = [
    "Attributes",
    "Span",
    "SpanKind",
    "begin",
    "created",
    "end",
    "keeps",
    "on",
    "recorded_by",
    "root",
    "span",
    "unseen",
]

Attributes = Mapping[str, AttributeValue]
_NO_PARENT = set_span_in_context(INVALID_SPAN)
_NOTHING: AbstractContextManager[Span] = nullcontext(INVALID_SPAN)
_recorder: list[Tracer] = []
_SAMPLED = "13579bdf"


@contextlib.contextmanager
def recorded_by(provider: TracerProvider) -> Iterator[None]:
    """Until the end of the block every span of this OS process goes to this provider."""
    _recorder.append(provider.get_tracer("hito"))
    try:
        yield
    finally:
        _recorder.pop()


def on() -> bool:
    return bool(_recorder)


def keeps(traceparent: str | None) -> bool:
    """Whether spans of this story are kept: its first process decides that for all. One yet to begin may be."""
    return tracing.valid(traceparent) is None or traceparent is None or traceparent[-1] in _SAMPLED


def span(
    name: str,
    kind: SpanKind,
    attributes: Attributes | None = None,
    *,
    parent: str | None = None,
    links: Iterable[str | None] = (),
) -> AbstractContextManager[Span]:
    """What happens in the block, below `parent`, else below the current span. `links` are read only while on."""
    if _recorder:
        return _entered(begin(name, kind, attributes, parent=parent or tracing.current(), links=links))
    return _NOTHING if parent is None else _Following(parent)


def root(
    name: str, kind: SpanKind, attributes: Attributes | None = None, links: Iterable[str | None] = ()
) -> AbstractContextManager[Span]:
    """The beginning of a story of our own."""
    if _recorder:
        return _entered(begin(name, kind, attributes, links=links))
    return _Following(tracing.new_trace())


def unseen() -> AbstractContextManager[Span]:
    """For what is asked every few seconds and tells no story."""
    return _NOTHING


def begin(
    name: str,
    kind: SpanKind,
    attributes: Attributes | None = None,
    *,
    parent: str | None = None,
    links: Iterable[str | None] = (),
) -> Span:
    """A span that whoever called ends with `end`. Only while this is on."""
    above = _context_of(parent)
    return _recorder[-1].start_span(
        name,
        context=_NO_PARENT if above is None else set_span_in_context(NonRecordingSpan(above)),
        kind=kind,
        attributes=attributes,
        links=[Link(found) for link in dict.fromkeys(links) if (found := _context_of(link)) is not None],
    )


def end(span: Span, error: BaseException | None = None) -> None:
    if error is not None:
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(StatusCode.ERROR)
    span.end()


def created(destination: str, parent: str | None) -> str:
    """The context that a message for this topic is born with and keeps, however late it is sent."""
    if not _recorder or not keeps(parent):
        return tracing.child_of(parent)
    attributes = {
        "messaging.system": "kafka",
        "messaging.operation.name": "create",
        "messaging.operation.type": "create",
        "messaging.destination.name": destination,
    }
    born = begin(f"create {destination}", SpanKind.PRODUCER, attributes, parent=parent)
    born.end()
    return traceparent_of(born)


def traceparent_of(span: Span) -> str:
    found = span.get_span_context()
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"


@contextlib.contextmanager
def _entered(begun: Span) -> Iterator[Span]:
    """Tells the type of what was raised, not its text: that may quote data."""
    with _Following(traceparent_of(begun)):
        try:
            yield begun
        except BaseException as error:
            end(begun, error)
            raise
        end(begun)


class _Following(AbstractContextManager[Span]):
    """A span that is not recorded: in the block the running task belongs to this trace."""

    __slots__ = ("_before", "_traceparent")

    def __init__(self, traceparent: str) -> None:
        self._traceparent = traceparent

    def __enter__(self) -> Span:
        self._before = tracing.current()
        tracing.set_current(self._traceparent)
        return INVALID_SPAN

    def __exit__(self, *_: object) -> None:
        tracing.restore(self._before)


def _context_of(traceparent: str | None) -> SpanContext | None:
    if traceparent is None or tracing.valid(traceparent) is None:
        return None
    _, trace, span_id, flags = traceparent.split("-")
    return SpanContext(int(trace, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
