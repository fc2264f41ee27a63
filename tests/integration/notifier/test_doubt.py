"""A message that may have left, or not: it is asked about, repeated under its key, or held; it is never told twice."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from services.notifier.domain.doubt import ROUNDS
from shared.contracts.vocabulary import Actor, Channel, Step
from tests.support.careful_provider import CarefulProvider, Does
from tests.support.migrated import ask
from tests.support.mortal import Killed, MortalDatabase
from tests.support.notifier_world import BY_SMS, Notifier, step

SMS = Channel.SMS
SHIPPED = Step.SHIPPED
WINDOW = timedelta(hours=1)
LOST = [Does.LOSES_IT, Does.LOSES_ITS_ANSWER]


async def begins(notifier: Notifier, provider: CarefulProvider, kind: Step = SHIPPED, **changes: Any) -> Notifier:
    """An SMS through this provider, sent as far as the provider's script lets it."""
    installation = notifier.through(provider)
    await installation.hears(step(kind, buyer=BY_SMS, **changes))
    await installation.send_what_is_due()
    return installation


async def passes(notifier: Notifier, by: timedelta) -> None:
    await notifier.let_time_pass(by)
    await notifier.tidy()
    await notifier.resolve()
    await notifier.send_what_is_due()


async def test_a_provider_that_has_the_message_says_so_and_it_counts_as_sent(notifier: Notifier) -> None:
    provider = CarefulProvider(SMS, Does.LOSES_ITS_ANSWER, lookup=True)
    await (await begins(notifier, provider)).resolve()
    row = await notifier.message(SHIPPED, SMS)
    assert (row["state"], row["provider_message_id"]) == ("accepted", f"careful-{row['id']}")
    assert len(provider.requests) == 1
    assert list((await notifier.verdicts(SMS)).values()) == [["planned", "unknown", "sent"]]


async def test_a_provider_that_never_took_it_is_believed_once_nothing_can_be_on_its_way_any_more(
    notifier: Notifier,
) -> None:
    provider = CarefulProvider(SMS, Does.LOSES_IT, lookup=True)
    installation = await begins(notifier, provider)
    await installation.resolve()
    assert (await notifier.state(SHIPPED, SMS))[0] == "unknown"
    await passes(installation, notifier.patience.settle + timedelta(seconds=5))
    assert (await notifier.state(SHIPPED, SMS))[0] == "accepted"
    assert provider.told == [(await notifier.message(SHIPPED, SMS))["id"]]


@pytest.mark.parametrize("does", LOST)
async def test_a_provider_that_recognises_keys_is_sent_the_same_bytes_again_and_tells_once(
    notifier: Notifier, does: Does
) -> None:
    provider = CarefulProvider(SMS, does, does, window=WINDOW)
    installation = await begins(notifier, provider)
    await installation.resolve()
    assert (await notifier.state(SHIPPED, SMS))[0] == "unknown"
    await passes(installation, timedelta(seconds=5))
    row = await notifier.message(SHIPPED, SMS)
    assert (row["state"], row["attempts"]) == ("accepted", 3)
    assert provider.told == [row["id"]]
    assert len(set(provider.requests)) == 1
    assert list((await notifier.verdicts(SMS)).values()) == [["planned", "unknown", "sent"]]


async def test_after_the_window_the_key_may_be_forgotten_and_nothing_is_sent_again(notifier: Notifier) -> None:
    provider = CarefulProvider(SMS, Does.LOSES_ITS_ANSWER, window=timedelta(minutes=1))
    installation = await begins(notifier, provider)
    for _ in ROUNDS:
        await passes(installation, timedelta(minutes=1))
    assert (await notifier.state(SHIPPED, SMS))[0] == "unknown"
    assert len(provider.requests) == 1


@pytest.mark.parametrize("second", [Does.REFUSES, Does.CANNOT_BE_REACHED, Does.LOSES_IT])
async def test_whatever_is_no_yes_to_a_repeated_message_says_nothing_of_the_first_attempt(
    notifier: Notifier, second: Does
) -> None:
    provider = CarefulProvider(SMS, Does.LOSES_ITS_ANSWER, second, window=WINDOW)
    await (await begins(notifier, provider)).resolve()
    assert await notifier.state(SHIPPED, SMS) == ("unknown", "careful_loses_its_answer")
    assert len(provider.requests) == 2


async def test_without_key_and_look_up_a_message_in_doubt_stays_so_and_is_never_sent_again(notifier: Notifier) -> None:
    provider = CarefulProvider(SMS, Does.LOSES_ITS_ANSWER)
    installation = await begins(notifier, provider)
    for _ in range(4):
        await passes(installation, timedelta(hours=1))
    assert (await notifier.state(SHIPPED, SMS))[0] == "unknown"
    assert len(provider.requests) == 1
    assert list((await notifier.verdicts(SMS)).values()) == [["planned", "unknown"]]


@pytest.mark.parametrize(("wished", "must_act", "sent"), [(True, True, 2), (True, False, 1), (False, True, 1)], ids=str)
async def test_only_what_the_buyer_must_act_on_is_sent_once_more_and_only_where_the_shop_wishes_it(
    notifier: Notifier, wished: bool, must_act: bool, sent: int
) -> None:
    provider = CarefulProvider(SMS, always=Does.LOSES_ITS_ANSWER)
    made = step(Step.READY_FOR_PICKUP).parcel
    assert made is not None
    parcel = made.model_copy(update={"action_by": Actor.BUYER if must_act else None})
    installation = await begins(
        notifier.of_shop(resend_in_doubt=wished), provider, Step.READY_FOR_PICKUP, parcel=parcel
    )
    for _ in range(4):
        await passes(installation, timedelta(minutes=10))
    assert (await notifier.state(Step.READY_FOR_PICKUP, SMS))[0] == "unknown"
    assert len(provider.requests) == sent


async def test_what_a_later_step_has_made_untrue_is_not_repeated(notifier: Notifier) -> None:
    provider = CarefulProvider(SMS, Does.LOSES_IT, window=WINDOW)
    installation = await begins(notifier, provider)
    await installation.hears(step(Step.DELIVERED, 2, buyer=BY_SMS))
    await installation.resolve()
    assert provider.told == []
    await passes(installation, notifier.patience.hold + timedelta(seconds=5))
    assert provider.told == [(await notifier.message(Step.DELIVERED, SMS))["id"]]


async def test_what_never_arrived_and_is_no_longer_true_is_superseded(notifier: Notifier) -> None:
    provider = CarefulProvider(SMS, Does.LOSES_IT, lookup=True)
    installation = await begins(notifier, provider)
    await installation.hears(step(Step.DELIVERED, 2, buyer=BY_SMS))
    await passes(installation, timedelta(seconds=15))
    assert await notifier.state(SHIPPED, SMS) == ("superseded", "overtaken_by_delivered")
    assert provider.told == [(await notifier.message(Step.DELIVERED, SMS))["id"]]


@pytest.mark.parametrize("does", LOST)
@pytest.mark.parametrize(("transaction", "committed"), [(1, False), (1, True), (2, False)])
async def test_a_process_that_dies_while_it_repeats_a_message_leaves_it_in_doubt_and_the_next_one_resolves_it(
    notifier: Notifier, does: Does, transaction: int, committed: bool
) -> None:
    provider = CarefulProvider(SMS, does, window=WINDOW)
    installation = await begins(notifier, provider)
    dying = installation.new_sender(MortalDatabase(notifier.database, transaction, committed=committed))
    with pytest.raises(Killed):
        await dying.resolve()
    assert (await notifier.state(SHIPPED, SMS))[0] in ("unknown", "in_flight")
    for _ in range(2):
        await passes(installation, notifier.patience.flight + timedelta(seconds=5))
    row = await notifier.message(SHIPPED, SMS)
    assert row["state"] == "accepted"
    assert provider.told == [row["id"]]


async def test_among_many_losses_a_provider_with_keys_and_a_look_up_leaves_no_doubt_within_a_minute(
    notifier: Notifier,
) -> None:
    chance = random.Random(7)
    script = chance.choices([*LOST, Does.ACCEPTS, Does.CANNOT_BE_REACHED], k=120)
    provider = CarefulProvider(SMS, *script, window=WINDOW, lookup=True)
    installation = notifier.through(provider)
    await installation.hears(*(step(SHIPPED, order_id=f"A-{number}", buyer=BY_SMS) for number in range(60)))
    await installation.send_what_is_due()
    for _ in range(12):
        await passes(installation, timedelta(seconds=5))
    rows = await ask(notifier.database, "SELECT id, state FROM messages WHERE channel = 'sms'")
    assert {row["state"] for row in rows} == {"accepted"}
    assert sorted(provider.told) == sorted(row["id"] for row in rows)
