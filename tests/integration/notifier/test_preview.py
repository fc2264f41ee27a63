"""A preview is a send that does not happen: the same verdicts, the same bytes, and no trace."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.notifier.domain.delivery import VERDICT_OF, State
from services.notifier.preview.described import ASKED_EXAMPLE, STEP_EXAMPLE
from services.notifier.preview.routes import LIMIT_BYTES, MOST_RECIPIENTS
from shared.contracts.erasures import ErasureRequested
from shared.contracts.orders import Buyer, Consent, Notify, Recipient
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel, Step
from shared.shops import QuietHours, Shops
from tests.support.migrated import ask
from tests.support.notifier_world import BY_MAIL, BY_SMS, DEMO, KEY, WRITE_KEY, Notifier, now, step
from tests.support.steps_reached import with_parcel

EVERYWHERE = Buyer(
    name="Lucía Prado Ñandú",
    email="lucia@example.com",
    phone="+34600000001",
    locale="es-ES",
    timezone="Europe/Madrid",
    consents=(Consent(channel=Channel.WHATSAPP),),
)
RECEIVER = Recipient(name="Tomás", phone="+34600000002", locale="en")


async def previewed(notifier: Notifier, body: Any, key: str | None = KEY) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    if isinstance(body, bytes):
        return await notifier.http.post("/v1/preview", content=body, headers=headers)
    return await notifier.http.post("/v1/preview", json=body, headers=headers)


async def preview_of(notifier: Notifier, told: StepReached, **asked: Any) -> dict[tuple[str, str], Any]:
    """The answer's messages, by recipient and channel."""
    answer = await previewed(notifier, {"step": told.model_dump(mode="json", exclude_none=True), **asked})
    assert answer.status_code == 200, answer.text
    messages = answer.json()["messages"]
    found = {(message["recipient"], message["channel"]): message for message in messages}
    assert len(found) == len(messages), "one verdict for each recipient and channel"
    return found


@pytest.mark.parametrize("kind", [Step.SHIPPED, Step.OUT_FOR_DELIVERY, Step.DELIVERED, Step.ORDER_CONFIRMED])
async def test_the_bytes_of_a_preview_are_those_that_the_ledger_freezes_for_the_same_step(
    notifier: Notifier, kind: Step
) -> None:
    told, at = step(kind, buyer=EVERYWHERE, recipients=(RECEIVER,)), now()
    await notifier.hears(step(Step.PREPARING, buyer=EVERYWHERE, recipients=(RECEIVER,)))  # gives the link
    await notifier.send_what_is_due()
    shown = await preview_of(notifier, told, at=at.isoformat())
    await notifier.hears(told)
    await notifier.send_what_is_due(notifier.new_sender(clock=lambda: at))
    rows = await ask(
        notifier.database, "SELECT * FROM messages WHERE step = :step ORDER BY recipient, channel", step=kind
    )
    assert {(row["recipient"], row["channel"]) for row in rows} == set(shown)
    planned = 0
    for row in rows:
        message = shown[row["recipient"], row["channel"]]
        assert message["id"] == str(row["id"])
        written = message["written"]
        if written is None:
            assert (message["verdict"], message["reason"]) == (VERDICT_OF[State(row["state"])], row["reason"])
            continue
        planned += 1
        assert message["verdict"] == "planned"
        assert (written["sha256"], written["provider"], written["language"]) == (
            row["request_sha256"],
            row["provider"],
            row["language"],
        )
        request = base64.b64decode(written["request"])
        assert request == bytes(row["request"])
        assert hashlib.sha256(request).hexdigest() == written["sha256"]
        assert len(request) == written["size_bytes"]
    assert planned == 3, "e-mail and WhatsApp to the buyer, an SMS to the receiver"


async def test_it_says_what_each_channel_makes_of_the_step(notifier: Notifier) -> None:
    both = EVERYWHERE.model_copy(update={"consents": ()})
    mail = (await preview_of(notifier, step(Step.SHIPPED, buyer=EVERYWHERE)))["buyer", "email"]["written"]
    sms = (await preview_of(notifier, step(Step.SHIPPED, buyer=both)))["buyer", "sms"]["written"]
    chat = (await preview_of(notifier, step(Step.SHIPPED, buyer=EVERYWHERE)))["buyer", "whatsapp"]["written"]
    assert mail["subject"]
    assert "12345678901234" in mail["text"]
    assert mail["html"].startswith("<!")
    assert sms["sms"]["alphabet"] == "gsm7"
    assert sms["sms"]["segments"] in (1, 2)
    assert chat["template"]["name"].startswith("hito_shipped")
    assert all(value in chat["text"] for value in chat["template"]["parameters"])


async def test_nothing_is_stored_and_nothing_leaves(notifier: Notifier) -> None:
    await preview_of(notifier, step(Step.SHIPPED, buyer=EVERYWHERE))
    await notifier.send_what_is_due()
    assert notifier.accepted == []
    for table in ("messages", "steps", "outbox", "inbox"):
        assert await ask(notifier.database, f"SELECT * FROM {table}") == [], table


async def test_it_can_be_asked_for_one_recipient_and_one_channel_alone(notifier: Notifier) -> None:
    told = step(Step.SHIPPED, buyer=EVERYWHERE, recipients=(RECEIVER,))
    shown = await preview_of(notifier, told, recipient="receiver", channel="sms")
    assert set(shown) == {("receiver", "sms")}
    assert "Tomás" not in shown["receiver", "sms"]["written"]["request"]


async def test_a_bare_step_is_asked_about_as_it_stands_on_its_topic(notifier: Notifier) -> None:
    answer = await previewed(notifier, step(Step.SHIPPED).to_json())
    assert answer.status_code == 200
    assert {message["channel"] for message in answer.json()["messages"]} == {"email", "sms", "whatsapp"}


async def test_the_examples_of_the_description_are_answered(notifier: Notifier) -> None:
    for example in (STEP_EXAMPLE, ASKED_EXAMPLE):
        assert (await previewed(notifier, example)).status_code == 200
    (message,) = (await previewed(notifier, ASKED_EXAMPLE)).json()["messages"]
    assert message["written"]["sms"]["segments"] >= 1
    described = (await notifier.http.get("/openapi.json")).json()
    operation = described["paths"]["/v1/preview"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    for shape in schema["oneOf"]:
        assert shape["$ref"].rpartition("/")[2] in described["components"]["schemas"]
    assert {"401", "403", "404", "413", "422"} <= set(operation["responses"])


async def test_in_quiet_hours_it_names_the_morning_and_the_mail_bears_that_date(notifier: Notifier) -> None:
    sleeping = Shops({"demo": DEMO.model_copy(update={"quiet_hours": QuietHours()})})
    state = notifier.app.state.preview
    notifier.app.state.preview = replace(state, planner=replace(state.planner, shops=sleeping))
    night = datetime(2026, 3, 24, 23, 30, tzinfo=UTC)  # half past midnight in Madrid
    told = step(Step.SHIPPED, occurred_at=night - timedelta(minutes=5))
    message = (await preview_of(notifier, told, at=night.isoformat()))["buyer", "email"]
    assert message["not_before"] == "2026-03-25T07:00:00Z"
    assert message["written"]["composed_at"] == message["not_before"]
    assert b"Wed, 25 Mar 2026 07:00:00" in base64.b64decode(message["written"]["request"])


async def test_what_is_not_sent_has_its_reason_and_no_bytes(notifier: Notifier) -> None:
    silenced = await preview_of(notifier, step(Step.SHIPPED, notify=Notify(suppress=True)))
    stale = await preview_of(notifier, step(Step.SHIPPED, still_true=False))
    old = await preview_of(notifier, step(Step.SHIPPED, age=timedelta(days=8)))
    phone = await preview_of(notifier, step(Step.SHIPPED, buyer=BY_SMS))
    told = {
        "silenced": silenced["buyer", "email"],
        "stale": stale["buyer", "email"],
        "old": old["buyer", "email"],
        "phone": phone["buyer", "whatsapp"],
    }
    assert {name: (message["verdict"], message["reason"]) for name, message in told.items()} == {
        "silenced": ("suppressed", "shop_asked_for_silence"),
        "stale": ("superseded", "later_facts_known"),
        "old": ("expired", "too_old_to_tell"),
        "phone": ("suppressed", "no_consent"),
    }
    assert all(message["written"] is None for message in told.values())


async def test_a_message_that_could_not_be_written_says_which_fact_is_missing(notifier: Notifier) -> None:
    told = with_parcel(step(Step.SHIPPED), carrier_name=" ")
    message = (await preview_of(notifier, told))["buyer", "email"]
    assert (message["verdict"], message["reason"]) == ("failed", "cannot_render_missing_carrier")
    assert "carrier" in message["detail"]
    await notifier.hears(told)
    await notifier.send_what_is_due()
    assert await notifier.state(Step.SHIPPED) == ("failed", "cannot_render_missing_carrier")


async def test_an_erased_order_is_told_to_nobody_in_a_preview_either(notifier: Notifier) -> None:
    asked = ErasureRequested(shop="demo", order_id="A-1001", request=1, requested_at=now())
    await notifier.hears(asked)
    shown = await preview_of(notifier, step(Step.SHIPPED, buyer=BY_MAIL))
    assert {message["reason"] for message in shown.values()} == {"erased"}


async def test_only_a_key_of_the_steps_shop_that_may_read_orders_opens_it(notifier: Notifier) -> None:
    told = step(Step.SHIPPED).to_json()
    elsewhere = step(Step.SHIPPED, shop="other").to_json()
    assert (await previewed(notifier, told, key=None)).status_code == 401
    assert (await previewed(notifier, b"not even JSON", key="unknown")).status_code == 401
    assert (await previewed(notifier, told, key=WRITE_KEY)).status_code == 403
    refused = await previewed(notifier, elsewhere)
    assert (refused.status_code, refused.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("body", "status", "names"),
    {
        "no JSON": (b"{", 422, "not JSON"),
        "a list": (b"[]", 422, ""),
        "an unknown field": ({**STEP_EXAMPLE, "colour": "red"}, 422, "colour"),
        "an unknown field beside the step": ({"step": STEP_EXAMPLE, "colour": "red"}, 422, "colour"),
        "a missing field": ({k: v for k, v in STEP_EXAMPLE.items() if k != "buyer"}, 422, "buyer"),
        "an instant without a zone": ({"step": STEP_EXAMPLE, "at": "2026-03-24T11:41:00"}, 422, "at"),
        "a time beyond the calendar": ({"step": {**STEP_EXAMPLE, "occurred_at": "9999-12-31T00:00:00Z"}}, 422, "far"),
        "too many recipients": (
            {**STEP_EXAMPLE, "recipients": [{"phone": "+34600000002"}] * (MOST_RECIPIENTS + 1)},
            422,
            "recipients",
        ),
        "too much": (b" " * (LIMIT_BYTES + 1), 413, "at most"),
    }.values(),
    ids=lambda value: None,
)
async def test_what_it_cannot_read_is_refused_by_name(notifier: Notifier, body: Any, status: int, names: str) -> None:
    answer = await previewed(notifier, body)
    assert (answer.status_code, names in answer.text) == (status, True), answer.text
    assert "Lucía" not in answer.text
