"""A step becomes messages in the ledger, each with its verdict, once, whatever is told again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from services.notifier.domain.plan import Recipient, Rules, plan
from services.notifier.intake import step_facts
from services.notifier.ledger import NewMessage, plan_messages
from shared.contracts.orders import Notify
from shared.contracts.orders import Recipient as OtherRecipient
from shared.contracts.vocabulary import Channel, Step
from shared.messaging.failures import Poison
from shared.messaging.inbox import digest_of
from tests.support.deliveries import delivery
from tests.support.migrated import ask, count
from tests.support.notifier_world import BY_MAIL, BY_SMS, BY_WHATSAPP, DEMO, Notifier, id_of, now, step

SMS, WHATSAPP = Channel.SMS, Channel.WHATSAPP
MAIL_ONLY = Recipient("buyer", frozenset({Channel.EMAIL}), frozenset())


async def test_a_step_gets_one_verdict_for_each_channel_and_tracking_hears_of_all(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=BY_WHATSAPP))
    rows = await ask(notifier.database, "SELECT channel, state, reason FROM messages")
    assert {(row["channel"], row["state"], row["reason"]) for row in rows} == {
        ("email", "suppressed", "no_address"),
        ("whatsapp", "planned", "due"),
        ("sms", "standby", "told_by_whatsapp"),
    }
    told = {(outcome.channel.value, outcome.verdict.value, outcome.reason) for outcome in await notifier.outcomes()}
    assert told == {
        ("email", "suppressed", "no_address"),
        ("whatsapp", "planned", "due"),
        ("sms", "suppressed", "told_by_whatsapp"),
    }


async def test_a_step_told_again_plans_nothing_more(notifier: Notifier) -> None:
    told = step(Step.SHIPPED)
    assert await notifier.hears(told) == ["applied"]
    assert await notifier.hears(told, told) == ["duplicate", "duplicate"]
    assert await count(notifier.database, "messages") == len(Channel)


async def test_even_when_the_inbox_has_forgotten_the_ledger_lets_no_message_in_twice(notifier: Notifier) -> None:
    told = step(Step.SHIPPED)
    await notifier.hears(told)
    await ask(notifier.database, "DELETE FROM inbox RETURNING event_id")
    assert await notifier.hears(told) == ["applied"]
    assert await count(notifier.database, "messages") == len(Channel)
    assert len(await notifier.outcomes()) == len(Channel)


async def test_a_message_under_another_id_is_still_the_same_message(notifier: Notifier) -> None:
    told = step(Step.SHIPPED)
    await notifier.hears(told)
    (row,) = await ask(notifier.database, "SELECT step_event FROM messages WHERE channel = 'email'")
    facts = step_facts(told, DEMO)
    (verdict,) = plan(facts, [MAIL_ONLY], Rules(((Channel.EMAIL,),), ((Channel.EMAIL,),), frozenset(Channel)), now())
    twin = NewMessage(uuid4(), told, row["step_event"], facts, verdict, "lucia@example.com")
    async with notifier.database.transaction() as tx:
        assert await plan_messages(tx, [twin]) == []
    assert await count(notifier.database, "messages") == len(Channel)


async def test_the_same_step_from_two_consumers_at_once_is_planned_once(notifier: Notifier) -> None:
    steps = [step(Step.SHIPPED, order_id=f"A-{number}") for number in range(30)]
    await asyncio.gather(*(notifier.hears(*order) for order in (steps, steps[::-1], steps)))
    assert await count(notifier.database, "messages") == 30 * len(Channel)


async def test_other_content_under_a_known_id_changes_nothing(notifier: Notifier) -> None:
    told = delivery(step(Step.SHIPPED))
    await notifier.hears(told)
    otherwise = told._replace(data=step(Step.DELIVERED), digest=digest_of(b"other"), offset=told.offset + 1_000_000)
    assert await notifier.hears(otherwise) == ["stale"]
    assert await count(notifier.database, "messages", "step = 'delivered'") == 0


async def test_a_step_that_is_no_longer_true_is_recorded_and_not_told(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, still_true=False))
    assert await notifier.state(Step.SHIPPED) == ("superseded", "later_facts_known")


async def test_a_step_that_the_shop_wants_silent_is_suppressed(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, notify=Notify(suppress=(Step.SHIPPED,))))
    await notifier.hears(step(Step.DELIVERED, 2))
    assert await notifier.state(Step.SHIPPED) == ("suppressed", "shop_asked_for_silence")
    assert await notifier.state(Step.DELIVERED) == ("planned", "due")


async def test_a_step_that_comes_too_late_expires_at_once(notifier: Notifier) -> None:
    await notifier.hears(step(Step.OUT_FOR_DELIVERY, age=timedelta(hours=15)))
    assert await notifier.state(Step.OUT_FOR_DELIVERY) == ("expired", "too_old_to_tell")


async def test_a_later_step_calls_off_an_earlier_one_that_has_not_left(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, 1))
    await notifier.hears(step(Step.IN_TRANSIT, 2), step(Step.DELIVERED, 3))
    assert await notifier.state(Step.SHIPPED) == ("superseded", "overtaken_by_in_transit")
    assert await notifier.state(Step.IN_TRANSIT) == ("superseded", "overtaken_by_delivered")
    assert await notifier.state(Step.DELIVERED) == ("planned", "due")
    verdicts = await notifier.verdicts()
    assert verdicts[(await notifier.message(Step.SHIPPED))["id"]] == ["planned", "superseded"]
    assert verdicts[(await notifier.message(Step.IN_TRANSIT))["id"]] == ["superseded"]


async def test_what_was_called_off_is_never_sent(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, 1), step(Step.DELIVERED, 2))
    await notifier.send_what_is_due()
    assert [entry.message_id for entry in notifier.accepted] == [(await notifier.message(Step.DELIVERED))["id"]]


async def test_a_step_of_one_order_calls_off_nothing_of_another(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, 1), step(Step.DELIVERED, 2, order_id="A-2"))
    assert await notifier.state(Step.SHIPPED) == ("planned", "due")


async def test_other_recipients_are_told_too_each_by_role(notifier: Notifier) -> None:
    gift = OtherRecipient(role="receiver", name="Tomás", email="tomas@example.com")
    await notifier.hears(step(Step.SHIPPED, recipients=(gift, gift)))
    rows = await ask(notifier.database, "SELECT recipient FROM messages WHERE state = 'planned' ORDER BY 1")
    assert [row["recipient"] for row in rows] == ["buyer", "receiver", "receiver-2"]


async def test_no_outcome_holds_an_address(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=BY_SMS.model_copy(update={"email": BY_MAIL.email})))
    await notifier.send_what_is_due()
    rows = await ask(notifier.database, "SELECT convert_from(value, 'UTF8') || headers AS text FROM outbox")
    for secret in ("lucia", "Lucía", "600000001", "example.com"):
        assert not any(secret in row["text"] for row in rows)


async def test_a_step_of_a_shop_that_is_not_configured_is_poison(notifier: Notifier) -> None:
    with pytest.raises(Poison, match="unknown shop"):
        await notifier.hears(step(Step.SHIPPED, shop="nobody"))


async def test_a_message_has_the_same_id_however_often_its_step_is_told(notifier: Notifier) -> None:
    told = step(Step.SHIPPED)
    await notifier.hears(told)
    later = told.model_copy(update={"occurred_at": told.occurred_at + timedelta(minutes=1)})
    assert (await notifier.message(Step.SHIPPED))["id"] == id_of(later)
    assert (await notifier.message(Step.SHIPPED, SMS))["id"] != id_of(later, WHATSAPP)
