"""A step was told with the wrong carrier: what has not left yet names the right one, and nobody is told twice."""

from __future__ import annotations

from sandbox.providers import Action, Rule
from shared.contracts.steps import Amendment, StepReached, amendment_id
from shared.contracts.vocabulary import Step
from shared.messaging.inbox import Delivery
from tests.support.deliveries import delivery
from tests.support.migrated import ask
from tests.support.notifier_world import Notifier, step
from tests.support.steps_reached import with_parcel

SHIPPED, ON_ITS_WAY, DELIVERED = Step.SHIPPED, Step.IN_TRANSIT, Step.DELIVERED


def by_correos(told: StepReached) -> StepReached:
    return with_parcel(told, carrier="correos", carrier_name="Correos", carrier_url="https://correos.example/1")


def amending(told: StepReached, sequence: int, *, still_true: bool = True) -> Delivery[StepReached]:
    """As tracking says it, once the parcel turns out to be with Correos."""
    change = {
        "sequence": sequence,
        "still_true": False,
        "amends": Amendment(event=told.event_id, still_true=still_true),
    }
    event = by_correos(told).model_copy(update=change)
    return delivery(event, id=amendment_id(told.event_id, sequence))  # type: ignore[return-value]


async def parcels(notifier: Notifier) -> set[str]:
    return {row["parcel"] for row in await ask(notifier.database, "SELECT parcel FROM messages")}


async def letters(notifier: Notifier) -> list[str]:
    return [str(each) for each in notifier.accepted]


async def test_a_message_that_waits_names_the_right_carrier(notifier: Notifier) -> None:
    told = step(SHIPPED)
    await notifier.hears(told)
    await notifier.hears(amending(told, 2))
    await notifier.send_what_is_due()
    (letter,) = await letters(notifier)
    assert "Correos" in letter
    assert "SEUR" not in letter
    assert await parcels(notifier) == {"correos/12345678901234"}


async def test_a_message_that_has_left_is_not_told_again(notifier: Notifier) -> None:
    told = step(SHIPPED)
    await notifier.hears(told)
    await notifier.send_what_is_due()
    await notifier.hears(amending(told, 2))
    await notifier.send_what_is_due()
    (letter,) = await letters(notifier)
    assert "SEUR" in letter


async def test_what_was_never_true_of_the_right_carrier_does_not_leave(notifier: Notifier) -> None:
    told = step(ON_ITS_WAY)
    await notifier.hears(told, amending(told, 2, still_true=False))
    await notifier.send_what_is_due()
    assert await letters(notifier) == []
    assert await notifier.state(ON_ITS_WAY) == ("superseded", "told_of_another_carrier")


async def test_the_last_of_several_corrections_counts_in_whichever_order_they_come(notifier: Notifier) -> None:
    told = step(SHIPPED)
    back = with_parcel(told, carrier="seur", carrier_name="SEUR")
    change = {"sequence": 3, "still_true": False, "amends": Amendment(event=told.event_id, still_true=True)}
    last = delivery(back.model_copy(update=change), id=amendment_id(told.event_id, 3))
    await notifier.hears(told)
    await notifier.hears(last, amending(told, 2))
    await notifier.send_what_is_due()
    (letter,) = await letters(notifier)
    assert "SEUR" in letter


async def test_a_later_step_of_the_right_carrier_overtakes_what_waits_of_the_wrong_one(notifier: Notifier) -> None:
    told = step(SHIPPED)
    await notifier.hears(told)
    await notifier.hears(amending(told, 2), by_correos(step(DELIVERED, 3)))
    assert await notifier.state(SHIPPED) == ("superseded", "overtaken_by_delivered")


async def test_what_was_tried_and_certainly_not_sent_keeps_the_bytes_its_provider_may_know(notifier: Notifier) -> None:
    notifier.providers.faults.add(Rule(action=Action.DROP_BEFORE_ACCEPT, times=1))
    told = step(SHIPPED)
    await notifier.hears(told)
    await notifier.send_what_is_due()
    before = await notifier.message(SHIPPED)
    await notifier.hears(amending(told, 2))
    after = await notifier.message(SHIPPED)
    assert (after["request"], after["state"]) == (before["request"], before["state"])
