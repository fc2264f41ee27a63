"""The pushes of the benchmark are what carriers send; a run that was not answered 202 throughout counts for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from tests.bench.carrier_gateway.intake import Rivals, Turn
from tests.bench.carrier_gateway.pushers import Course, Pushing, WrongAnswer
from tests.bench.carrier_gateway.pushes import PUSHES
from tests.support.carrier_samples import SECRET

NOW = datetime(2026, 4, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", PUSHES)
def test_a_push_is_signed_and_holds_as_many_events_as_are_counted(kind: str) -> None:
    push = PUSHES[kind]
    head, _, body = push.request(7, SECRET, NOW).partition(b"\r\n\r\n")
    lines = (line.decode().partition(": ") for line in head.splitlines()[1:])

    push.carrier.verify(body, {name.lower(): value for name, _, value in lines}, [SECRET], NOW)

    events = push.carrier.parse(body).events
    assert len({event.event_id for event in events}) == push.events
    assert {event.stage for event in events}.isdisjoint({"unknown"})


@pytest.mark.parametrize("kind", PUSHES)
def test_no_two_pushes_are_about_one_parcel(kind: str) -> None:
    parcels = {PUSHES[kind].carrier.parse(PUSHES[kind].body(number, NOW)).events[0].key for number in range(50)}
    assert len(parcels) == 50


def test_the_ratio_is_the_median_of_the_turns() -> None:
    def turns(*rates: float) -> list[Turn]:
        return [Turn(rate, 1, 2) for rate in rates]

    assert Rivals(turns(100, 1000, 100), turns(70, 100, 90)).ratio == 0.7


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[int]:
    """A server that says this to every request; its port."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_an_answer_that_is_not_202_ends_the_run() -> None:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    course = Course(iter([b"POST / HTTP/1.1\r\n\r\n"]), begin=0, end=float("inf"))

    async with answering(b"HTTP/1.1 503 Service Unavailable\r\n\r\n{}") as port:
        await loop.create_connection(lambda: Pushing(course, done), "127.0.0.1", port)
        with pytest.raises(WrongAnswer, match="503"):
            await done
    assert course.answered == 0
