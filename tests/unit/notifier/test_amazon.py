"""What is fetched from Amazon is bounded, and a certificate is fetched once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.providers.http_server import HttpServer, listen, port_of
from services.notifier.bounces.amazon import FETCH_LIMIT_BYTES, KEPT_CERTIFICATES, AmazonAway, Certificates, fetch


async def answer(request: Request) -> Response:
    match request.path_params["what"]:
        case "good.pem":
            return Response(b"a certificate")
        case "moved.pem":
            return RedirectResponse("/good.pem")
        case "huge.pem":
            return Response(b"x" * (FETCH_LIMIT_BYTES + 1))
    return Response(status_code=500)


@pytest.fixture
async def amazon() -> AsyncIterator[str]:
    listener = listen()
    server = HttpServer(Starlette(routes=[Route("/{what}", answer)]), listener)
    server.start()
    yield f"http://127.0.0.1:{port_of(listener)}"
    await server.stop()


async def test_a_certificate_is_fetched(amazon: str) -> None:
    assert await fetch(f"{amazon}/good.pem") == b"a certificate"


@pytest.mark.parametrize("what", ["moved.pem", "huge.pem", "missing.pem"])
async def test_what_is_no_plain_small_answer_is_none(amazon: str, what: str) -> None:
    with pytest.raises(AmazonAway):
        await fetch(f"{amazon}/{what}")


async def test_nobody_there_is_said_so() -> None:
    with pytest.raises(AmazonAway):
        await fetch("http://127.0.0.1:1/good.pem")


async def test_only_the_latest_certificates_are_kept() -> None:
    fetched: list[str] = []

    async def note(url: str) -> bytes:
        fetched.append(url)
        return url.encode()

    certificates = Certificates(note)
    urls = [f"https://sns.eu-west-1.amazonaws.com/{number}.pem" for number in range(KEPT_CERTIFICATES + 1)]
    for url in (*urls, urls[-1]):
        assert await certificates.get(url) == url.encode()
    assert fetched == urls
    await certificates.get(urls[0])
    assert fetched == [*urls, urls[0]]
