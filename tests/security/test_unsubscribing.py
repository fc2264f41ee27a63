"""Machines open every link of a mail, and strangers make links up: nobody's choices change but by who has the link."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from services.tracking.tokens import TOKEN_LENGTH
from shared.contracts.vocabulary import Step
from tests.support.attacks import chance, tries
from tests.support.migrated import ask
from tests.support.notifier_world import Notifier, step

ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"content-type": "application/x-www-form-urlencoded"}
TABLES = ("consents", "languages_chosen", "messages")
FLIPS = tries(200, 10_000)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


async def everything(notifier: Notifier) -> Mapping[str, list[object]]:
    return {table: [*await ask(notifier.database, f"SELECT * FROM {table} ORDER BY 1")] for table in TABLES}


async def token_of(notifier: Notifier) -> str:
    (row,) = await ask(notifier.database, "SELECT token FROM preference_links")
    return str(row["token"])


@pytest.mark.parametrize(
    "agent", ["Mozilla/5.0", "BarracudaSentinel (EE)", "GoogleImageProxy", "Outlook-Safelinks", ""]
)
async def test_a_scanner_that_opens_every_link_in_every_way_changes_nothing(notifier: Notifier, agent: str) -> None:
    await notifier.hears(step(Step.IN_TRANSIT))
    page, before = f"/preferences/{await token_of(notifier)}", await everything(notifier)
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"):
        for end in ("", "/unsubscribe", "/unsubscribe?List-Unsubscribe=One-Click", "?channel=&form=preferences"):
            await notifier.http.request(method, page + end, headers={"user-agent": agent}, follow_redirects=True)
    assert await everything(notifier) == before


async def test_a_click_with_a_link_that_is_wrong_in_one_place_unsubscribes_nobody(notifier: Notifier) -> None:
    await notifier.hears(step(Step.IN_TRANSIT))
    good, before, rolled = await token_of(notifier), await everything(notifier), chance()
    for _ in range(FLIPS):
        place = rolled.randrange(TOKEN_LENGTH)
        wrong = good[:place] + rolled.choice(ALPHABET.replace(good[place], "")) + good[place + 1 :]
        answer = await notifier.http.post(f"/preferences/{wrong}/unsubscribe", content=ONE_CLICK, headers=FORM)
        assert answer.status_code in (404, 429)
    assert await everything(notifier) == before
    answer = await notifier.http.post(f"/preferences/{good}/unsubscribe", content=ONE_CLICK, headers=FORM)
    assert answer.status_code == 200
    assert await everything(notifier) != before


@pytest.mark.parametrize("body", [b"", b"List-Unsubscribe=", b"list-unsubscribe=one-click", b'{"List-Unsubscribe":1}'])
async def test_a_post_that_does_not_say_what_it_wants_unsubscribes_nobody(notifier: Notifier, body: bytes) -> None:
    await notifier.hears(step(Step.IN_TRANSIT))
    good, before = await token_of(notifier), await everything(notifier)
    answer = await notifier.http.post(f"/preferences/{good}/unsubscribe", content=body, headers=FORM)
    assert answer.status_code == 422
    assert await everything(notifier) == before
