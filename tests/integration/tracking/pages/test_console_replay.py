"""From the console a dead letter goes back to its topic: by a person, from the console's own page, once."""

from __future__ import annotations

import httpx
import pytest

from shared.messaging.dead_letters import DeadLetter, bury
from tests.support.migrated import ask, count
from tests.support.tracking_pages import Tracking

OWN_PAGE = {"sec-fetch-site": "same-origin"}


async def buried(tracking: Tracking, topic: str = "shop.orders.v1") -> int:
    async with tracking.database.transaction() as tx:
        await bury(tx, [DeadLetter(topic, 0, 7, b"demo/A-1001", b"{}", [], "invalid: x")], "tracking")
    await ask(tracking.database, "DELETE FROM outbox RETURNING id")
    (row,) = await ask(tracking.database, "SELECT max(id) AS id FROM dead_letters")
    return int(row["id"])


async def press(tracking: Tracking, letter: object, query: str = "", **headers: str) -> httpx.Response:
    path = f"/queues/dead-letters/{letter}/replay{query}"
    return await tracking.console.post(path, headers={name.replace("_", "-"): text for name, text in headers.items()})


async def test_the_button_beside_a_letter_sends_it_back_and_shows_when(tracking: Tracking) -> None:
    letter = await buried(tracking)
    text = (await tracking.console.get("/queues")).text
    action = text.partition('method="post" action="')[2].partition('"')[0]
    assert action == f"/queues/dead-letters/{letter}/replay"
    answer = await tracking.console.post(action, headers=OWN_PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/queues#dead")
    assert await count(tracking.database, "outbox", "topic = 'shop.orders.v1'") == 1
    again = (await tracking.console.get("/queues")).text
    assert f"{action}?again=true" in again


async def test_a_second_press_of_the_same_button_says_that_it_was_done(tracking: Tracking) -> None:
    letter = await buried(tracking)
    first, second = [await press(tracking, letter, sec_fetch_site="same-origin") for _ in range(2)]
    assert (first.status_code, second.status_code) == (303, 409)
    assert "Ya se volvió a pasar" in second.text
    third = await press(tracking, letter, "?again=true", sec_fetch_site="same-origin")
    assert third.status_code == 303
    assert await count(tracking.database, "outbox") == 2


async def test_what_cannot_be_published_is_said(tracking: Tracking) -> None:
    answer = await press(tracking, await buried(tracking, "carrier.parcels.v0"), sec_fetch_site="same-origin")
    assert answer.status_code == 409
    assert "Ningún bróker lo aceptaría" in answer.text


async def test_a_letter_that_does_not_exist_is_said(tracking: Tracking) -> None:
    answer = await press(tracking, 99, sec_fetch_site="same-origin")
    assert answer.status_code == 404
    assert "No hay tal mensaje" in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec_fetch_site": "same-origin"}, 303),
        ({"origin": "http://tracking.test"}, 303),
        ({"origin": "https://tracking.test"}, 303),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "none"}, 403),
        ({"sec_fetch_site": "cross-site", "origin": "http://tracking.test"}, 403),
        ({"origin": "http://elsewhere.test"}, 403),
        ({"origin": "http://tracking.test:8080"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://[x"}, 403),
        ({}, 403),
    ],
)
async def test_only_the_consoles_own_page_may_send_it(tracking: Tracking, headers: dict[str, str], status: int) -> None:
    answer = await press(tracking, await buried(tracking), **headers)
    assert answer.status_code == status
    assert await count(tracking.database, "outbox") == (1 if status == 303 else 0)


async def test_nobody_replays_without_the_operators_key(tracking: Tracking) -> None:
    letter = await buried(tracking)
    tracking.console.auth = httpx.Auth()
    assert (await press(tracking, letter, sec_fetch_site="same-origin")).status_code == 401
    assert await count(tracking.database, "outbox") == 0
