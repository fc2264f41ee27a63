"""A channel that proves that it cannot tell hands over to the next one of its group; the buyer hears of a step once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.providers import Action, Rule
from services.notifier.domain.fallback import OTHERWISE_AFTER
from shared.contracts.erasures import ErasureRequested
from shared.contracts.vocabulary import Channel, Step
from tests.support.careful_provider import CarefulProvider, Does
from tests.support.notifier_world import BY_WHATSAPP, Notifier, now, step
from tests.support.receipts_posted import meta_says, status_of

SMS, WHATSAPP = Channel.SMS, Channel.WHATSAPP
SHIPPED, DELIVERED = Step.SHIPPED, Step.DELIVERED
STANDS_BY = ("standby", "told_by_whatsapp")
UNREACHABLE = 131026


async def tells(notifier: Notifier, kind: Step = SHIPPED, sequence: int = 1) -> None:
    await notifier.hears(step(kind, sequence, buyer=BY_WHATSAPP))
    await notifier.send_what_is_due()


async def channels_told(notifier: Notifier) -> list[Channel]:
    return [entry.channel for entry in notifier.accepted]


async def meta_returns(notifier: Notifier, kind: Step = SHIPPED, code: int = UNREACHABLE) -> None:
    row = await notifier.message(kind, WHATSAPP)
    await meta_says(notifier, status_of(row["id"], row["provider_message_id"], "failed", code))


async def test_while_the_first_channel_tells_the_second_stands_by_and_the_order_knows_why(notifier: Notifier) -> None:
    await tells(notifier)
    assert await notifier.state(SHIPPED, SMS) == STANDS_BY
    assert list((await notifier.verdicts(SMS)).values()) == [["suppressed"]]
    assert await channels_told(notifier) == [WHATSAPP]


async def test_a_number_that_whatsapp_refuses_is_told_by_sms(notifier: Notifier) -> None:
    notifier.providers.faults.add(Rule(provider="graph", action=Action.REJECT, code=UNREACHABLE))
    await tells(notifier)
    assert await notifier.state(SHIPPED, WHATSAPP) == ("failed", "whatsapp_131026_undeliverable")
    assert (await notifier.state(SHIPPED, SMS))[0] == "accepted"
    assert await channels_told(notifier) == [SMS]
    assert list((await notifier.verdicts(SMS)).values()) == [["suppressed", "planned", "sent"]]
    reasons = [outcome.reason for outcome in await notifier.outcomes() if outcome.channel is SMS]
    assert reasons[1] == "whatsapp_131026_undeliverable"


async def test_a_message_that_comes_back_by_receipt_is_told_by_sms_once(notifier: Notifier) -> None:
    await tells(notifier)
    for _ in range(2):
        await meta_returns(notifier)
        await notifier.send_what_is_due()
    assert (await notifier.state(SHIPPED, WHATSAPP))[0] == "bounced"
    assert await channels_told(notifier) == [WHATSAPP, SMS]


async def test_when_the_second_channel_fails_too_there_is_nobody_left_and_both_say_why(notifier: Notifier) -> None:
    notifier.providers.faults.add(Rule(action=Action.REJECT))
    await tells(notifier)
    assert [(await notifier.state(SHIPPED, channel))[0] for channel in (WHATSAPP, SMS)] == ["failed", "failed"]
    assert await channels_told(notifier) == []


async def test_a_message_that_a_channel_cannot_carry_is_told_by_the_next(notifier: Notifier) -> None:
    installation = notifier.through(CarefulProvider(WHATSAPP, provider="whatsapp", cannot_carry=True))
    await tells(installation)
    state, reason = await notifier.state(SHIPPED, WHATSAPP)
    assert (state, reason[:14]) == ("failed", "cannot_render_")
    assert await channels_told(notifier) == [SMS]


@pytest.mark.parametrize(("wished", "deadline"), [(None, OTHERWISE_AFTER), (5, timedelta(minutes=5))])
async def test_a_channel_that_is_tried_in_vain_for_too_long_hands_over(
    notifier: Notifier, wished: int | None, deadline: timedelta
) -> None:
    notifier.providers.faults.add(Rule(provider="graph", action=Action.UNAVAILABLE_503, retry_after_seconds=3_600))
    await tells(notifier.of_shop(fallback_after_minutes=wished))
    await notifier.let_time_pass(deadline - timedelta(seconds=20))
    await notifier.tidy()
    assert await notifier.state(SHIPPED, SMS) == STANDS_BY
    await notifier.let_time_pass(timedelta(seconds=30))
    await notifier.tidy()
    assert await notifier.state(SHIPPED, WHATSAPP) == ("failed", "deadline_passed")
    assert await notifier.state(SHIPPED, SMS) == ("planned", "whatsapp_deadline_passed")
    await notifier.send_what_is_due()
    assert await channels_told(notifier) == [SMS]


async def test_an_outage_of_ours_is_not_held_against_a_channel(notifier: Notifier) -> None:
    await notifier.hears(step(SHIPPED, buyer=BY_WHATSAPP))
    await notifier.let_time_pass(timedelta(hours=10))
    await notifier.tidy()
    await notifier.send_what_is_due()
    assert await channels_told(notifier) == [WHATSAPP]


@pytest.mark.parametrize(("within", "told"), [(None, [WHATSAPP]), (10, [WHATSAPP, SMS])])
async def test_a_receipt_that_does_not_come_is_waited_for_only_as_long_as_the_shop_wishes(
    notifier: Notifier, within: int | None, told: list[Channel]
) -> None:
    await tells(notifier.of_shop(receipt_within_minutes=within))
    await notifier.let_time_pass(timedelta(minutes=11))
    for _ in range(2):
        await notifier.tidy()
        await notifier.send_what_is_due()
    assert await channels_told(notifier) == told
    assert (await notifier.state(SHIPPED, WHATSAPP))[0] == "accepted"


async def test_a_message_whose_receipt_came_is_told_by_nobody_else(notifier: Notifier) -> None:
    installation = notifier.of_shop(receipt_within_minutes=10)
    await tells(installation)
    row = await notifier.message(SHIPPED, WHATSAPP)
    await meta_says(notifier, status_of(row["id"], row["provider_message_id"], "delivered"))
    await notifier.let_time_pass(timedelta(minutes=11))
    await notifier.tidy()
    assert await notifier.state(SHIPPED, SMS) == STANDS_BY


async def test_a_step_that_is_no_longer_true_is_not_told_by_the_next_channel_either(notifier: Notifier) -> None:
    await tells(notifier)
    await notifier.let_time_pass(timedelta(seconds=10))  # WhatsApp takes one message to a buyer in six seconds
    await tells(notifier, DELIVERED, 2)
    await meta_returns(notifier, SHIPPED)
    await notifier.send_what_is_due()
    assert await notifier.state(SHIPPED, SMS) == ("superseded", "overtaken_by_delivered")
    assert await channels_told(notifier) == [WHATSAPP, WHATSAPP]


async def test_a_step_that_is_too_old_to_tell_is_not_told_by_the_next_channel_either(notifier: Notifier) -> None:
    await tells(notifier)
    await notifier.let_time_pass(timedelta(days=7))
    await meta_returns(notifier)
    await notifier.send_what_is_due()
    assert await notifier.state(SHIPPED, SMS) == STANDS_BY
    assert await channels_told(notifier) == [WHATSAPP]


async def test_who_was_erased_hears_from_no_other_channel(notifier: Notifier) -> None:
    await tells(notifier)
    await notifier.hears(ErasureRequested(shop="demo", order_id="A-1001", request=1, requested_at=now()))
    assert await notifier.state(SHIPPED, SMS) == ("suppressed", "erased")
    row = await notifier.message(SHIPPED, WHATSAPP)
    await meta_says(notifier, status_of(row["id"], "wamid.X", "failed", UNREACHABLE))
    await notifier.send_what_is_due()
    assert await channels_told(notifier) == [WHATSAPP]


async def test_a_message_in_doubt_for_long_is_told_by_the_next_channel(notifier: Notifier) -> None:
    installation = notifier.through(CarefulProvider(WHATSAPP, Does.LOSES_IT, provider="whatsapp"))
    await tells(installation)
    await installation.resolve()
    assert await notifier.state(SHIPPED, SMS) == STANDS_BY
    await notifier.let_time_pass(notifier.patience.hold + timedelta(seconds=5))
    await installation.resolve()
    assert await notifier.state(SHIPPED, SMS) == ("planned", "whatsapp_in_doubt")
    await notifier.send_what_is_due()
    assert (await notifier.state(SHIPPED, WHATSAPP))[0] == "unknown"
    assert await channels_told(notifier) == [SMS]
