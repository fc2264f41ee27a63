"""A process that is told of a collector sends its spans there, and ends in good order when nobody answers there."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta

import httpx
import pytest

from sandbox.backends.ports import free_port
from tests.support.source_files import ROOT
from tests.support.span_sink import span_sink
from tests.support.waiting import until

PATIENCE = timedelta(seconds=60)


async def serve_one_request(**variables: str) -> tuple[int | None, str]:
    """Start an OS process, ask it for something, stop it. Answers its exit code and its log."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.support.small_service", "api"),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SMALL_SERVICE_PORT": str(port), **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE.total_seconds()), httpx.AsyncClient() as client:

        async def answered() -> bool:
            try:
                return (await client.get(f"http://127.0.0.1:{port}/nowhere")).status_code == 404
            except httpx.TransportError:
                return False

        await until(answered, "the process answers")
        process.send_signal(signal.SIGTERM)
        _, log = await process.communicate()
    return process.returncode, log.decode()


async def test_what_a_process_did_has_reached_the_collector_when_it_has_ended() -> None:
    with span_sink() as sink:
        code, log = await serve_one_request(OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
    assert code == 0, log
    assert "GET unmatched" in sink.names
    assert sink.told_by == {"small"}


@pytest.mark.parametrize("variables", [{}, {"OTEL_SDK_DISABLED": "true"}], ids=["not set", "disabled"])
async def test_without_a_collector_nothing_is_sent(variables: dict[str, str]) -> None:
    with span_sink() as sink:
        named = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink.url} if variables else {}
        code, log = await serve_one_request(**named, **variables)
    assert code == 0, log
    assert sink.names == []


async def test_a_collector_that_is_away_costs_spans_and_nothing_else() -> None:
    away = f"http://127.0.0.1:{free_port()}"
    code, log = await serve_one_request(OTEL_EXPORTER_OTLP_ENDPOINT=away, OTEL_EXPORTER_OTLP_TIMEOUT="1")
    assert code == 0, log
    assert "library_warning" in log
    assert away not in log
