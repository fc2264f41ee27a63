"""Thousands of orders placed for the fee of their messages: the bill stops at the cap, and nobody else notices."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy.exc import DBAPIError

from services.notifier.domain.phone_costs import (
    CAP_OF_NUMBER,
    CAP_OF_PREFIX,
    CAP_OF_SHOP,
    COSTLY_NUMBER,
    COUNTRY_NOT_ALLOWED,
    REFUSALS,
    Bucket,
    Caps,
    Wish,
    share_out,
    why_not_to,
)
from services.notifier.people import phone_caps
from shared.contracts.orders import Buyer, Consent
from shared.contracts.vocabulary import Channel, Step
from shared.shops import Phones, Shops
from tests.support.attacks import tries
from tests.support.migrated import ask, count
from tests.support.notifier_world import DEMO, Notifier, now, step

DEFAULTS = Caps(Phones().per_number_a_day, Phones().per_prefix_a_day, Phones().per_shop_a_day)
PUMPED = "+5511987"


def wishes(how_many: int, shop: str = "demo", prefix: str = PUMPED, caps: Caps = DEFAULTS) -> list[Wish]:
    return [Wish(shop, f"{prefix}{number % 10_000:06}", caps) for number in range(how_many)]


def test_of_twenty_thousand_orders_from_one_prefix_the_cap_is_told_and_the_rest_refused() -> None:
    counted: dict[Bucket, int] = {}
    answers = Counter(share_out(wishes(20_000), counted))
    assert answers == {None: DEFAULTS.prefix, CAP_OF_PREFIX: 20_000 - DEFAULTS.prefix}


def test_the_prefix_being_full_keeps_neither_the_shops_other_buyers_nor_another_shop_from_their_messages() -> None:
    counted: dict[Bucket, int] = {}
    list(share_out(wishes(20_000), counted))
    others = [*wishes(50, prefix="+3461234"), *wishes(50, shop="other")]
    assert set(share_out(others, counted)) == {None}


def test_one_number_is_written_to_until_its_own_cap_and_takes_no_more_of_its_neighbours_room() -> None:
    counted: dict[Bucket, int] = {}
    loud = [Wish("demo", "+5511987000001", DEFAULTS)] * 1_000
    assert Counter(share_out(loud, counted)) == {None: DEFAULTS.number, CAP_OF_NUMBER: 1_000 - DEFAULTS.number}
    assert Counter(share_out(wishes(280), counted))[None] == 280 - 1  # number 1 had its share


def test_numbers_all_over_the_world_stop_at_the_cap_of_the_shop() -> None:
    spread = [Wish("demo", f"+55{number:06}0000", DEFAULTS) for number in range(20_000)]
    assert Counter(share_out(spread, {})) == {None: DEFAULTS.shop, CAP_OF_SHOP: 20_000 - DEFAULTS.shop}


@pytest.mark.parametrize(
    ("number", "countries", "why"),
    [
        ("+34600000001", None, None),
        ("+34600000001", ("ES", "PT"), None),
        ("+351912345678", ("ES",), COUNTRY_NOT_ALLOWED),
        ("+34806123456", None, COSTLY_NUMBER),  # premium
        ("+34902123456", None, COSTLY_NUMBER),  # shared cost
        ("+447012345678", None, COSTLY_NUMBER),  # a British personal number
        ("+447600123456", None, COSTLY_NUMBER),  # a pager
        ("+19005551234", None, COSTLY_NUMBER),
        ("+979123456789", None, COSTLY_NUMBER),  # international premium rate
        ("+8816123456789", None, COSTLY_NUMBER),  # a satellite phone
        ("+12025550123", ("US",), None),
        ("+18765550123", ("US",), COUNTRY_NOT_ALLOWED),  # Jamaica shares the code of the USA
        ("+447400123456", ("GB",), None),
        ("+447781123456", ("GB",), COUNTRY_NOT_ALLOWED),  # Guernsey
        ("+77012345678", ("RU",), COUNTRY_NOT_ALLOWED),  # Kazakhstan
        ("+999123456789", None, COUNTRY_NOT_ALLOWED),  # no country at all
    ],
)
def test_a_number_that_costs_too_much_or_is_of_a_country_not_allowed_is_not_written_to(
    number: str, countries: tuple[str, ...] | None, why: str | None
) -> None:
    assert why_not_to(number, countries) == why


def by_phone(number: str) -> Buyer:
    return Buyer(name="Ana", email="ana@example.com", phone=number, consents=(Consent(channel=Channel.WHATSAPP),))


def with_phones(notifier: Notifier, **limits: object) -> Notifier:
    """The demo shop with these limits, and another one with the defaults."""
    pumped = DEMO.model_copy(update={"phones": Phones.model_validate(limits)})
    other = DEMO.model_copy(update={"id": "other", "phones": Phones()})
    return replace(notifier, shops=Shops({"demo": pumped, "other": other}))


def refused(reason: str) -> float:
    return REGISTRY.get_sample_value("otn_phone_refused_total", {"shop": "demo", "reason": reason}) or 0.0


async def verdicts(notifier: Notifier, shop: str = "demo") -> Counter[tuple[str, str, str]]:
    rows = await ask(notifier.database, "SELECT channel, state, reason FROM messages WHERE shop = :shop", shop=shop)
    return Counter((row["channel"], row["state"], row["reason"]) for row in rows)


async def test_a_pumped_shop_tells_up_to_its_cap_says_why_not_raises_the_metric_and_still_writes_mails(
    notifier: Notifier,
) -> None:
    cap, orders = 30, tries(120, 2_000)
    pumped, before = with_phones(notifier, per_prefix_a_day=cap), refused(CAP_OF_PREFIX)
    steps = [
        step(Step.SHIPPED, order_id=f"P-{number}", buyer=by_phone(f"+55119870{number % 10_000:04}"))
        for number in range(orders)
    ]
    for first in range(0, orders, 50):
        await pumped.hears(*steps[first : first + 50])
    await pumped.hears(step(Step.SHIPPED, shop="other", buyer=by_phone("+5511987000001")))
    told = await verdicts(pumped)
    assert told[("whatsapp", "planned", "due")] == told[("sms", "standby", "told_by_whatsapp")] == cap
    for channel in ("whatsapp", "sms"):
        assert told[(channel, "suppressed", CAP_OF_PREFIX)] == orders - cap
    assert told[("email", "planned", "due")] == orders
    assert (await verdicts(pumped, "other"))[("whatsapp", "planned", "due")] == 1
    assert refused(CAP_OF_PREFIX) - before == 2 * (orders - cap)


async def test_the_reason_reaches_tracking_and_the_next_day_there_is_room_again(notifier: Notifier) -> None:
    pumped = with_phones(notifier, per_number_a_day=1)
    for nth in (1, 2):
        await pumped.hears(step(Step.SHIPPED, order_id=f"A-{nth}", buyer=by_phone("+34600000001")))
    reasons = {(outcome.order_id, outcome.channel, outcome.reason) for outcome in await pumped.outcomes()}
    assert ("A-2", Channel.SMS, CAP_OF_NUMBER) in reasons and ("A-1", Channel.WHATSAPP, "due") in reasons
    async with pumped.database.transaction() as tx:
        wish = Wish("demo", "+34600000001", Caps(1, 1, 1))
        assert await phone_caps.take_room(tx, [wish], now() + timedelta(days=1)) == [None]


async def test_two_consumers_at_once_never_give_the_same_room_away(notifier: Notifier) -> None:
    wish = Wish("demo", "+34600000001", Caps(number=1, prefix=9, shop=9))
    async with notifier.database.transaction() as one:
        assert await phone_caps.take_room(one, [wish], now()) == [None]
        with pytest.raises(DBAPIError, match="lock timeout"):
            async with notifier.database.transaction() as two:
                await two.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
                assert await phone_caps.take_room(two, [replace(wish, shop="other")], now()) == [None]
                await phone_caps.take_room(two, [wish], now())
    async with notifier.database.transaction() as three:
        assert await phone_caps.take_room(three, [wish], now()) == [CAP_OF_NUMBER]


async def test_a_premium_number_and_a_foreign_one_are_suppressed_with_their_reason(notifier: Notifier) -> None:
    fenced = with_phones(notifier, countries=["ES"])
    await fenced.hears(
        step(Step.SHIPPED, order_id="premium", buyer=by_phone("+34806123456")),
        step(Step.SHIPPED, order_id="foreign", buyer=by_phone("+351912345678")),
        step(Step.SHIPPED, order_id="home", buyer=by_phone("+34600000001")),
    )
    assert await fenced.state(Step.SHIPPED, Channel.SMS, "premium") == ("suppressed", COSTLY_NUMBER)
    assert await fenced.state(Step.SHIPPED, Channel.WHATSAPP, "foreign") == ("suppressed", COUNTRY_NOT_ALLOWED)
    assert await fenced.state(Step.SHIPPED, Channel.WHATSAPP, "home") == ("planned", "due")
    assert await fenced.state(Step.SHIPPED, Channel.EMAIL, "premium") == ("planned", "due")


async def test_what_was_counted_holds_no_number_and_is_forgotten_after_two_days(notifier: Notifier) -> None:
    await with_phones(notifier).hears(step(Step.SHIPPED, buyer=by_phone("+34600765431")))
    rows = await ask(notifier.database, "SELECT CAST(c AS text) AS line FROM phone_counts c")
    assert len(rows) == 3
    assert not [
        row["line"] for row in rows if "5431" in row["line"].partition("number")[0] or "600765431" in row["line"]
    ]
    for days, left in ((2, 3), (3, 0)):
        async with notifier.database.transaction() as tx:
            await phone_caps.forget(tx, now() + timedelta(days=days), 100)
        assert await count(notifier.database, "phone_counts") == left


def test_every_refusal_is_a_word_that_operators_find_in_their_handbook() -> None:
    assert {CAP_OF_NUMBER, CAP_OF_PREFIX, CAP_OF_SHOP, COSTLY_NUMBER, COUNTRY_NOT_ALLOWED} == REFUSALS
