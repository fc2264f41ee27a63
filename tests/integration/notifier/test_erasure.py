"""The notifier forgets one buyer's contact: what waits is called off, what has left keeps its verdict and no bytes."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.providers import Action, Rule
from shared.contracts.erasures import ContactErased, ErasureRequested
from shared.contracts.steps import StepReached
from shared.contracts.topics import NOTIFIER_ERASURES, TRACKING_STEPS
from shared.contracts.vocabulary import Channel, Step
from shared.messaging.dead_letters import DeadLetter, bury
from tests.support.canaries import BUYER, FRIEND, tables_holding
from tests.support.migrated import ask, count
from tests.support.mortal import SleepyDatabase
from tests.support.notifier_world import Notifier, now, step
from tests.support.receipts_posted import meta_says, status_of

EMAIL, SMS, WHATSAPP = Channel.EMAIL, Channel.SMS, Channel.WHATSAPP
PUT_IN_FLIGHT, RECORD = 2, 3
"""The transactions of one round of one channel, in order."""


def bought(kind: Step = Step.SHIPPED, sequence: int = 1, **changes: Any) -> StepReached:
    return step(kind, sequence, **{"buyer": BUYER, **changes})


def please(request: int = 1, order_id: str = "A-1001") -> ErasureRequested:
    return ErasureRequested(shop="demo", order_id=order_id, request=request, requested_at=now())


async def answers(notifier: Notifier) -> list[ContactErased]:
    rows = await ask(
        notifier.database, "SELECT value FROM outbox WHERE topic = :topic ORDER BY id", topic=NOTIFIER_ERASURES.name
    )
    return [ContactErased.model_validate_json(row["value"]) for row in rows]


async def test_no_table_holds_any_of_the_contact_afterwards(notifier: Notifier) -> None:
    await notifier.hears(bought(Step.ORDER_CONFIRMED, recipients=(FRIEND,)))
    await notifier.send_what_is_due()
    await notifier.hears(bought(Step.SHIPPED, 2, recipients=(FRIEND,)))
    await notifier.new_sender().freeze_due(EMAIL)
    letter = DeadLetter(TRACKING_STEPS.name, 0, 1, b"demo/A-1001", bought().to_json() + b"?", [], "invalid: value")
    async with notifier.database.transaction() as tx:
        await bury(tx, [letter], "notifier")
    assert await tables_holding(notifier.database) == {"messages", "steps", "dead_letters", "outbox"}
    await notifier.hears(please())
    assert await tables_holding(notifier.database) == set()
    assert await count(notifier.database, "messages", "address IS NOT NULL OR request IS NOT NULL") == 0
    (told,) = await answers(notifier)
    assert told.nothing_remains
    assert {rows.table: rows.erased for rows in told.rows if rows.erased} == {
        "messages": 12,
        "consents": 1,
        "preference_links": 2,
        "steps": 2,
        "dead_letters": 1,
        "outbox (dead letters)": 1,
    }


async def test_what_was_sent_keeps_its_verdict_its_hash_and_the_providers_name(notifier: Notifier) -> None:
    await notifier.hears(bought())
    await notifier.send_what_is_due()
    before = await notifier.message(Step.SHIPPED)
    await notifier.hears(please())
    after = await notifier.message(Step.SHIPPED)
    kept = (
        "state",
        "reason",
        "request_sha256",
        "provider",
        "provider_message_id",
        "attempts",
        "language",
        "step_event",
    )
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert (after["state"], after["address"], after["request"]) == ("accepted", None, None)
    (told,) = await answers(notifier)
    assert {offered.provider: offered.messages for offered in told.offered} == {"smtp": 1, "whatsapp": 1}


@pytest.mark.parametrize("frozen", [False, True])
async def test_what_waits_is_called_off_and_never_sent(notifier: Notifier, frozen: bool) -> None:
    await notifier.hears(bought())
    if frozen:
        await notifier.new_sender().freeze_due(EMAIL)
    await notifier.hears(please())
    assert await notifier.state(Step.SHIPPED) == ("suppressed", "erased")
    assert (await notifier.verdicts())[(await notifier.message(Step.SHIPPED))["id"]] == ["planned", "suppressed"]
    await notifier.let_time_pass(timedelta(hours=1))
    await notifier.tidy()
    assert await notifier.send_what_is_due() == 0
    assert notifier.accepted == []
    (told,) = await answers(notifier)
    assert told.called_off == 2
    assert told.offered == ()


async def test_a_message_that_a_sender_has_claimed_is_not_sent_any_more(notifier: Notifier) -> None:
    async def meanwhile() -> None:
        assert (await notifier.state(Step.SHIPPED))[0] == "claimed"
        await notifier.hears(please())

    await notifier.hears(bought())
    await notifier.new_sender(SleepyDatabase(notifier.database, PUT_IN_FLIGHT, meanwhile)).work_off(EMAIL)
    assert notifier.accepted == []
    assert await notifier.state(Step.SHIPPED) == ("suppressed", "erased")
    assert await tables_holding(notifier.database) == set()


async def test_a_message_in_flight_ends_as_it_ends_and_leaves_no_bytes_behind(notifier: Notifier) -> None:
    async def meanwhile() -> None:
        assert (await notifier.state(Step.SHIPPED))[0] == "in_flight"
        await notifier.hears(please())
        assert await tables_holding(notifier.database) == set()

    await notifier.hears(bought())
    await notifier.new_sender(SleepyDatabase(notifier.database, RECORD, meanwhile)).work_off(EMAIL)
    assert await notifier.state(Step.SHIPPED) == ("accepted", "smtp_accepted")
    assert len(notifier.accepted) == 1
    assert await tables_holding(notifier.database) == set()


@pytest.mark.parametrize("action", [Action.THROTTLE_429, Action.UNAVAILABLE_503])
async def test_a_message_that_comes_back_unsent_is_not_tried_again(notifier: Notifier, action: Action) -> None:
    async def meanwhile() -> None:
        await notifier.hears(please())

    notifier.providers.faults.add(Rule(action=action, times=1, retry_after_seconds=0))
    await notifier.hears(bought(buyer=BUYER.model_copy(update={"consents": ()})))
    await notifier.new_sender(SleepyDatabase(notifier.database, RECORD, meanwhile)).work_off(SMS)
    assert await notifier.state(Step.SHIPPED, SMS) == ("suppressed", "erased")
    await notifier.let_time_pass(timedelta(hours=1))
    await notifier.tidy()
    assert await notifier.send_what_is_due() == 0
    assert notifier.accepted == []
    assert (await notifier.verdicts(SMS)).popitem()[1] == ["planned", "suppressed"]


async def test_a_sender_that_dies_with_an_erased_message_in_flight_leaves_a_doubt_and_no_contact(
    notifier: Notifier,
) -> None:
    async def meanwhile() -> None:
        await notifier.hears(please())
        raise RuntimeError("killed")

    await notifier.hears(bought())
    with pytest.raises(RuntimeError, match="killed"):
        await notifier.new_sender(SleepyDatabase(notifier.database, RECORD, meanwhile)).work_off(EMAIL)
    await notifier.let_time_pass(timedelta(minutes=10))
    await notifier.tidy()
    assert await notifier.state(Step.SHIPPED) == ("unknown", "sender_lost_in_flight")
    assert await notifier.send_what_is_due() == 0
    assert await tables_holding(notifier.database) == set()


async def test_a_step_that_was_on_its_way_is_kept_without_contact_and_told_to_nobody(notifier: Notifier) -> None:
    await notifier.hears(please())
    await notifier.hears(bought(Step.OUT_FOR_DELIVERY, 2, recipients=(FRIEND,)))
    assert await tables_holding(notifier.database) == set()
    rows = await ask(notifier.database, "SELECT recipient, state, reason FROM messages")
    assert {(row["recipient"], row["state"], row["reason"]) for row in rows} == {("buyer", "suppressed", "erased")}
    assert {outcome.reason for outcome in await notifier.outcomes()} == {"erased"}
    assert await notifier.send_what_is_due() == 0


async def test_a_step_and_the_erasure_of_its_order_in_one_batch_leave_nothing(notifier: Notifier) -> None:
    for batch in ((bought(), please()), (please(2), bought(Step.DELIVERED, 2))):
        assert await notifier.hears(*batch) == ["applied", "applied"]
    assert await tables_holding(notifier.database) == set()
    assert await count(notifier.database, "messages", "state <> 'suppressed'") == 0


async def test_a_replay_to_a_notifier_whose_inbox_has_forgotten_brings_nothing_back(notifier: Notifier) -> None:
    told = bought()
    await notifier.hears(told)
    await notifier.hears(please())
    await ask(notifier.database, "DELETE FROM inbox RETURNING event_id")
    await notifier.hears(told)
    assert await tables_holding(notifier.database) == set()
    assert await notifier.state(Step.SHIPPED) == ("suppressed", "erased")


async def test_steps_that_come_in_at_the_very_moment_leave_nothing(notifier: Notifier) -> None:
    for round_number in range(8):
        orders = [f"A-{round_number}-{nth}" for nth in range(3)]
        await asyncio.gather(
            *(notifier.hears(bought(order_id=order)) for order in orders),
            *(notifier.hears(please(order_id=order)) for order in orders),
            *(notifier.hears(bought(Step.DELIVERED, 2, order_id=order)) for order in orders),
        )
    assert await tables_holding(notifier.database) == set()
    assert await count(notifier.database, "messages", "state = 'planned'") == 0


async def test_another_order_of_the_same_buyer_goes_on(notifier: Notifier) -> None:
    await notifier.hears(bought(), bought(order_id="A-10"), bought(shop="demo", order_id="A-100"))
    await notifier.hears(please())
    await notifier.send_what_is_due()
    rows = await ask(notifier.database, "SELECT DISTINCT order_id FROM messages WHERE state = 'accepted' ORDER BY 1")
    assert [row["order_id"] for row in rows] == ["A-10", "A-100"]


WAMID = "wamid." + base64.b64encode(b"\x1c\x18\x0b34600765431\x15\x02\x00\x11\x18\x12B6F950D4E7861A37ED\x00").decode()
"""As Meta makes them: the recipient's number is inside."""


async def test_the_whatsapp_id_with_the_number_inside_goes_too_and_no_receipt_brings_it_back(
    notifier: Notifier,
) -> None:
    await notifier.hears(bought())
    await notifier.send_what_is_due()
    row = await notifier.message(Step.SHIPPED, WHATSAPP)
    await ask(
        notifier.database,
        "UPDATE messages SET provider_message_id = :wamid WHERE id = :id RETURNING id",
        wamid=WAMID,
        id=row["id"],
    )
    await notifier.hears(please())
    assert (await meta_says(notifier, status_of(row["id"], WAMID, "read"))).json()["moved"] == 1
    after = await notifier.message(Step.SHIPPED, WHATSAPP)
    assert (after["state"], after["provider_message_id"]) == ("read", None)


async def test_asking_again_gives_the_same_proof_under_its_own_number(notifier: Notifier) -> None:
    await notifier.hears(bought())
    await notifier.hears(please())
    await notifier.hears(please(2))
    first, second = await answers(notifier)
    assert second == first.model_copy(update={"request": 2})
    assert first.event_id != second.event_id


async def test_a_request_told_twice_is_answered_once(notifier: Notifier) -> None:
    asked = please()
    assert await notifier.hears(asked, asked) == ["applied", "duplicate"]
    assert len(await answers(notifier)) == 1


async def test_an_order_that_the_notifier_never_heard_of_is_answered_and_remembered(notifier: Notifier) -> None:
    await notifier.hears(please())
    (told,) = await answers(notifier)
    assert told.nothing_remains
    assert {(rows.erased, rows.kept) for rows in told.rows} == {(0, 0)}
    await notifier.hears(bought())
    assert await notifier.state(Step.SHIPPED) == ("suppressed", "erased")


async def test_a_shop_that_has_gone_can_still_have_its_buyers_forgotten(notifier: Notifier) -> None:
    await notifier.hears(bought())
    closed = replace(notifier, shops=type(notifier.shops)({}))
    async with closed.http:
        assert await closed.hears(please()) == ["applied"]
    assert await tables_holding(notifier.database) == set()
