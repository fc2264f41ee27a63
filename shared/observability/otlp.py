"""Sends spans to an OpenTelemetry collector, where `OTEL_EXPORTER_OTLP_ENDPOINT` says that there is one.

OTLP over HTTP with protobuf. The SDK reads its own variables (`OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS`,
`OTEL_RESOURCE_ATTRIBUTES`, `OTEL_BSP_...`). A collector that is away costs spans, never messages: a thread of its own
sends, its queue is bounded, and what does not fit is dropped.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from shared.observability.spans import recorded_by

WHERE = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
MOST_LINKS = 2_000
"""As many as a consumer's largest batch has messages."""
MOST_WAITING = 16_384


@contextlib.contextmanager
def exporting(service: str, processes: Sequence[str], environ: Mapping[str, str]) -> Iterator[None]:
    """Until the end of the block, and then until what waits has been sent or given up. Nothing at all when off."""
    if not any(environ.get(name) for name in WHERE) or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        yield
        return
    # Loaded here, for a process that exports nothing shall not pay for what exporting needs.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    about = {"service.namespace": "hito", "service.name": service, "hito.process": " ".join(processes)}
    provider = TracerProvider(
        resource=Resource.create(about), span_limits=SpanLimits(max_links=MOST_LINKS), shutdown_on_exit=False
    )
    waiting = None if "OTEL_BSP_MAX_QUEUE_SIZE" in environ else MOST_WAITING
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), max_queue_size=waiting))
    try:
        with recorded_by(provider):
            yield
    finally:
        provider.shutdown()
