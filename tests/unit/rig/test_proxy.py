"""The network that can be made bad is otherwise an honest one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from tests.rig.proxy import FINE, Proxy, Weather, proxy_before

HOST = "127.0.0.1"
PATIENCE_SECONDS = 10
Side = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """Says back what it hears and keeps all of it; `ended` counts the connections that were closed to it."""

    def __init__(self) -> None:
        self.heard = b""
        self.ended = 0
        self.news = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while said := await reader.read(1024):
                writer.write(said)
                await self._note(said)
        except ConnectionError:
            await self._note(b"")
        finally:
            self.ended += 1
            await self._note(b"")
            writer.close()

    async def _note(self, said: bytes) -> None:
        async with self.news:
            self.heard += said
            self.news.notify_all()

    async def until_heard(self, said: bytes) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), self.news:
            await self.news.wait_for(lambda: said in self.heard)


@pytest.fixture
async def echo() -> Echo:
    return Echo()


@pytest.fixture
async def proxy(echo: Echo) -> AsyncIterator[Proxy]:
    server = await asyncio.start_server(echo.serve, HOST, 0)
    async with proxy_before(server.sockets[0].getsockname()[1]) as proxy:
        yield proxy
    server.close()


@asynccontextmanager
async def talking(proxy: Proxy) -> AsyncIterator[Side]:
    reader, writer = await asyncio.open_connection(HOST, proxy.port)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield reader, writer
    finally:
        writer.close()


async def say(side: Side, said: bytes) -> bytes:
    side[1].write(said)
    return await side[0].readexactly(len(said))


async def test_on_a_fine_day_everything_passes_unchanged(proxy: Proxy) -> None:
    letter = bytes(range(256)) * 4096
    async with talking(proxy) as side:
        assert await say(side, letter) == letter


async def test_late_and_thin_it_still_passes_unchanged(proxy: Proxy) -> None:
    proxy.turn(Weather(latency=timedelta(milliseconds=20), bytes_per_second=200_000))
    async with talking(proxy) as side:
        assert await say(side, b"x" * 5000) == b"x" * 5000


async def test_what_is_late_has_not_arrived_while_others_come_and_go(proxy: Proxy, echo: Echo) -> None:
    async with proxy_before(proxy.upstream_port) as fine, talking(proxy) as late, talking(fine) as quick:
        proxy.turn(Weather(latency=timedelta(hours=1)))
        late[1].write(b"late")
        assert await say(quick, b"quick") == b"quick"
    assert echo.heard == b"quick"


async def test_what_is_said_into_a_black_hole_comes_out_when_it_is_over(proxy: Proxy, echo: Echo) -> None:
    async with talking(proxy) as side:
        await say(side, b"before")
        proxy.turn(Weather(blackhole=True))
        side[1].write(b"into the dark")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(side[0].read(1), 0.2)
        assert echo.heard == b"before"
        proxy.turn(FINE)
        assert await side[0].readexactly(13) == b"into the dark"


async def test_a_reset_ends_what_is_open_and_leaves_room_for_new_connections(proxy: Proxy) -> None:
    async with talking(proxy) as side:
        await say(side, b"x")
        assert proxy.reset() == 1
        with pytest.raises(ConnectionError):
            await say(side, b"y" * 100_000)
            raise ConnectionResetError
    async with talking(proxy) as side:
        assert await say(side, b"again") == b"again"


async def test_who_is_refused_is_refused_before_the_server_hears_of_it(proxy: Proxy, echo: Echo) -> None:
    proxy.turn(Weather(refuses=True))
    async with talking(proxy) as side:
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await say(side, b"hello")
    assert echo.heard == b""


async def test_a_cut_after_so_many_bytes_lets_exactly_these_through(proxy: Proxy, echo: Echo) -> None:
    proxy.cut_after(5)
    async with talking(proxy) as side:
        side[1].write(b"123456789")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await side[0].readexactly(9)
    await echo.until_heard(b"12345")
    assert (echo.heard, proxy.cuts) == (b"12345", 1)


async def test_after_the_words_the_server_has_them_and_the_client_no_answer(proxy: Proxy, echo: Echo) -> None:
    proxy.cut_at(b"COMMIT", times=1)
    async with talking(proxy) as side:
        await say(side, b"BEGIN;")
        side[1].write(b"COMMIT;")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await side[0].readexactly(7)
    await echo.until_heard(b"COMMIT;")
    async with talking(proxy) as side:
        assert await say(side, b"COMMIT;") == b"COMMIT;"
    assert proxy.cuts == 1


async def test_a_slow_close_is_heard_of_later_and_nothing_is_lost_before_it(proxy: Proxy, echo: Echo) -> None:
    proxy.turn(Weather(slow_close=timedelta(milliseconds=200)))
    async with talking(proxy) as side:
        await say(side, b"last words")
        side[1].write_eof()
        assert echo.ended == 0
        assert await side[0].read() == b""
    assert (echo.heard, echo.ended) == (b"last words", 1)
