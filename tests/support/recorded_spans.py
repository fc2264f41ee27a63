"""Keeps the spans of a test, and walks a story backwards: from what happened last to what began it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.observability.spans import recorded_by

Place = tuple[int, int]


class RecordedSpans:
    """Every span that has ended so far."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self._kept))

    @property
    def all(self) -> tuple[ReadableSpan, ...]:
        return self._kept.get_finished_spans()

    def named(self, name: str, **attributes: str | int) -> list[ReadableSpan]:
        wanted = {f"hito.{key}": value for key, value in attributes.items()}.items()
        return [span for span in self.all if span.name == name and wanted <= dict(span.attributes or {}).items()]

    def back_from(self, span: ReadableSpan) -> list[ReadableSpan]:
        """The span, its parent, and so on to one that has none among those recorded."""
        known = {place_of(each): each for each in self.all}
        story = [span]
        while (above := story[-1].parent) is not None and (above.trace_id, above.span_id) in known:
            story.append(known[above.trace_id, above.span_id])
        return story

    def linking_to(self, span: ReadableSpan) -> set[str]:
        """The names of the spans that have a link to this one."""
        return {each.name for each in self.all if place_of(span) in links_of(each)}


def place_of(span: ReadableSpan) -> Place:
    context = span.get_span_context()
    assert context is not None
    return context.trace_id, context.span_id


def links_of(span: ReadableSpan) -> set[Place]:
    return {(link.context.trace_id, link.context.span_id) for link in span.links}


def names(story: list[ReadableSpan]) -> list[str]:
    return [span.name for span in story]


@contextmanager
def recorded_spans() -> Iterator[RecordedSpans]:
    recorded = RecordedSpans()
    with recorded_by(recorded.provider):
        yield recorded
