"""No Host header opens a door, and there is no door that is not on the plan of the house."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.support.attacks import chance, tries
from tests.support.gateway_caller import Gateway, running_gateway
from tests.support.notifier_world import Notifier
from tests.support.tracking_pages import Tracking

HOSTS = tries(150, 5_000)
PIECES = (
    *(
        "tracking.test",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "/livez",
        "/t/assets/base.css",
        "/metrics?",
        "#",
        "?",
        "/",
        "\\",
    ),
    *(
        "@",
        ":",
        ":80",
        "..",
        "%2e",
        "%2f",
        "//",
        ";",
        "//livez",
        "a" * 300,
        "/openapi.json",
        "evil.example",
        "&",
        "=",
        ",",
    ),
)
PROTECTED = (
    ("GET", "/v1/shops/demo/orders"),
    ("POST", "/v1/shops/demo/orders"),
    ("GET", "/v1/shops/demo/orders/A-1001"),
    ("POST", "/v1/shops/demo/orders/A-1001/erasure"),
    ("GET", "/v1/ops/dead-letters"),
    ("GET", "/v1/ops/unmapped"),
)
NOT_IN_THE_DOCUMENT = {
    *("/livez", "/readyz", "/metrics", "/openapi.json", "/docs", "/docs/oauth2-redirect"),
    "/t/assets/{name}",
    *("/preferences/{token}", "/preferences/{token}/unsubscribe"),
}
"""For operators and for browsers: no program calls them by the document."""


def made_up_hosts(rolled: random.Random) -> list[str]:
    return ["".join(rolled.choices(PIECES, k=rolled.randint(1, 4))) for _ in range(HOSTS)]


async def test_no_host_opens_what_needs_a_key(tracking: Tracking, notifier: Notifier) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=tracking.desk), base_url="http://x") as console:
        for number, host in enumerate(made_up_hosts(chance())):
            method, path = PROTECTED[number % len(PROTECTED)]
            headers = {"host": host}
            assert (await tracking.page.request(method, path, headers=headers)).status_code == 401, host
            assert (await console.get("/", headers=headers)).status_code == 401, host
            assert (await notifier.http.post("/v1/preview", headers=headers, json={})).status_code == 401, host
            assert (await notifier.http.post("/receipts/twilio", headers=headers)).status_code == 401, host


async def test_no_host_finds_its_way_into_an_answer(tracking: Tracking) -> None:
    for path in ("/t/AAAAAAAAAAAAAAAAAAAAAA", "/v1/shops/demo/orders", "/openapi.json", "/nowhere", "/t/assets/x/"):
        answer = await tracking.page.get(path, headers={"host": "evil.example"})
        assert "evil.example" not in answer.text + str(answer.headers), path


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with running_gateway() as opened:
        yield opened


def routes_of(app: FastAPI) -> set[str]:
    """As they are served: those of a router that was put in have its prefix."""
    found: set[str] = set()
    for route in app.routes:
        parts: Iterable[Any] = getattr(route, "effective_route_contexts", lambda alone=route: (alone,))()
        found |= {str(part.path) for part in parts}
    return found


async def test_every_route_is_in_the_openapi_document_or_named_here(
    tracking: Tracking, notifier: Notifier, gateway: Gateway
) -> None:
    for app in (tracking.api, notifier.app, gateway.app):
        undocumented = routes_of(app) - app.openapi()["paths"].keys()
        assert undocumented <= NOT_IN_THE_DOCUMENT


async def test_the_console_serves_nobody_without_the_operators_password(tracking: Tracking) -> None:
    open_to_all = {"/livez", "/readyz", "/metrics"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=tracking.desk), base_url="http://x") as stranger:
        for path in sorted(routes_of(tracking.desk) - open_to_all):
            answer = await stranger.get(path.replace("{", "").replace("}", "").replace(":path", ""))
            assert answer.status_code in (401, 404, 405), path


@pytest.mark.parametrize(
    "path", ["/admin", "/v1", "/v2/shops/demo/orders", "/v1/ops", "/.env", "/debug", "/v1//ops/lag"]
)
async def test_what_does_not_exist_is_not_found(
    path: str, tracking: Tracking, notifier: Notifier, gateway: Gateway
) -> None:
    for client in (tracking.page, tracking.console, notifier.http, gateway.client):
        assert (await client.get(path)).status_code == 404


async def test_nothing_is_exported_as_a_table_that_a_spreadsheet_would_run(
    tracking: Tracking, notifier: Notifier, gateway: Gateway
) -> None:
    for app in (tracking.api, tracking.desk, notifier.app, gateway.app):
        assert "csv" not in str(app.openapi()).lower() and "spreadsheet" not in str(app.openapi()).lower()
