"""A collector of spans that keeps them: what OTLP over HTTP brings, as the protocol's own messages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans


class SpanSink(ThreadingHTTPServer):
    """Listens on a free port."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taker)
        self.received: list[ResourceSpans] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def names(self) -> list[str]:
        return [span.name for part in self.received for scope in part.scope_spans for span in scope.spans]

    @property
    def told_by(self) -> set[str]:
        """`service.name` of whoever sent them."""
        told = [pair for part in self.received for pair in part.resource.attributes]
        return {pair.value.string_value for pair in told if pair.key == "service.name"}


class _Taker(BaseHTTPRequestHandler):
    server: SpanSink

    def do_POST(self) -> None:
        request = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.extend(request.resource_spans)
        self.send_response(200 if self.path == "/v1/traces" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output is its own."""


@contextmanager
def span_sink() -> Iterator[SpanSink]:
    with SpanSink() as sink:
        threading.Thread(target=sink.serve_forever, daemon=True).start()
        try:
            yield sink
        finally:
            sink.shutdown()
