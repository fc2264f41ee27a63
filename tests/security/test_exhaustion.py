"""Bodies that never end, nest too deeply, unpack to gigabytes or come one byte at a time: refused, and others go on."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from services.carrier_gateway.polling.asking import ANSWER_LIMIT_BYTES, fetch
from services.notifier.bounces.amazon import AmazonAway
from services.notifier.bounces.amazon import fetch as fetch_from_amazon
from shared.bounded_body import Unreadable, read_body
from tests.support.attacks import MANY, tries
from tests.support.gateway_caller import NOW, Gateway, courier_event, running_gateway
from tests.support.notifier_world import Notifier
from tests.support.raw_caller import Served, answer_to, dribbled, resident_bytes, served
from tests.support.scripted_server import raw_http
from tests.support.tracking_pages import Tracking

MIB = 1024 * 1024
PARALLEL = tries(40, 200)
ROOM = 64 * MIB + PARALLEL * MIB // 4
"""How much the process may grow while it is under attack; both ends of each connection are in it."""
DEEP = b"[" * 10_000 + b"]" * 10_000
ARRIVAL = timedelta(seconds=1)
HEAD = b"POST /webhooks/generic HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\n"


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with running_gateway() as opened:
        yield opened


async def still_serves(gateway: Gateway, address: Served) -> int:
    """What a carrier in good standing hears meanwhile."""
    body = courier_event()
    signed = {"content-type": "application/json", **gateway.signed(body)}
    async with httpx.AsyncClient(timeout=30) as client:
        return (await client.post(f"{address.url}/webhooks/generic", content=body, headers=signed)).status_code


async def test_many_bodies_without_an_end_are_refused_in_bounded_memory_while_others_are_served(
    gateway: Gateway,
) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    endless = [chunk] * tries(32, 16 * 1024)  # a GiB each, if anybody read on
    async with served(gateway.app, 2 * ARRIVAL) as address:
        before = resident_bytes()
        flood = [
            asyncio.create_task(answer_to(address, HEAD + b"transfer-encoding: chunked\r\n\r\n", *endless))
            for _ in range(PARALLEL)
        ]
        assert await still_serves(gateway, address) == 202
        answers = await asyncio.gather(*flood)
        assert resident_bytes() - before < ROOM
        assert await still_serves(gateway, address) == 202
    heard = {answer[:12] for answer in answers if answer}
    assert heard <= {b"HTTP/1.1 413"}
    assert heard or MANY, "who is in the middle of a GiB when the door closes may not hear why"


@pytest.mark.parametrize(
    "sent",
    [HEAD, HEAD + b"content-length: 1000\r\n\r\n{", HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\n"],
    ids=["a head that goes on", "a body that dribbles", "a chunk that dribbles"],
)
async def test_whoever_sends_byte_by_byte_is_cut_off_while_others_are_served(gateway: Gateway, sent: bytes) -> None:
    async with served(gateway.app, ARRIVAL) as address:
        slow = [asyncio.create_task(dribbled(address, sent)) for _ in range(PARALLEL)]
        assert await still_serves(gateway, address) == 202
        answers = await asyncio.gather(*slow)
    assert {answer[:12] for answer in answers} <= {
        b"HTTP/1.1 408",
        b"HTTP/1.1 400",
        b"",
    }  # who goes on writing may not read


@pytest.mark.parametrize("sent", [b"", HEAD, HEAD + b"content-length: 1000\r\n\r\n{"])
async def test_a_request_that_stops_half_way_is_told_that_it_took_too_long(gateway: Gateway, sent: bytes) -> None:
    async with served(gateway.app, ARRIVAL) as address:
        assert (await answer_to(address, sent)).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


async def test_a_caller_who_keeps_the_connection_open_may_come_back_after_the_deadline(gateway: Gateway) -> None:
    request = b"GET /livez HTTP/1.1\r\nhost: gateway\r\n\r\n"
    async with served(gateway.app, ARRIVAL) as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        for _ in range(2):
            writer.write(request)
            assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
            await reader.readuntil(b"}")
            await dribbled(address, HEAD)  # somebody else's deadline passes
        writer.close()


async def test_json_ten_thousand_levels_deep_is_invalid_wherever_it_is_read(
    gateway: Gateway, tracking: Tracking, notifier: Notifier
) -> None:
    answers = [
        await gateway.post("generic", DEEP),
        await tracking.page.post(
            "/v1/shops/demo/orders", content=DEEP, headers={"authorization": "Bearer key-of-the-demo-shop"}
        ),
        await notifier.http.post(
            "/v1/preview", content=DEEP, headers={"authorization": "Bearer demo-key-0123456789abc"}
        ),
        await notifier.http.post("/receipts/ses", content=DEEP),
        await notifier.http.post("/receipts/whatsapp", content=DEEP),
    ]
    assert [answer.status_code for answer in answers if answer.status_code not in (401, 404, 422)] == []


async def test_ten_megabytes_of_form_fields_are_too_large_and_a_hundred_thousand_small_ones_no_form(
    notifier: Notifier,
) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    large = await notifier.http.post("/receipts/twilio", content=b"a=b&" * (10 * MIB // 4), headers=form)
    many = await notifier.http.post("/receipts/twilio", content=b"a=b&" * 100_000, headers=form)
    page = await notifier.http.post("/preferences/" + "A" * 22, content=b"a=b&" * 1_000_000, headers=form)
    assert (large.status_code, many.status_code, page.status_code) == (413, 422, 413)


def packed(times: int, size: int) -> bytes:
    body = b"0" * size
    for _ in range(times):
        body = gzip.compress(body, 9)
    return body


def answering(body: bytes, encoding: str) -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body


BOMBS = {
    "gzip": (packed(1, 256 * MIB if MANY else 64 * MIB), "gzip"),
    "gzip in gzip": (packed(2, 256 * MIB if MANY else 64 * MIB), "gzip, gzip"),
    "cut off": (packed(1, MIB)[:500], "gzip"),
    "not packed at all": (b"{}", "gzip"),
    "nobody asked for it": (b"{}", "br"),
}


@pytest.mark.parametrize(("body", "encoding"), BOMBS.values(), ids=BOMBS.keys())
async def test_a_carriers_answer_that_unpacks_to_more_than_we_read_is_none_and_takes_no_memory(
    body: bytes, encoding: str
) -> None:
    async with raw_http(answering(body, encoding)) as url, httpx.AsyncClient() as client:
        before = resident_bytes()
        answer = await fetch(client, httpx.Request("GET", url), NOW)
        with pytest.raises(AmazonAway):
            await fetch_from_amazon(url)
        assert resident_bytes() - before < ROOM / 4
    assert getattr(answer, "malformed", None) is not None


async def test_an_honest_packed_answer_is_read() -> None:
    told = json.dumps({"events": ["á"] * 50_000}).encode()
    for encoding, body in (("gzip", gzip.compress(told)), ("identity", told)):
        async with raw_http(answering(body, encoding)) as url, httpx.AsyncClient() as client:
            async with client.stream("GET", url) as response:
                assert await read_body(response, ANSWER_LIMIT_BYTES) == told
            async with client.stream("GET", url) as response:
                with pytest.raises(Unreadable):
                    await read_body(response, len(told) - 1)
