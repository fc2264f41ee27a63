"""The simulated providers refuse what the real ones refuse, can be driven from outside, and stop when told to."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.providers import Action, Arrival, Providers, Rule, providers
from sandbox.providers.accept_log import read
from tests.support.callback_sink import callback_sink
from tests.support.letters import TEMPLATE

SMS = {"To": "+34600000001", "From": "+34600000000", "Body": "Hola"}


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Providers]:
    async with providers(tmp_path_factory.mktemp("providers"), templates=[TEMPLATE]) as found:
        yield found


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=10) as client:
        yield client


def messages_url(running: Providers) -> str:
    return f"{running.twilio_url}/2010-04-01/Accounts/{running.twilio_account.sid}/Messages.json"


def login(running: Providers) -> httpx.BasicAuth:
    return httpx.BasicAuth(running.twilio_account.sid, running.twilio_account.auth_token)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "600000001"}, 21211),
        ({"From": "+34600000009"}, 21606),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"StatusCallback": "not a url"}, 21609),
    ],
)
async def test_twilio_refuses_a_wrong_field(
    running: Providers, client: httpx.AsyncClient, change: dict[str, str], code: int
) -> None:
    answer = await client.post(messages_url(running), data={**SMS, **change}, auth=login(running))

    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_twilio_refuses_strangers_and_the_accounts_of_others(
    running: Providers, client: httpx.AsyncClient
) -> None:
    stranger = await client.post(messages_url(running), data=SMS, auth=("AC0", "guess"))
    other = messages_url(running).replace(running.twilio_account.sid, "AC0")

    assert (stranger.status_code, stranger.json()["code"]) == (401, 20003)
    assert (await client.post(other, data=SMS, auth=login(running))).status_code == 404


async def graph(running: Providers, client: httpx.AsyncClient, path: str, body: Any, token: str = "") -> httpx.Response:
    bearer = token or running.graph.app.access_token
    return await client.post(f"{running.graph_url}/{path}", json=body, headers={"Authorization": f"Bearer {bearer}"})


async def test_graph_refuses_strangers_free_text_and_what_it_does_not_know(
    running: Providers, client: httpx.AsyncClient
) -> None:
    messages = f"{running.graph.app.phone_number_id}/messages"
    known = {"messaging_product": "whatsapp", "to": "+34600000001"}
    cases: list[tuple[str, Any, str, int]] = [
        (messages, known, "guess", 190),
        ("999/messages", known, "", 100),
        (messages, [], "", 100),
        (messages, {"to": "+34600000001"}, "", 100),
        (messages, {**known, "to": "0"}, "", 131009),
        (messages, {**known, "type": "text", "text": {"body": "Hola"}}, "", 131047),
        (messages, {**known, "type": "template", "template": {}}, "", 131008),
        (messages, {**known, "type": "template", "biz_opaque_callback_data": "x" * 513}, "", 131009),
    ]
    for path, body, token, code in cases:
        assert (await graph(running, client, path, body, token)).json()["error"]["code"] == code


async def test_templates_can_be_submitted_as_to_meta(running: Providers, client: httpx.AsyncClient) -> None:
    path = f"{running.graph.app.business_account_id}/message_templates"

    good = await graph(running, client, path, {**TEMPLATE, "language": "es_AR"})
    bad = await graph(running, client, path, {**TEMPLATE, "name": "Not Allowed"})

    assert (good.status_code, good.json()["status"]) == (200, "APPROVED")
    assert bad.status_code == 400


async def test_a_webhook_is_used_only_after_it_has_answered_the_challenge(
    running: Providers, client: httpx.AsyncClient
) -> None:
    async with callback_sink() as sink:
        sink.verify_token = running.graph.app.verify_token
        url = f"{sink.url}/receipts/whatsapp"
        good = await client.post(f"{running.control_url}/webhook", json={"url": url})
        sink.verify_token = "another word"
        bad = await client.post(f"{running.control_url}/webhook", json={"url": f"{sink.url}/other"})

    assert (good.status_code, bad.status_code) == (200, 400)
    assert running.graph.app.webhook_url == url
    assert "challenge" in bad.json()["detail"]


async def test_a_webhook_that_is_away_is_named(running: Providers, client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{running.control_url}/webhook", json={"url": "http://127.0.0.1:9/x"})

    assert answer.status_code == 400
    assert "did not answer" in answer.json()["detail"]


async def test_faults_can_be_scripted_from_outside(running: Providers, client: httpx.AsyncClient) -> None:
    rules = {"rules": [{"action": "unavailable_503", "provider": "twilio", "times": 1}]}
    faults = f"{running.control_url}/faults"

    assert (await client.post(faults, json=rules)).status_code == 200
    assert (await client.post(messages_url(running), data=SMS, auth=login(running))).status_code == 503
    assert (await client.get(faults)).json()["rules"][0]["used"] == 1
    assert (await client.delete(faults)).json() == {"rules": []}
    assert (await client.post(messages_url(running), data=SMS, auth=login(running))).status_code == 201
    assert (await client.post(faults, json={"rules": [{"action": "explode"}]})).status_code == 422
    assert (await client.get(f"{running.control_url}/pending")).json()["pending"] == 0


async def test_stopping_does_not_wait_for_those_who_hang(tmp_path: Path) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        async with providers(tmp_path) as running:
            arrived = asyncio.Event()

            def note(_: Arrival) -> bool:
                arrived.set()
                return True

            running.faults.add(Rule(action=Action.HANG), when=note)
            hanging = asyncio.ensure_future(client.post(messages_url(running), data=SMS, auth=login(running)))
            await arrived.wait()
            stopping_since = time.monotonic()
        assert time.monotonic() - stopping_since < 3
        with pytest.raises(httpx.TransportError):
            await hanging


async def test_the_providers_run_as_a_process_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "templates.json").write_text(json.dumps([TEMPLATE]))
    ports = tmp_path / "ports.json"
    arguments = ["--folder", tmp_path, "--ports-file", ports, "--templates", tmp_path / "templates.json"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox.providers",
        *map(str, arguments),
        cwd=Path(__file__).parents[4],
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            assert b"listening" in await process.stdout.readline()
        told = json.loads(ports.read_text())
        variables = told["environment"]
        async with httpx.AsyncClient(timeout=10) as client:
            url = f"{told['twilio_url']}/2010-04-01/Accounts/{variables['TWILIO_ACCOUNT_SID']}/Messages.json"
            auth = (variables["TWILIO_ACCOUNT_SID"], variables["TWILIO_AUTH_TOKEN"])
            assert (await client.post(url, data=SMS, auth=auth)).status_code == 201
        assert [entry.text for entry in read(Path(told["accept_log"]))] == ["Hola"]
        assert ports.stat().st_mode & 0o077 == 0
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
