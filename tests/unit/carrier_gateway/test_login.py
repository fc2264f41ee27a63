"""Carriers whose login is none of OAuth's, simulated at the HTTP transport as they document it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from services.carrier_gateway.carriers.andreani import ANDREANI
from services.carrier_gateway.carriers.correios import CORREIOS
from services.carrier_gateway.parts.base import Carrier, Malformed, Refusal
from services.carrier_gateway.parts.login import ABOUT_A_DAY, Login
from services.carrier_gateway.parts.pull import Query
from services.carrier_gateway.polling.tokens import Access
from services.carrier_gateway.settings import read_access
from shared.settings import BrokenConfiguration

START = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
KEYS = {"andreani": "user=shop&password=s%3Acret", "correios": "user=shop&password=s%3Acret&numero=0077"}


class Office:
    """One carrier: it opens a session for its customer, and answers whoever shows that session's token."""

    def __init__(self, carrier: Carrier) -> None:
        assert carrier.pull is not None
        self.carrier, self.pull = carrier, carrier.pull
        self.logins: list[httpx.Request] = []
        self.opened = 0
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._serve))
        self.access = Access(client, self.pull, self.pull.url, SecretStr(KEYS[carrier.id]))

    def _serve(self, request: httpx.Request) -> httpx.Response:
        if "/login" in request.url.path or "/token/" in request.url.path:
            self.logins.append(request)
            self.opened += 1
            if self.carrier is ANDREANI:
                return httpx.Response(200, headers={"x-authorization-token": f"session-{self.opened}"})
            return httpx.Response(201, json={"token": f"session-{self.opened}", "expiraEm": "2026-03-31T05:00:00"})
        shown = request.headers.get("x-authorization-token") or request.headers.get("authorization", "")
        if shown.removeprefix("Bearer ") != f"session-{self.opened}":
            return httpx.Response(401)
        return httpx.Response(200, json={"eventos": [], "objetos": []})

    async def ask(self, at: datetime = START) -> Refusal | None:
        return (await self.access.ask(Query("1"), at)).parsed.refusal


@pytest.mark.parametrize("carrier", [ANDREANI, CORREIOS], ids=lambda carrier: carrier.id)
async def test_a_session_is_opened_once_a_day_as_the_customer(carrier: Carrier) -> None:
    office = Office(carrier)

    assert [await office.ask(), await office.ask()] == [Refusal.NOT_FOUND] * 2
    assert len(office.logins) == 1
    assert office.logins[0].headers["authorization"] == "Basic " + base64.b64encode(b"shop:s:cret").decode()

    assert await office.ask(START + ABOUT_A_DAY) is Refusal.NOT_FOUND
    assert len(office.logins) == 2


@pytest.mark.parametrize("carrier", [ANDREANI, CORREIOS], ids=lambda carrier: carrier.id)
async def test_a_session_that_ends_early_is_opened_again(carrier: Carrier) -> None:
    office = Office(carrier)
    await office.ask()
    office.opened += 7

    assert [await office.ask(), await office.ask()] == [Refusal.OUTAGE, Refusal.NOT_FOUND]


async def test_correios_are_told_the_posting_card() -> None:
    office = Office(CORREIOS)
    await office.ask()

    (login,) = office.logins
    assert (login.method, login.url.path) == ("POST", "/token/v1/autentica/cartaopostagem")
    assert json.loads(login.content) == {"numero": "0077"}


@pytest.mark.parametrize("headers", [{}, {"x-token": ""}, {"x-token": "two words"}, {"x-token": "x" * 20_000}])
def test_an_answer_without_a_token_is_malformed_and_not_quoted(headers: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="x-token: is missing or no token") as error:
        Login("/login", token_header="x-token").read(headers, b"")
    with pytest.raises(Malformed) as in_body:
        Login("/login").read({}, b'{"token": ["canary words"]}')

    assert "words" not in str(error.value) + str(in_body.value)


@pytest.mark.parametrize("key", ["shop:secret", "user=shop", "user=shop&password=", "user=a&password=b&more=c"])
def test_a_key_that_cannot_open_a_session_is_refused_at_start(key: str) -> None:
    with pytest.raises(BrokenConfiguration, match="CARRIER_ANDREANI_KEY"):
        read_access({"CARRIER_ANDREANI_KEY": key})
