"""Providers keep their pace, whoever sends; nothing is lost or told out of order for it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sandbox.providers import Action, Rule
from services.notifier.channels.base import Pace
from services.notifier.sender import IN_FLIGHT
from shared.contracts.vocabulary import Channel, Step
from shared.processes import Runtime
from tests.support.careful_provider import CarefulProvider
from tests.support.migrated import count
from tests.support.notifier_world import BY_SMS, BY_WHATSAPP, Notifier, step
from tests.support.waiting import until

SMS, WHATSAPP = Channel.SMS, Channel.WHATSAPP


async def two_senders_send(notifier: Notifier) -> None:
    await asyncio.gather(*(notifier.send_what_is_due(notifier.new_sender()) for _ in range(2)))


async def test_two_senders_together_keep_the_pace_of_a_provider_and_send_all_in_order(notifier: Notifier) -> None:
    provider = CarefulProvider(SMS, pace=Pace(number_per_second=0.1, burst=2))
    installation = notifier.through(provider)
    orders = [f"A-{number}" for number in range(4)]
    for nth, kind in enumerate((Step.ORDER_CONFIRMED, Step.REFUNDED), 1):
        await installation.hears(*(step(kind, nth, order_id=name, buyer=BY_SMS) for name in orders))
    sent = []
    for _ in range(8):
        await two_senders_send(installation)
        sent.append(len(provider.told))
        await notifier.let_time_pass(timedelta(seconds=10))
    assert sent == [2, 3, 4, 5, 6, 7, 8, 8]
    places = {message: place for place, message in enumerate(provider.told)}
    assert len(places) == 8
    for name in orders:
        first = await notifier.message(Step.ORDER_CONFIRMED, SMS, name)
        second = await notifier.message(Step.REFUNDED, SMS, name)
        assert places[first["id"]] < places[second["id"]]


async def test_one_buyer_is_written_to_by_whatsapp_once_in_six_seconds_and_others_do_not_wait_for_it(
    notifier: Notifier,
) -> None:
    other = BY_WHATSAPP.model_copy(update={"phone": "+34600000002"})
    await notifier.hears(
        *(step(Step.SHIPPED, order_id=f"A-{number}", buyer=BY_WHATSAPP) for number in range(3)),
        step(Step.SHIPPED, order_id="B-1", buyer=other),
    )
    sent = []
    for _ in range(4):
        await two_senders_send(notifier)
        sent.append(len([entry for entry in notifier.accepted if entry.to == BY_WHATSAPP.phone]))
        await notifier.let_time_pass(timedelta(seconds=7))
    assert sent == [1, 2, 3, 3]
    assert len(notifier.accepted) == 4


async def test_a_message_that_hangs_takes_one_place_and_the_others_go_out_beside_it(notifier: Notifier) -> None:
    notifier.providers.faults.add(Rule(provider="twilio", action=Action.HANG, times=1))
    many = IN_FLIGHT * 2
    await notifier.hears(*(step(Step.SHIPPED, order_id=f"A-{number}", buyer=BY_SMS) for number in range(many)))
    runtime = Runtime("notifier", ("send",))
    task = asyncio.create_task(notifier.new_sender(runtime=runtime).run())

    async def all_but_one_are_accepted() -> bool:
        return await count(notifier.database, "messages", "channel = 'sms' AND state = 'accepted'") == many - 1

    await until(all_but_one_are_accepted, "all others have left")
    assert await count(notifier.database, "messages", "channel = 'sms' AND state = 'in_flight'") == 1
    runtime.stop.set()
    await asyncio.wait_for(task, 20)
    assert await count(notifier.database, "messages", "channel = 'sms' AND state = 'unknown'") == 1
