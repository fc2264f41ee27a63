"""Links of pages, guessed at random and from a good one: none opens, and whoever goes on is told to wait."""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Iterator

import httpx

from services.notifier.preferences import links
from services.tracking.tokens import TOKEN_LENGTH
from shared.contracts.vocabulary import Step
from shared.link_misses import ALLOWED
from tests.support.attacks import chance, tries
from tests.support.deliveries import SEUR, order, scan
from tests.support.migrated import ask
from tests.support.notifier_world import Notifier, step
from tests.support.tracking_pages import Tracking

ALPHABET = string.ascii_letters + string.digits + "-_"
GUESSES = tries(200, 100_000)
"""Of each kind."""
SHORTEST_SECRET_BITS = 80


def at_random(rolled: random.Random) -> Iterator[str]:
    for _ in range(GUESSES):
        yield "".join(rolled.choices(ALPHABET, k=TOKEN_LENGTH))


def next_to(good: str) -> Iterator[str]:
    """The good one with one character changed, then counted on from."""
    near = [good[:at] + c + good[at + 1 :] for at in range(len(good)) for c in ALPHABET if c != good[at]]
    yield from near[:: max(1, len(near) // GUESSES)]
    for number in range(max(0, GUESSES - len(near))):
        digits = [ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)] for place in range(3)]
        yield good[:-4] + "".join(digits) + good[-1]


async def answers_of(client: httpx.AsyncClient, folder: str, good: str) -> Counter[int]:
    """By status, without those guesses that are the good one by chance."""
    seen: Counter[int] = Counter()
    for guess in (*at_random(chance()), *next_to(good)):
        if guess != good and not same_bits(guess, good):
            seen[(await client.get(f"{folder}{guess}")).status_code] += 1
    return seen


def same_bits(guess: str, good: str) -> bool:
    """22 characters of base64 hold 132 bits: the last four of a 128-bit token say nothing."""
    return guess[:-1] == good[:-1]


async def test_no_guess_opens_a_tracking_page_and_the_guesser_is_told_to_wait(tracking: Tracking) -> None:
    await tracking.hears(order("shipped", 2, parcels=[SEUR]), scan("accepted", 3))
    good = tracking.link().removeprefix("/t/")
    seen = await answers_of(tracking.page, "/t/", good)
    assert seen[404] == ALLOWED and seen.keys() == {404, 429}
    assert (await tracking.page.get(tracking.link())).status_code == 200


async def test_no_guess_opens_a_page_of_preferences_and_the_guesser_is_told_to_wait(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED))
    (row,) = await ask(notifier.database, "SELECT token FROM preference_links")
    seen = await answers_of(notifier.http, "/preferences/", str(row["token"]))
    assert seen.keys() == {404, 429}
    refused = await notifier.http.get("/preferences/" + "A" * 22)
    assert (refused.status_code, refused.headers["cache-control"]) == (429, "no-store")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert (await notifier.http.get(f"/preferences/{row['token']}")).status_code == 200


def test_both_links_hold_more_bits_than_anybody_can_try() -> None:
    drawn = {links.new_token() for _ in range(10_000)}
    assert len(drawn) == 10_000
    for place in range(TOKEN_LENGTH - 1):  # every place takes every letter: none of them is fixed or counted up
        assert {token[place] for token in drawn} == set(ALPHABET)
    assert (TOKEN_LENGTH - 1) * 6 > SHORTEST_SECRET_BITS
