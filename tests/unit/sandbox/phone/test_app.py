"""The phone page over HTTP: what it serves, how tightly, and that hostile words stay words."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.people import PEOPLE
from sandbox.phone.address_book import AddressBook
from sandbox.phone.app import ASSETS, PAGE, event, live, opening_links_outside, phone_app
from sandbox.phone.mailroom import Mailroom
from shared.contracts.vocabulary import Channel
from tests.support.accepted_messages import HOSTILE, LINK, phone_message


@pytest.fixture
def mailroom() -> Mailroom:
    return Mailroom(AddressBook(PEOPLE, b"salt"))


@pytest.fixture
async def client(mailroom: Mailroom) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(phone_app(mailroom))
    async with httpx.AsyncClient(transport=transport, base_url="http://phone") as opened:
        yield opened


async def test_the_page_and_everything_it_needs_come_from_here_and_from_nowhere_else(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    wanted = re.findall(r'(?:src|href)="(?!data:|#)([^"]+)"', page.text)
    assert {path.removeprefix("/assets/") for path in wanted} <= set(ASSETS)
    for path in wanted:
        assert (await client.get(path)).status_code == 200, path
    everything = page.text + "".join((PAGE / name).read_text("utf-8") for name in ASSETS)
    assert set(re.findall(r"https?://[^\s'\"`)]+", everything)) == {"http://www.w3.org/2000/svg"}


def test_the_pages_script_never_turns_text_into_markup() -> None:
    for name in ASSETS:
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|\beval\b", (PAGE / name).read_text("utf-8")
        ), name


async def test_people_and_their_messages_are_told_as_data(client: httpx.AsyncClient, mailroom: Mailroom) -> None:
    mailroom.deliver(phone_message("m1", text=f"Hoy te lo llevamos. Síguelo: {LINK}."))
    (person,) = (await client.get("/api/people")).json()
    (message,) = (await client.get(f"/api/people/{person['id']}/messages")).json()
    assert (message["text"], message["tracking"]) == (f"Hoy te lo llevamos. Síguelo: {LINK}.", LINK)


async def test_a_mail_is_served_into_a_frame_that_runs_no_script_and_reaches_nobody(
    client: httpx.AsyncClient, mailroom: Mailroom
) -> None:
    html = f"<html><head></head><body>{HOSTILE}</body></html>"
    mailroom.deliver(phone_message("m1", channel=Channel.EMAIL, subject=HOSTILE, html=html))
    mail = await client.get("/mails/m1")
    policy = mail.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert mail.headers["x-content-type-options"] == "nosniff"


async def test_hostile_words_leave_as_json_and_can_not_end_an_event(
    client: httpx.AsyncClient, mailroom: Mailroom
) -> None:
    words = f"{HOSTILE}\n\nevent: message\ndata: {{}}\u2028\r\n\r\n"
    mailroom.deliver(phone_message("m1", text=words))
    people = await client.get("/api/people")
    assert people.headers["content-type"] == "application/json"
    sent = event({"message": {"text": words}})
    assert sent.count("\n\n") == 1
    assert json.loads(sent.split("data: ", 1)[1])["message"]["text"] == words


@pytest.mark.parametrize(
    "path", ["/mails/nobody", "/api/people/nobody/messages", "/assets/app.py", "/assets/..%2fapp.py"]
)
async def test_what_is_not_there_is_answered_as_a_problem(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_mail_without_html_has_no_page_of_its_own(client: httpx.AsyncClient, mailroom: Mailroom) -> None:
    mailroom.deliver(phone_message("m1", channel=Channel.EMAIL))
    assert (await client.get("/mails/m1")).status_code == 404


async def test_live_updates_come_as_they_happen_and_end_when_the_sandbox_does(mailroom: Mailroom) -> None:
    stream = live(mailroom)
    assert (await anext(stream)).startswith("retry:")
    mailroom.deliver(phone_message("m1", text="Entregado"))
    assert '"Entregado"' in await anext(stream)
    mailroom.close()
    assert [part async for part in stream] == []


@pytest.mark.parametrize("html", ["<html><head><title>x</title></head><body></body></html>", "<p>sin cabecera</p>", ""])
def test_a_mails_links_open_outside_the_frame_and_the_mail_stays_whole(html: str) -> None:
    shown = opening_links_outside(html)
    assert shown.replace('<base target="_blank">', "") == html
    assert shown != html
