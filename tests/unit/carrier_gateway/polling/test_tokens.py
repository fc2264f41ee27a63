"""A carrier that sells bearer tokens, simulated at the HTTP transport; time is an argument."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr

from services.carrier_gateway.carriers.ups import UPS
from services.carrier_gateway.parts.base import Malformed, Parsed, Refusal
from services.carrier_gateway.parts.bearer import LONGEST_LIFETIME, UNSAID_LIFETIME, TokenCall, is_client, read_token
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.polling.tokens import EARLY, Access
from shared.contracts.vocabulary import Stage
from tests.support.carrier_samples import sample
from tests.support.polling_world import Polling

START = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def sell(token: str = "t1", **fields: object) -> httpx.Response:
    return httpx.Response(200, json={"access_token": token, "token_type": "Bearer", "expires_in": 3600} | fields)


class Carrier:
    """Sells a token and takes questions; remembers both. It is asked at a time that the test turns."""

    def __init__(self, call: TokenCall | None = None) -> None:
        self.sold: list[httpx.Request] = []
        self.asked: list[httpx.Request] = []
        self.sell: Callable[[], httpx.Response] = sell
        self.answer: Callable[[], httpx.Response] = lambda: httpx.Response(200, json={})
        self.now = START
        pull = Pull(
            url="https://carrier.example/",
            request=lambda query, url, key: httpx.Request("GET", url, headers={"Authorization": f"Bearer {key}"}),
            read=lambda query, body: Parsed(),
            minimum_gap=timedelta(0),
            daily_quota=100,
            token=call or TokenCall("/oauth/token"),
        )
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._serve))
        self.access = Access(client, pull, pull.url, SecretStr("the-client:the:secret"))

    def _serve(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            self.sold.append(request)
            return self.sell()
        self.asked.append(request)
        return self.answer()

    async def ask(self) -> Refusal | None:
        return (await self.access.ask(Query("1"), self.now)).parsed.refusal

    @property
    def shown(self) -> list[str]:
        return [request.headers["Authorization"] for request in self.asked]


async def test_a_token_is_bought_once_and_shown_with_every_question() -> None:
    carrier = Carrier()

    for _ in range(3):
        assert await carrier.ask() is None

    assert carrier.shown == ["Bearer t1"] * 3
    (request,) = carrier.sold
    assert str(request.url) == "https://carrier.example/oauth/token"
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["the-client"],
        "client_secret": ["the:secret"],
    }


async def test_where_the_carrier_wants_it_the_client_stands_in_the_header_and_not_in_the_form() -> None:
    carrier = Carrier(TokenCall("/oauth/token", basic=True))

    await carrier.ask()

    (request,) = carrier.sold
    assert base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"the-client:the:secret"
    assert request.content == b"grant_type=client_credentials"


async def test_a_new_token_is_bought_a_minute_before_the_old_one_ends() -> None:
    carrier = Carrier()
    await carrier.ask()

    carrier.now = START + HOUR - EARLY - timedelta(seconds=1)
    await carrier.ask()
    assert len(carrier.sold) == 1

    carrier.sell = lambda: sell("t2")
    carrier.now = START + HOUR - EARLY
    await carrier.ask()
    assert carrier.shown == ["Bearer t1", "Bearer t1", "Bearer t2"]


@pytest.mark.parametrize(
    ("answer", "refusal", "pause"),
    [
        (lambda: httpx.Response(400, json={"error": "invalid_client"}), Refusal.NOT_ALLOWED, None),
        (lambda: httpx.Response(401), Refusal.NOT_ALLOWED, None),
        (lambda: httpx.Response(404), Refusal.OUTAGE, None),
        (lambda: httpx.Response(429, headers={"retry-after": "90"}), Refusal.QUOTA, timedelta(seconds=90)),
        (lambda: httpx.Response(503), Refusal.OUTAGE, None),
        (lambda: httpx.Response(200, content=b"<html>"), Refusal.OUTAGE, None),
        (lambda: sell(""), Refusal.OUTAGE, None),
        (lambda: sell("line\nbreak"), Refusal.OUTAGE, None),
    ],
)
async def test_without_a_token_nothing_is_asked_and_the_refusal_is_the_answer(
    answer: Callable[[], httpx.Response], refusal: Refusal, pause: timedelta | None
) -> None:
    carrier = Carrier()
    carrier.sell = answer

    got = await carrier.access.ask(Query("1"), START)

    assert (got.parsed.refusal, got.retry_after) == (refusal, pause)
    assert carrier.asked == []


async def test_a_kept_token_that_is_no_longer_taken_is_replaced_at_the_next_question() -> None:
    carrier = Carrier()
    await carrier.ask()
    carrier.answer = lambda: httpx.Response(401)
    assert await carrier.ask() is Refusal.OUTAGE

    carrier.sell = lambda: sell("t2")
    carrier.answer = lambda: httpx.Response(200, json={})

    assert await carrier.ask() is None
    assert carrier.shown[-1] == "Bearer t2"


async def test_a_new_token_that_is_not_taken_means_that_we_may_not_ask() -> None:
    carrier = Carrier()
    carrier.answer = lambda: httpx.Response(403)

    assert await carrier.ask() is Refusal.NOT_ALLOWED
    await carrier.ask()

    assert len(carrier.sold) == 2


async def test_the_poller_asks_such_a_carrier_with_what_its_key_buys() -> None:
    questions: list[httpx.Request] = []

    def ups(request: httpx.Request) -> httpx.Response:
        questions.append(request)
        return (
            sell() if request.method == "POST" else httpx.Response(200, content=sample(UPS, "life_of_a_parcel").payload)
        )

    polling = Polling("1Z999AA10123456784", carrier="ups", environ={"CARRIER_UPS_KEY": "id:secret"}, transport=ups)
    await polling.step()

    assert [request.url.path.split("/")[1] for request in questions] == ["security", "api"]
    assert questions[1].headers["Authorization"] == "Bearer t1"
    assert polling.stages[-1] is Stage.DELIVERED


@pytest.mark.parametrize(
    ("told", "lifetime"),
    [
        ('"14399"', timedelta(seconds=14399)),
        ("3600", HOUR),
        ("null", UNSAID_LIFETIME),
        ("99999999", LONGEST_LIFETIME),
    ],
)
def test_a_lifetime_is_seconds_written_as_a_number_or_as_a_text(told: str, lifetime: timedelta) -> None:
    assert read_token(f'{{"access_token": "t", "expires_in": {told}}}'.encode()).lifetime == lifetime


def test_a_token_answer_that_is_none_is_malformed_and_not_quoted() -> None:
    with pytest.raises(Malformed) as refused:
        read_token(b'{"access_token": ["canary"]}')

    assert "canary" not in str(refused.value)


def test_nothing_that_holds_a_token_shows_it() -> None:
    assert "canary" not in repr(read_token(b'{"access_token": "canary"}'))


@pytest.mark.parametrize(("key", "fits"), [("id:secret", True), ("id:", False), (":secret", False), ("alone", False)])
def test_a_key_that_buys_tokens_is_a_client_and_its_secret(key: str, fits: bool) -> None:
    assert is_client(key) is fits
