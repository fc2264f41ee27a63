"""What every service answers alike: problems as problem+json, nothing too large, and how it is doing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Request
from prometheus_client import REGISTRY
from pydantic import BaseModel

from shared.health import Health
from shared.messaging.failures import BrokerAway, Infrastructure
from shared.observability import tracing
from shared.web import PROBLEM, Problem, create_app, unavailable

LIMIT = 1000
CANARY = "canario@example.com"
router = APIRouter(prefix="/v1/shops/{shop}")


class Parcel(BaseModel):
    reference: str
    weight: int


@router.post("/raw")
async def take_raw(shop: str, request: Request) -> dict[str, int]:
    return {"bytes": len(await request.body())}


@router.post("/parcels")
async def take_parcel(shop: str, parcel: Parcel) -> dict[str, str]:
    return {"reference": parcel.reference}


@router.post("/unread")
async def take_nothing(shop: str) -> dict[str, bool]:
    return {"ok": True}


@router.get("/broken/{how}")
async def break_down(shop: str, how: str) -> None:
    failures = {
        "crash": RuntimeError(CANARY),
        "refused": Problem(409, "Conflict", "send a higher sequence", errors=[{"field": "sequence", "message": "low"}]),
        "away": unavailable("the broker"),
        "broker": BrokerAway("not connected"),
        "database": Infrastructure("no database connection is free"),
    }
    raise failures[how]


@router.get("/trace")
async def show_trace(shop: str) -> dict[str, str | None]:
    return {"traceparent": tracing.current()}


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
async def client(health: Health, logged: Callable[[], str]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app("example", health, body_limit_bytes=LIMIT)
    app.include_router(router)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://example") as opened:
        yield opened


def problem_of(response: httpx.Response) -> dict[str, Any]:
    assert response.headers["content-type"] == PROBLEM
    body: dict[str, Any] = response.json()
    assert body["type"] == "about:blank"
    assert body["status"] == response.status_code
    assert body["title"]
    assert body["detail"]
    return body


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 100):
        yield body[start : start + 100]


def served(route: str, method: str, status: int) -> float:
    labels = {"route": route, "method": method, "status": str(status)}
    return REGISTRY.get_sample_value("http_server_request_duration_seconds_count", labels) or 0.0


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "chunked"])
@pytest.mark.parametrize("path", ["/v1/shops/demo/raw", "/v1/shops/demo/parcels"])
async def test_a_body_over_the_limit_is_refused_however_it_comes_and_whoever_reads_it(
    client: httpx.AsyncClient, path: str, chunked: bool
) -> None:
    body = json.dumps({"reference": "x" * LIMIT, "weight": 1}).encode()
    response = await client.post(
        path, content=in_pieces(body) if chunked else body, headers={"content-type": "application/json"}
    )
    assert response.status_code == 413
    assert problem_of(response)["detail"] == "the body may have at most 1000 bytes"


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "chunked"])
async def test_a_body_of_just_the_limit_is_taken(client: httpx.AsyncClient, chunked: bool) -> None:
    body = b"x" * LIMIT
    response = await client.post("/v1/shops/demo/raw", content=in_pieces(body) if chunked else body)
    assert response.json() == {"bytes": LIMIT}


@pytest.mark.parametrize("declared", ["1001", "9" * 5000])
async def test_a_body_announced_as_too_large_is_refused_before_it_is_read(
    client: httpx.AsyncClient, declared: str
) -> None:
    for path in ("/v1/shops/demo/raw", "/v1/shops/demo/unread", "/nowhere"):
        response = await client.post(path, content=b"x", headers={"content-length": declared})
        assert response.status_code == 413
        problem_of(response)


async def test_a_body_that_is_larger_than_announced_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/shops/demo/raw", content=in_pieces(b"x" * 2000), headers={"content-length": "10"})
    assert response.status_code == 413


async def test_an_address_that_does_not_exist_is_a_problem(client: httpx.AsyncClient) -> None:
    response = await client.get("/nowhere")
    assert response.status_code == 404
    problem_of(response)


async def test_a_method_that_does_not_exist_is_a_problem_that_names_those_that_do(client: httpx.AsyncClient) -> None:
    response = await client.put("/v1/shops/demo/raw")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    problem_of(response)


async def test_a_wrong_field_is_named_and_its_value_not_repeated(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/shops/demo/parcels", json={"weight": CANARY})
    assert response.status_code == 422
    body = problem_of(response)
    assert {error["field"] for error in body["errors"]} == {"reference", "weight"}
    assert body["detail"].startswith("The request: ")
    assert "canario" not in response.text


async def test_a_body_that_is_no_json_is_named_as_such(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/v1/shops/demo/parcels", content=f"{{{CANARY}", headers={"content-type": "application/json"}
    )
    assert response.status_code == 422
    assert problem_of(response)["errors"] == [{"field": "body", "message": "JSON decode error"}]
    assert "canario" not in response.text


async def test_a_problem_keeps_its_fields_and_its_detail(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/shops/demo/broken/refused")
    assert response.status_code == 409
    body = problem_of(response)
    assert (body["title"], body["detail"]) == ("Conflict", "send a higher sequence")
    assert body["errors"] == [{"field": "sequence", "message": "low"}]


@pytest.mark.parametrize("how", ["away", "broker", "database"])
async def test_what_is_away_says_when_to_come_again(client: httpx.AsyncClient, how: str) -> None:
    response = await client.get(f"/v1/shops/demo/broken/{how}")
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert "nothing was stored, try again" in problem_of(response)["detail"]


async def test_a_crash_says_that_it_is_ours_and_its_text_goes_nowhere(
    client: httpx.AsyncClient, logged: Callable[[], str]
) -> None:
    response = await client.get("/v1/shops/demo/broken/crash")
    assert response.status_code == 500
    problem_of(response)
    assert "canario" not in response.text + logged()
    line = next(line for line in map(json.loads, logged().splitlines()) if line["event"] == "request_crashed")
    assert line["error_type"] == "RuntimeError"
    assert line["route"] == "/v1/shops/{shop}/broken/{how}"
    assert "break_down" in line["where"]


async def test_a_process_is_alive_even_when_nothing_it_needs_is(client: httpx.AsyncClient, health: Health) -> None:
    async def away() -> str | None:
        return "no broker yet"

    health.register("broker", away)
    assert (await client.get("/livez")).json() == {"status": "alive"}
    ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json() == {"status": "unready", "reasons": {"broker": "no broker yet"}}


async def test_a_process_that_lacks_nothing_is_ready_until_it_stops(client: httpx.AsyncClient, health: Health) -> None:
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "reasons": {}})
    health.stopping = True
    assert (await client.get("/readyz")).status_code == 503
    assert (await client.get("/livez")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("POST", "/v1/shops/canario/raw", "/v1/shops/{shop}/raw", 200),
        ("GET", "/v1/shops/canario/broken/crash", "/v1/shops/{shop}/broken/{how}", 500),
        ("GET", "/v1/shops/canario/broken/database", "/v1/shops/{shop}/broken/{how}", 503),
        ("GET", "/canario", "unmatched", 404),
        ("DELETE", "/v1/shops/canario/raw", "/v1/shops/{shop}/raw", 405),
    ],
)
async def test_a_request_is_counted_under_the_pattern_of_its_address_and_its_status(
    client: httpx.AsyncClient, method: str, path: str, route: str, status: int
) -> None:
    before = served(route, method, status)
    assert (await client.request(method, path)).status_code == status
    assert served(route, method, status) == before + 1
    assert "canario" not in (await client.get("/metrics")).text


async def test_a_body_refused_unread_is_counted_too(client: httpx.AsyncClient) -> None:
    before = served("unmatched", "POST", 413)
    await client.post("/v1/shops/demo/raw", content=b"x" * 2000)
    assert served("unmatched", "POST", 413) == before + 1


async def test_methods_that_callers_make_up_share_one_row(client: httpx.AsyncClient) -> None:
    before = served("/v1/shops/{shop}/raw", "other", 405)
    for made_up in ("BREW", "CANARIO"):
        await client.request(made_up, "/v1/shops/demo/raw")
    assert served("/v1/shops/{shop}/raw", "other", 405) == before + 2
    assert "CANARIO" not in (await client.get("/metrics")).text


async def test_a_request_belongs_to_the_trace_it_came_with_under_a_span_of_its_own(client: httpx.AsyncClient) -> None:
    given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    seen = (await client.get("/v1/shops/demo/trace", headers={"traceparent": given})).json()["traceparent"]
    assert tracing.trace_id(seen) == tracing.trace_id(given)
    assert seen != given


@pytest.mark.parametrize("given", [None, "canario", "00-" + "0" * 32 + "-00f067aa0ba902b7-01"])
async def test_a_request_without_a_good_trace_begins_one(client: httpx.AsyncClient, given: str | None) -> None:
    headers = {} if given is None else {"traceparent": given}
    seen = (await client.get("/v1/shops/demo/trace", headers=headers)).json()["traceparent"]
    assert tracing.valid(seen) == seen
