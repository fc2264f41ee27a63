"""What providers tell us afterwards, from the provider's own signature to a receipt with our message id."""

from __future__ import annotations

import pytest

from sandbox.providers import Action, Rule
from services.notifier.channels import load_channel_settings
from services.notifier.channels.base import OutcomeClass
from services.notifier.channels.sms import TwilioSettings
from services.notifier.channels.whatsapp import WhatsAppSettings
from services.notifier.receipt_formats import BadSignature
from shared.contracts.vocabulary import Verdict
from tests.support.callback_sink import Posted
from tests.support.channel_world import World, read_receipts
from tests.support.letters import MESSAGE_ID


async def test_our_message_id_comes_back_with_every_receipt(world: World) -> None:
    sent = {channel: await world.send(channel) for channel in world.echoing}

    receipts = await world.receipts()

    assert {receipt.message_id for receipt in receipts} == {MESSAGE_ID}
    for result in sent.values():
        own = [receipt.verdict for receipt in receipts if receipt.provider_message_id == result.provider_message_id]
        assert own[:2] == [Verdict.SENT, Verdict.DELIVERED]


async def test_a_receipt_may_arrive_before_the_answer_that_names_the_message(world: World) -> None:
    world.providers.faults.add(Rule(action=Action.RECEIPT_EARLY))

    for channel in world.echoing:
        await world.send(channel)
        assert read_receipts(world.sink.posted[-1], world.providers)[0].message_id == MESSAGE_ID
        world.sink.posted.clear()


async def test_an_answer_lost_on_the_way_is_made_good_by_the_receipt(world: World) -> None:
    world.providers.faults.add(Rule(action=Action.ACCEPT_THEN_DROP))

    for channel in world.echoing:
        assert (await world.send(channel)).outcome is OutcomeClass.AMBIGUOUS
        assert (await world.receipts())[0].message_id == MESSAGE_ID
        world.sink.posted.clear()


async def test_a_receipt_told_twice_says_the_same_twice(world: World) -> None:
    world.providers.faults.add(Rule(action=Action.RECEIPT_TWICE))

    for channel in world.echoing:
        await world.send(channel)
        first, second, *_ = await world.receipts()
        assert (first.message_id, first.verdict) == (second.message_id, second.verdict)
        world.sink.posted.clear()


async def test_receipts_out_of_their_order_are_read_one_by_one(world: World) -> None:
    world.providers.faults.add(Rule(action=Action.RECEIPT_REORDERED))

    for provider in world.echoing:
        await world.send(provider)
        assert {receipt.verdict for receipt in await world.receipts()} >= {Verdict.SENT, Verdict.DELIVERED}
        assert (await world.receipts())[0].verdict is not Verdict.SENT
        world.sink.posted.clear()


async def test_a_stranger_who_says_that_it_failed_is_refused_and_the_provider_heard(world: World) -> None:
    world.providers.faults.add(Rule(action=Action.RECEIPT_FORGED))

    for provider in world.echoing:
        await world.send(provider)
        await world.providers.callbacks.quiet()
        forged, *true = world.sink.posted
        with pytest.raises(BadSignature):
            read_receipts(forged, world.providers)
        assert [read_receipts(each, world.providers)[0].verdict for each in true][:2] == [
            Verdict.SENT,
            Verdict.DELIVERED,
        ]
        world.sink.posted.clear()


async def test_a_forged_receipt_is_refused(world: World) -> None:
    for channel in world.echoing:
        await world.send(channel)
    await world.providers.callbacks.quiet()

    assert world.sink.posted
    for real in world.sink.posted:
        unsigned = Posted(real.url, real.body, {})
        altered = Posted(real.url, real.body + b" ", real.headers)
        for forged in (unsigned, altered):
            with pytest.raises(BadSignature):
                read_receipts(forged, world.providers)


async def test_a_receipt_that_finds_us_away_is_brought_again(world: World) -> None:
    for channel in world.echoing:
        world.sink.answers = [503]
        await world.send(channel)
        await world.providers.callbacks.quiet()
        assert world.sink.posted[0].body == world.sink.posted[1].body
        world.sink.posted.clear()


async def test_a_number_that_fails_later_is_told_by_receipt(world: World) -> None:
    world.providers.faults.add(Rule(action=Action.RECEIPT_FAILED, provider="twilio", code=30003))
    world.providers.faults.add(Rule(action=Action.RECEIPT_FAILED, provider="graph", code=131026))
    world.providers.faults.add(Rule(action=Action.RECEIPT_FAILED, provider="keyed"))

    for channel in world.echoing:
        await world.send(channel)

    assert {(receipt.verdict, receipt.reason, receipt.unreachable) for receipt in await world.receipts()} == {
        (Verdict.FAILED, "twilio_30003_unreachable_handset", True),
        (Verdict.FAILED, "twilio_whatsapp_30003_unreachable_handset", True),
        (Verdict.FAILED, "sms_http_handset_off_unreachable_handset", True),
        (Verdict.FAILED, "whatsapp_131026_undeliverable", True),
    }


def test_the_settings_of_the_channels_say_how_receipts_are_checked(world: World) -> None:
    settings = load_channel_settings()
    twilio, whatsapp = settings["twilio"], settings["whatsapp"]

    assert isinstance(twilio, TwilioSettings)
    assert isinstance(whatsapp, WhatsAppSettings)
    assert twilio.auth_tokens == (world.providers.twilio_account.auth_token,)
    assert whatsapp.app_secrets == (world.providers.graph.app.app_secret,)
