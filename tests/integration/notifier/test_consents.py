"""The newest word counts: what an order, a page, a provider or a complaint says of telling somebody."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sandbox.providers import Action, Rule
from services.notifier.domain.person import person_of
from services.notifier.people import consents, reach
from services.notifier.people.consents import Purpose, Source, Standing, Word
from services.notifier.people.reach import Lesson, lasts, note_unreachable, unreachable_among
from shared.contracts.orders import Buyer, Consent
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel, Step
from tests.support.migrated import ask, count
from tests.support.notifier_world import BY_MAIL, BY_SMS, Notifier, now, step
from tests.support.receipts_posted import callback_url, twilio_says
from tests.support.steps_reached import with_order

EMAIL, SMS, WHATSAPP = Channel.EMAIL, Channel.SMS, Channel.WHATSAPP
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PHONE = "+34600000001"
LUCIA = person_of("demo", PHONE)


def ordered(
    at: datetime, sequence: int = 1, *, order_id: str = "A-1001", granted_at: datetime | None = None
) -> StepReached:
    """Shipped, of an order placed then whose buyer ticked the box for WhatsApp."""
    ticked = Consent(channel=WHATSAPP, granted_at=granted_at)
    buyer = Buyer(phone=PHONE, consents=(ticked,))
    return with_order(step(Step.SHIPPED, sequence, order_id=order_id, buyer=buyer), placed_at=at)


async def withdraws(
    notifier: Notifier, at: datetime, channel: Channel = WHATSAPP, purpose: Purpose = Purpose.ORDER_STATUS
) -> None:
    async with notifier.database.transaction() as tx:
        await consents.note(tx, [Word("demo", LUCIA, channel, purpose, False, Source.PREFERENCES, at, "A-1")])


async def planned(notifier: Notifier, order_id: str = "A-1001") -> dict[str, str]:
    rows = await ask(
        notifier.database, "SELECT channel, reason FROM messages WHERE order_id = :order_id", order_id=order_id
    )
    return {row["channel"]: row["reason"] for row in rows}


async def test_a_consent_given_with_the_order_counts_until_it_is_withdrawn(notifier: Notifier) -> None:
    await notifier.hears(ordered(now() - DAY))
    assert (await planned(notifier))["whatsapp"] == "due"
    await withdraws(notifier, now())
    await notifier.hears(ordered(now() - 2 * DAY, order_id="A-2"))
    assert await planned(notifier, "A-2") == {"email": "no_address", "whatsapp": "buyer_opted_out", "sms": "due"}


async def test_an_order_that_was_placed_before_the_withdrawal_never_overrides_it_however_often_it_is_sent(
    notifier: Notifier,
) -> None:
    await withdraws(notifier, now() - HOUR)
    for sequence in (1, 2, 3):
        await notifier.hears(ordered(now() - DAY, sequence, order_id=f"A-{sequence}"))
        assert (await planned(notifier, f"A-{sequence}"))["whatsapp"] == "buyer_opted_out"


async def test_an_order_that_was_placed_later_gives_it_again(notifier: Notifier) -> None:
    await withdraws(notifier, now() - DAY)
    await notifier.hears(ordered(now() - HOUR))
    assert (await planned(notifier))["whatsapp"] == "due"


async def test_a_consent_dated_in_the_future_does_not_outlive_a_withdrawal(notifier: Notifier) -> None:
    await withdraws(notifier, now() - HOUR)
    await notifier.hears(ordered(now() - DAY, granted_at=now() + 365 * DAY))
    assert (await planned(notifier))["whatsapp"] == "buyer_opted_out"


async def test_of_two_words_of_one_instant_the_withdrawal_counts_whichever_is_written_first(notifier: Notifier) -> None:
    at = now()
    words = [
        Word("demo", LUCIA, SMS, Purpose.ORDER_STATUS, granted, Source.PREFERENCES, at, order)
        for order, granted in (("A-1", True), ("A-1", False), ("A-2", True))
    ]
    async with notifier.database.transaction() as tx:
        await consents.note(tx, words)
        await consents.note(tx, words[::-1])
        said = await consents.standing(tx, [("demo", LUCIA)])
    assert said == {("demo", LUCIA): Standing(withdrawn=frozenset({(SMS, Purpose.ORDER_STATUS)}))}
    assert await count(notifier.database, "consents") == 3


async def test_what_is_said_to_one_shop_does_not_count_at_another(notifier: Notifier) -> None:
    assert person_of("demo", PHONE) != person_of("other", PHONE)
    assert person_of("demo", "Lucia@Example.com ") == person_of("demo", "lucia@example.com")


async def test_whoever_does_without_extras_is_not_told_of_them_by_any_channel_they_said_so_for(
    notifier: Notifier,
) -> None:
    await withdraws(notifier, now(), SMS, Purpose.EXTRAS)
    shop = notifier.shops["demo"]
    told_everywhere = shop.model_copy(update={"channels": shop.channels.model_copy(update={"only": {}})})
    notifier.shops = type(notifier.shops)({"demo": told_everywhere})
    await notifier.hears(step(Step.IN_TRANSIT, buyer=BY_SMS), step(Step.DELIVERED, 2, order_id="A-2", buyer=BY_SMS))
    assert (await planned(notifier))["sms"] == "buyer_opted_out"
    assert (await planned(notifier, "A-2"))["sms"] == "due"


async def learns(notifier: Notifier, kind: Step, channel: Channel, lesson: Lesson) -> None:
    message = (await notifier.message(kind, channel))["id"]
    async with notifier.database.transaction() as tx:
        await reach.learn(tx, {message: lesson}, now())


async def test_a_stop_reply_to_the_provider_ends_what_is_waiting_and_what_comes(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=BY_SMS), step(Step.SHIPPED, order_id="A-2", buyer=BY_SMS))
    (first, second) = await ask(notifier.database, "SELECT id FROM messages WHERE channel = 'sms' ORDER BY order_id")
    async with notifier.database.transaction() as tx:
        await reach.learn(tx, {first["id"]: Lesson("twilio_21610_opted_out", unreachable=True)}, now())
    assert await notifier.state(Step.SHIPPED, SMS, "A-2") == ("suppressed", "buyer_opted_out")
    assert (await notifier.verdicts(SMS))[second["id"]] == ["planned", "suppressed"]
    await notifier.hears(step(Step.DELIVERED, 2, buyer=BY_SMS))
    assert await notifier.state(Step.DELIVERED, SMS) == ("suppressed", "buyer_opted_out")
    assert await count(notifier.database, "unreachable") == 0


async def test_a_complaint_ends_all_mail_of_that_shop_to_that_address(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED))
    await learns(notifier, Step.SHIPPED, EMAIL, Lesson("complained", complaint=True))
    await notifier.hears(step(Step.DELIVERED, 2))
    assert await notifier.state(Step.DELIVERED) == ("suppressed", "buyer_opted_out")
    rows = await ask(notifier.database, "SELECT purpose, state, source FROM consents ORDER BY 1")
    assert [tuple(row.values()) for row in rows] == [
        ("order_extras", "withdrawn", "complaint"),
        ("order_status", "withdrawn", "complaint"),
    ]


async def test_an_address_that_bounced_is_passed_over_until_its_time_is_over(notifier: Notifier) -> None:
    both = Buyer(phone=PHONE, consents=(Consent(channel=WHATSAPP),))
    await notifier.hears(step(Step.SHIPPED, buyer=both))
    await learns(notifier, Step.SHIPPED, WHATSAPP, Lesson("whatsapp_131026_undeliverable", unreachable=True))
    await notifier.hears(step(Step.SHIPPED, order_id="A-2", buyer=both))
    assert await planned(notifier, "A-2") == {"email": "no_address", "whatsapp": "address_unreachable", "sms": "due"}
    await ask(notifier.database, "UPDATE unreachable SET until = now() - interval '1 s' RETURNING until")
    await notifier.hears(step(Step.SHIPPED, order_id="A-3", buyer=both))
    assert (await planned(notifier, "A-3"))["whatsapp"] == "due"
    async with notifier.database.transaction() as tx:
        assert await reach.forget(tx, now()) == 1


async def test_a_refusal_at_sending_is_learnt_from_and_one_that_may_pass_is_not(notifier: Notifier) -> None:
    notifier.providers.faults.add(Rule(action=Action.REJECT, times=1))
    await notifier.hears(step(Step.SHIPPED))
    await notifier.send_what_is_due()
    state, reason = await notifier.state(Step.SHIPPED)
    assert state == "failed"
    learnt = await ask(notifier.database, "SELECT reason FROM unreachable")
    assert [row["reason"] for row in learnt] == [reason]


async def test_what_is_known_to_last_longer_stays(notifier: Notifier) -> None:
    address, at = "gone@example.com", now()
    async with notifier.database.transaction() as tx:
        await note_unreachable(tx, EMAIL, address, "smtp_550_5.1.1", at)
        await note_unreachable(tx, EMAIL, address, "smtp_552_5.2.2", at)
        assert await unreachable_among(tx, [(EMAIL, address), (SMS, address)], at + 100 * DAY) == {(EMAIL, address)}
        assert await unreachable_among(tx, [(EMAIL, "GONE@example.com")], at) == {(EMAIL, "GONE@example.com")}
        assert await unreachable_among(tx, [(EMAIL, address)], at + 181 * DAY) == set()


@pytest.mark.parametrize(
    ("reason", "days"),
    [
        ("twilio_30003_unreachable_handset", 2),
        ("twilio_21211_invalid_number", 180),
        ("smtp_550_5.1.1", 180),
        ("smtp_552_5.2.2", 2),
        ("whatsapp_131026_undeliverable", 7),
        ("smtp_550", 3),
        ("generic_9130003_else", 3),
    ],
)
def test_a_handset_that_is_off_is_tried_again_long_before_a_mailbox_that_is_not_there(reason: str, days: int) -> None:
    assert lasts(reason) == days * DAY


async def test_neither_the_consents_nor_the_dead_addresses_hold_an_address(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=BY_MAIL))
    async with notifier.database.transaction() as tx:
        await note_unreachable(tx, EMAIL, "lucia@example.com", "smtp_550_5.1.1", now())
    await withdraws(notifier, now())
    for table in ("consents", "unreachable", "languages_chosen", "preference_links"):
        rows = await ask(notifier.database, f"SELECT CAST(t AS text) AS whole FROM {table} AS t")
        assert not [row for row in rows for word in ("lucia", "600000001") if word in row["whole"]]


async def test_old_words_go_but_a_withdrawal_that_stands_never_does(notifier: Notifier) -> None:
    await withdraws(notifier, now() - 2 * HOUR)
    await notifier.hears(ordered(now() - HOUR))
    await withdraws(notifier, now() - HOUR / 2)
    async with notifier.database.transaction() as tx:
        assert await consents.forget(tx, now() + HOUR, 100) == 2
        assert (await consents.standing(tx, [("demo", LUCIA)]))["demo", LUCIA].withdrawn


async def test_a_receipt_that_says_nobody_is_there_is_learnt_from_however_often_it_comes(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=BY_SMS))
    await notifier.send_what_is_due()
    row = await notifier.message(Step.SHIPPED, SMS)
    for _ in range(2):
        said = await twilio_says(notifier, callback_url(row), "undelivered", sid=row["provider_message_id"], code=30003)
        assert said.status_code == 200
    learnt = await ask(notifier.database, "SELECT channel, reason, until - now() AS left FROM unreachable")
    assert [(each["channel"], each["reason"]) for each in learnt] == [("sms", "twilio_30003_unreachable_handset")]
    assert DAY < learnt[0]["left"] <= 2 * DAY
    await notifier.hears(step(Step.DELIVERED, 2, buyer=BY_SMS))
    assert await notifier.state(Step.DELIVERED, SMS) == ("suppressed", "address_unreachable")
