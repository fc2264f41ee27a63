"""What the notifier keeps of people goes first and the ledger much later, and neither lets a message out twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.notifier.domain.person import person_of
from services.notifier.domain.urgency import TIMINGS
from services.notifier.people import consents, reach
from services.notifier.people.consents import Purpose, Source, Word
from services.notifier.retention import RetentionSettings, forget_contacts, forget_messages, retention_duties
from shared.contracts.steps import StepReached
from shared.contracts.topics import TRACKING_STEPS
from shared.contracts.vocabulary import Channel, Step
from shared.settings import BrokenConfiguration, load_settings
from tests.support.migrated import ask, count
from tests.support.notifier_world import BY_MAIL, BY_SMS, BY_WHATSAPP, Notifier, now, step
from tests.support.receipts_posted import callback_url, meta_says, status_of, twilio_says

SETTINGS = RetentionSettings()
CONTACTS = timedelta(days=SETTINGS.keep_contacts_days)
LEDGER = timedelta(days=SETTINGS.keep_ledger_days)
HOUR = timedelta(hours=1)
PEOPLE = ("Lucía", "lucia@example.com", "34600000001")


async def sent(notifier: Notifier, *steps: StepReached) -> None:
    await notifier.hears(*steps)
    await notifier.send_what_is_due()


async def forget_people(notifier: Notifier, after: timedelta) -> int:
    async with notifier.database.transaction() as tx:
        return await forget_contacts(tx, now() + after, CONTACTS)


async def forget_all(notifier: Notifier, after: timedelta) -> int:
    async with notifier.database.transaction() as tx:
        return await forget_messages(tx, now() + after, LEDGER)


async def held(notifier: Notifier) -> str:
    """Ledger and steps as one text, the frozen bytes too."""
    rows = await ask(
        notifier.database,
        "SELECT concat(CAST(m AS text), convert_from(coalesce(m.request, ''), 'UTF8')) AS line FROM messages m "
        "UNION ALL SELECT CAST(s AS text) FROM steps s",
    )
    return "\n".join(row["line"] for row in rows)


async def test_after_its_time_nothing_of_a_person_is_left_and_what_became_of_the_message_is(notifier: Notifier) -> None:
    await sent(notifier, step(Step.SHIPPED, buyer=BY_MAIL), step(Step.SHIPPED, order_id="A-2", buyer=BY_SMS))
    before = await notifier.message(Step.SHIPPED)
    written = await held(notifier)
    assert [word for word in PEOPLE if word not in written] == []
    assert await forget_people(notifier, CONTACTS - HOUR) == 0
    assert await forget_people(notifier, CONTACTS + HOUR) == 2
    assert await forget_people(notifier, CONTACTS + HOUR) == 0
    assert [word for word in PEOPLE if word in await held(notifier)] == []
    after = await notifier.message(Step.SHIPPED)
    gone = {name for name in before if before[name] is not None and after[name] is None}
    assert gone == {"address", "person", "request"}
    assert {name for name in before if before[name] != after[name]} == gone


async def test_a_receipt_that_comes_after_that_still_finds_its_message(notifier: Notifier) -> None:
    await sent(notifier, step(Step.SHIPPED, buyer=BY_SMS))
    row = await notifier.message(Step.SHIPPED, Channel.SMS)
    await forget_people(notifier, CONTACTS + HOUR)
    answer = await twilio_says(notifier, callback_url(row), "delivered", sid=row["provider_message_id"])
    assert answer.json() == {"taken": 1, "moved": 1}
    assert (await notifier.state(Step.SHIPPED, Channel.SMS))[0] == "delivered"


async def test_whatsapps_id_goes_as_well_for_it_holds_the_number_and_a_receipt_finds_the_message_by_ours(
    notifier: Notifier,
) -> None:
    await sent(notifier, step(Step.SHIPPED, buyer=BY_WHATSAPP))
    row = await notifier.message(Step.SHIPPED, Channel.WHATSAPP)
    await forget_people(notifier, CONTACTS + HOUR)
    assert (await notifier.message(Step.SHIPPED, Channel.WHATSAPP))["provider_message_id"] is None
    await meta_says(notifier, status_of(row["id"], row["provider_message_id"], "delivered"))
    assert (await notifier.state(Step.SHIPPED, Channel.WHATSAPP))[0] == "delivered"


@pytest.mark.parametrize("state", ["planned", "frozen", "claimed", "in_flight"])
async def test_a_message_that_is_not_over_keeps_its_address_and_its_step(state: str, notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED))
    await ask(notifier.database, "UPDATE messages SET state = :state WHERE channel = 'email' RETURNING id", state=state)
    assert await forget_people(notifier, LEDGER) == 0
    assert (await notifier.message(Step.SHIPPED))["address"] == "lucia@example.com"


async def test_a_step_told_again_after_its_contact_is_gone_goes_to_nobody(notifier: Notifier) -> None:
    told = step(Step.SHIPPED)
    await sent(notifier, told)
    await forget_people(notifier, CONTACTS + HOUR)
    await ask(notifier.database, "DELETE FROM inbox RETURNING event_id")
    accepted = len(notifier.accepted)
    await sent(notifier, told)
    assert len(notifier.accepted) == accepted
    assert [word for word in PEOPLE if word in await held(notifier)] == []


async def test_the_ledger_itself_goes_much_later_and_only_what_was_left_alone_for_as_long(notifier: Notifier) -> None:
    await sent(notifier, step(Step.SHIPPED), step(Step.SHIPPED, order_id="A-2"))
    await forget_people(notifier, CONTACTS + HOUR)
    await ask(
        notifier.database,
        "UPDATE messages SET changed_at = now() + interval '10 days' WHERE order_id = 'A-2' RETURNING id",
    )
    assert await forget_all(notifier, LEDGER - HOUR) == 0
    assert await forget_all(notifier, LEDGER + HOUR) == 1
    assert await count(notifier.database, "messages", "order_id = 'A-2'") == len(Channel)
    assert await count(notifier.database, "messages") == len(Channel)
    assert await count(notifier.database, "steps") == 1


async def test_nothing_goes_from_the_ledger_before_its_contact_has_gone(notifier: Notifier) -> None:
    await sent(notifier, step(Step.SHIPPED))
    assert await forget_all(notifier, LEDGER + HOUR) == 0


async def test_a_step_that_is_older_than_the_ledger_is_told_to_nobody_though_nobody_remembers_it(
    notifier: Notifier,
) -> None:
    again = step(Step.SHIPPED, age=LEDGER + HOUR)
    await sent(notifier, again)
    assert await notifier.state(Step.SHIPPED) == ("expired", "too_old_to_tell")
    assert notifier.accepted == []


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"KEEP_CONTACTS_DAYS": "3"}, "KEEP_CONTACTS_DAYS: Input should be greater than or equal to 15"),
        ({"KEEP_LEDGER_DAYS": "60"}, "KEEP_LEDGER_DAYS is less than KEEP_CONTACTS_DAYS"),
        ({"KEEP_LEDGER_DAYS": "many"}, "KEEP_LEDGER_DAYS: Input should be a valid integer"),
    ],
)
def test_a_time_that_cannot_be_kept_is_refused_at_start(
    days: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in days.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BrokenConfiguration, match=said):
        load_settings(RetentionSettings)


def test_contacts_are_kept_for_longer_than_any_message_waits_and_any_step_is_delivered_again() -> None:
    shortest = RetentionSettings(keep_contacts_days=15)
    assert TRACKING_STEPS.retention is not None
    longest = max(timing.true_for for timing in TIMINGS.values())
    assert timedelta(days=shortest.keep_contacts_days) > longest + TRACKING_STEPS.retention


async def test_every_duty_goes_through_and_of_what_buyers_said_only_a_standing_withdrawal_is_left(
    notifier: Notifier,
) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=BY_WHATSAPP))
    person = person_of("demo", str(BY_WHATSAPP.phone))
    withdrawn = Word("demo", person, Channel.SMS, Purpose.EXTRAS, False, Source.PREFERENCES, now(), "A-1001")
    async with notifier.database.transaction() as tx:
        await consents.note(tx, [withdrawn])
        await reach.note_unreachable(tx, Channel.EMAIL, "gone@example.com", "smtp_550_5.1.1", now())
    in_two_years = now() + timedelta(days=730)
    for duty in retention_duties(RetentionSettings()):
        async with notifier.database.transaction() as tx:
            await duty.bite(tx, in_two_years)
    assert await count(notifier.database, "preference_links") == await count(notifier.database, "unreachable") == 0
    (left,) = await ask(notifier.database, "SELECT state, channel FROM consents")
    assert (left["state"], left["channel"]) == ("withdrawn", "sms")
