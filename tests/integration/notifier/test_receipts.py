"""What providers say afterwards: signed, late, twice, in any order, or before our own answer was recorded."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from uuid import uuid4

import pytest

from sandbox.backends.postgres import embedded_postgres
from sandbox.providers import Action, Rule
from services.notifier.processes import MIGRATIONS
from shared.contracts.vocabulary import Channel, Step
from shared.database import Row
from shared.migrate import migrate
from tests.support.migrated import opened
from tests.support.mortal import Killed, MortalDatabase
from tests.support.notifier_world import BY_SMS, BY_WHATSAPP, Notifier, a_notifier, step
from tests.support.receipts_posted import callback_url, meta_says, status_of, twilio_says

SMS, WHATSAPP = Channel.SMS, Channel.WHATSAPP
RECORD = 3
"""The transaction in which a sender notes what the provider answered."""


BUYERS = [BY_WHATSAPP.model_copy(update={"phone": f"+346000001{number:02}"}) for number in range(20)]
"""Each with a number of their own: one number is written to once in six seconds."""


async def sent_sms(notifier: Notifier) -> Row:
    await notifier.hears(step(Step.SHIPPED, buyer=BY_SMS))
    await notifier.send_what_is_due()
    return await notifier.message(Step.SHIPPED, SMS)


async def state(notifier: Notifier, channel: Channel = SMS) -> str:
    return str((await notifier.message(Step.SHIPPED, channel))["state"])


async def told(notifier: Notifier, channel: Channel = SMS) -> list[str]:
    (verdicts,) = [words for words in (await notifier.verdicts(channel)).values() if words[0] == "planned"]
    return verdicts


async def test_a_delivered_message_is_delivered_and_the_order_hears_of_it(notifier: Notifier) -> None:
    row = await sent_sms(notifier)
    answer = await twilio_says(notifier, callback_url(row), "delivered", sid=row["provider_message_id"])
    assert (answer.status_code, answer.json()) == (200, {"taken": 1, "moved": 1})
    assert await state(notifier) == "delivered"
    assert await told(notifier) == ["planned", "sent", "delivered"]


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "read"])))
async def test_receipts_in_any_order_end_in_the_furthest(notifier: Notifier, order: tuple[str, ...]) -> None:
    row = await sent_sms(notifier)
    for status in order:
        await twilio_says(notifier, callback_url(row), status, sid=row["provider_message_id"])
    assert await state(notifier) == "read"
    assert (await told(notifier))[-1] == "read"


async def test_a_receipt_that_comes_twice_is_told_once(notifier: Notifier) -> None:
    row = await sent_sms(notifier)
    answers = [
        (await twilio_says(notifier, callback_url(row), "delivered", sid=row["provider_message_id"])).json()["moved"]
        for _ in range(3)
    ]
    assert answers == [1, 0, 0]
    assert await told(notifier) == ["planned", "sent", "delivered"]


async def test_a_failure_keeps_its_reason_and_a_delivery_after_it_is_believed(notifier: Notifier) -> None:
    row = await sent_sms(notifier)
    url, sid = callback_url(row), row["provider_message_id"]
    await twilio_says(notifier, url, "undelivered", sid=sid, code=30003)
    assert await notifier.state(Step.SHIPPED, SMS) == ("bounced", "twilio_30003_unreachable_handset")
    await twilio_says(notifier, url, "delivered", sid=sid)
    assert await told(notifier) == ["planned", "sent", "failed", "delivered"]


@pytest.mark.parametrize("signature", ["", "AAAA", "not base64 at all"])
async def test_a_forged_receipt_moves_nothing(notifier: Notifier, signature: str) -> None:
    row = await sent_sms(notifier)
    url, sid = callback_url(row), row["provider_message_id"]
    forged = await twilio_says(notifier, url, "delivered", sid=sid, signature=signature or "=")
    other_token = await twilio_says(notifier, url, "delivered", sid=sid, token="0" * 32)
    other_url = await twilio_says(notifier, url.replace("m=", "x="), "delivered", sid=sid, signature="AAAA")
    assert [answer.status_code for answer in (forged, other_token, other_url)] == [401, 401, 401]
    assert await state(notifier) == "accepted"


async def test_a_receipt_for_one_message_does_not_serve_for_another(notifier: Notifier) -> None:
    """The signature is good, but the message id in the address is not one that we gave out together with its seal."""
    row = await sent_sms(notifier)
    swapped = callback_url(row).replace(str(row["id"]), str(uuid4()))
    answer = await twilio_says(notifier, swapped, "delivered", sid="SM" + "0" * 32)
    assert answer.json() == {"taken": 1, "moved": 0}
    assert await state(notifier) == "accepted"


async def test_a_receipt_under_another_provider_id_is_not_about_our_message(notifier: Notifier) -> None:
    row = await sent_sms(notifier)
    answer = await twilio_says(notifier, callback_url(row), "delivered", sid="SM" + "f" * 32)
    assert answer.json() == {"taken": 1, "moved": 0}
    assert await state(notifier) == "accepted"


async def test_without_our_echo_the_providers_own_id_will_do(notifier: Notifier) -> None:
    row = await sent_sms(notifier)
    bare = callback_url(row).split("?")[0] + "?"
    answer = await twilio_says(notifier, bare.rstrip("?"), "delivered", sid=row["provider_message_id"])
    assert answer.json()["moved"] == 1


async def test_a_receipt_of_another_provider_moves_nothing(notifier: Notifier) -> None:
    row = await sent_sms(notifier)
    answer = await meta_says(notifier, status_of(row["id"], "wamid.X", "delivered"))
    assert answer.json() == {"taken": 1, "moved": 0}
    assert await state(notifier) == "accepted"


async def test_a_receipt_for_nobody_is_taken_and_moves_nothing(notifier: Notifier) -> None:
    answer = await meta_says(notifier, status_of(uuid4(), "wamid.X", "delivered"))
    assert (answer.status_code, answer.json()) == (200, {"taken": 1, "moved": 0})


async def test_a_receipt_for_a_message_that_never_left_moves_nothing(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=BY_SMS))
    await notifier.new_sender().freeze_due(SMS)
    row = await notifier.message(Step.SHIPPED, SMS)
    answer = await twilio_says(notifier, callback_url(row), "delivered", sid="SM" + "0" * 32)
    assert answer.json()["moved"] == 0
    assert await state(notifier) == "frozen"


async def test_a_receipt_may_come_before_our_own_answer_is_recorded(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=BY_SMS))
    with pytest.raises(Killed):
        await notifier.new_sender(MortalDatabase(notifier.database, RECORD, committed=False)).work_off(SMS)
    row = await notifier.message(Step.SHIPPED, SMS)
    assert (row["state"], row["provider_message_id"]) == ("in_flight", None)
    (received,) = notifier.accepted
    await twilio_says(notifier, callback_url(row), "delivered", sid=received.provider_message_id)
    await notifier.let_time_pass(timedelta(minutes=10))
    await notifier.tidy()
    assert await notifier.send_what_is_due() == 0
    assert await state(notifier) == "delivered"
    assert await told(notifier) == ["planned", "delivered"]


async def test_a_receipt_resolves_a_doubt(notifier: Notifier) -> None:
    notifier.providers.faults.add(Rule(action=Action.ACCEPT_THEN_DROP, times=1))
    row = await sent_sms(notifier)
    assert row["state"] == "unknown"
    (received,) = notifier.accepted
    await twilio_says(notifier, callback_url(row), "delivered", sid=received.provider_message_id)
    assert await told(notifier) == ["planned", "unknown", "delivered"]


async def test_one_notification_of_meta_may_speak_of_many_messages(notifier: Notifier) -> None:
    orders = [f"A-{number}" for number in range(12)]
    await notifier.hears(
        *(step(Step.SHIPPED, order_id=name, buyer=buyer) for name, buyer in zip(orders, BUYERS, strict=False))
    )
    await notifier.send_what_is_due()
    rows = [await notifier.message(Step.SHIPPED, WHATSAPP, name) for name in orders]
    said = [status_of(row["id"], row["provider_message_id"], "delivered") for row in rows]
    odd: dict[str, object] = {"id": "wamid.X", "status": "warmed_up"}
    answer = await meta_says(notifier, *said, odd)
    assert answer.json() == {"taken": 12, "moved": 12}


async def test_notifications_that_come_at_once_in_opposite_orders_do_not_block_each_other(notifier: Notifier) -> None:
    orders = [f"A-{number}" for number in range(20)]
    await notifier.hears(
        *(step(Step.SHIPPED, order_id=name, buyer=buyer) for name, buyer in zip(orders, BUYERS, strict=False))
    )
    await notifier.send_what_is_due()
    rows = [await notifier.message(Step.SHIPPED, WHATSAPP, name) for name in orders]
    for status in ("delivered", "read"):
        said = [status_of(row["id"], row["provider_message_id"], status) for row in rows]
        answers = await asyncio.gather(*(meta_says(notifier, *part) for part in (said, said[::-1], said, said[::-1])))
        assert [answer.status_code for answer in answers] == [200] * 4
        assert sum(answer.json()["moved"] for answer in answers) == 20


async def test_meta_is_answered_only_when_it_signs_and_knows_our_verify_token(notifier: Notifier) -> None:
    assert (await meta_says(notifier, status_of(None, "wamid.X", "read"), secret="wrong")).status_code == 401
    asked = {"hub.mode": "subscribe", "hub.challenge": "4711"}
    token = notifier.providers.graph.app.verify_token
    good = await notifier.http.get("/receipts/whatsapp", params={**asked, "hub.verify_token": token})
    bad = await notifier.http.get("/receipts/whatsapp", params={**asked, "hub.verify_token": "guess"})
    assert (good.status_code, good.text, bad.status_code) == (200, "4711", 403)


async def test_a_signed_receipt_that_says_nothing_is_refused(notifier: Notifier) -> None:
    row = await sent_sms(notifier)
    answer = await twilio_says(notifier, callback_url(row), "", sid=row["provider_message_id"])
    assert answer.status_code == 422


async def test_a_provider_that_is_not_installed_here_is_not_found(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in notifier.providers.environment:
        if name.startswith(("TWILIO", "WHATSAPP")):
            monkeypatch.delenv(name)
    async with a_notifier(notifier.database, notifier.providers) as mail_only:
        names = ("twilio", "twilio-whatsapp", "whatsapp")
        statuses = [(await mail_only.http.post(f"/receipts/{name}")).status_code for name in names]
    assert statuses == [404, 404, 404]


async def test_while_the_database_is_away_the_provider_is_asked_to_come_again(
    notifier: Notifier, tmp_path: Path
) -> None:
    async with (
        embedded_postgres(tmp_path, durable=False) as server,
        opened(await server.create_database("notifier")) as database,
        a_notifier(database, notifier.providers) as own,
    ):
        await migrate(database, MIGRATIONS)
        await server.stop(immediate=True)
        answer = await meta_says(own, status_of(uuid4(), "wamid.X", "read"))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
