"""What carriers and providers are said to have said, without their signature or with another's: nothing moves."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.parts.base import Carrier
from shared.contracts.vocabulary import Channel, Step
from shared.signatures import BadSignature, sign_form
from tests.support.attacks import SEED, tries
from tests.support.carrier_samples import SECRET
from tests.support.gateway_caller import NOW, courier_event
from tests.support.migrated import ask
from tests.support.notifier_world import BY_SMS, BY_WHATSAPP, Notifier, step
from tests.support.receipts_posted import callback_url, meta_says, status_of, twilio_says

MUTATIONS = tries(100, 10_000)
"""Of each carrier's push."""
FORGERIES = tries(60, 3_000)


def mutated(rolled: random.Random, body: bytes, headers: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """One bit of the body or one character of a header is another, or a header is gone, doubled or empty."""
    changed = dict(headers)
    name = rolled.choice(sorted(changed))
    match rolled.randrange(5):
        case 0:
            del changed[name]
        case 1:
            changed[name] = ""
        case 2:
            value, at = changed[name], rolled.randrange(len(changed[name]))
            changed[name] = value[:at] + chr((ord(value[at]) + rolled.randint(1, 90)) % 94 + 33) + value[at + 1 :]
        case 3:
            changed[name] += rolled.choice("0aA=")
        case _:
            at = rolled.randrange(len(body) * 8)
            body = body[: at // 8] + bytes([body[at // 8] ^ 1 << at % 8]) + body[at // 8 + 1 :]
    return body, changed


def signs_the_body(carrier: Carrier) -> bool:
    return carrier.signature.sign(b"a", SECRET, "m", NOW) != carrier.signature.sign(b"b", SECRET, "m", NOW)


def accepts(carrier: Carrier, body: bytes, headers: Mapping[str, str], now: datetime, *secrets: str) -> bool:
    try:
        carrier.verify(body, headers, secrets or (SECRET,), now)
    except BadSignature:
        return False
    return True


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.id)
def test_no_push_that_differs_in_one_place_from_a_signed_one_is_accepted(carrier: Carrier) -> None:
    rolled, body = random.Random(SEED), courier_event()
    headers = carrier.signature.sign(body, SECRET, "msg_1", NOW)
    assert accepts(carrier, body, headers, NOW)
    for _ in range(MUTATIONS):
        other_body, other = mutated(rolled, body, headers)
        if other_body != body and not signs_the_body(carrier):
            continue  # a token in a header says who speaks, not what they say
        if same_signature(other_body, other, body, headers):
            continue
        assert not accepts(carrier, other_body, other, NOW), other


def same_signature(body: bytes, other: Mapping[str, str], was: bytes, headers: Mapping[str, str]) -> bool:
    """Written differently, the same: hexadecimal digits may be capitals."""
    return body == was and {k: v.lower() for k, v in other.items()} == {k: v.lower() for k, v in headers.items()}


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
async def test_forged_and_foreign_callbacks_move_no_message(notifier: Notifier, channel: Channel) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=BY_SMS if channel is Channel.SMS else BY_WHATSAPP))
    await notifier.send_what_is_due()
    row = await notifier.message(Step.SHIPPED, channel)
    before, rolled = await ask(notifier.database, "SELECT * FROM messages ORDER BY id"), random.Random(SEED)
    for _ in range(FORGERIES):
        status = rolled.choice(["delivered", "failed", "undelivered", "read", "sent"])
        secret = rolled.choice(["", "x" * 32, row["provider_message_id"], "Bearer"])
        if channel is Channel.SMS:
            answer = await twilio_says(
                notifier, callback_url(row), status, sid=row["provider_message_id"], token=secret or "none"
            )
        else:
            told = status_of(row["id"], row["provider_message_id"], status)
            answer = await meta_says(notifier, told, secret=secret or "none")
        assert answer.status_code == 401
    assert await ask(notifier.database, "SELECT * FROM messages ORDER BY id") == before


async def test_a_callback_signed_for_one_message_moves_no_other(notifier: Notifier) -> None:
    """The message's id stands in the address, which Twilio signs."""
    await notifier.hears(step(Step.SHIPPED, buyer=BY_SMS), step(Step.SHIPPED, order_id="A-2", buyer=BY_SMS))
    await notifier.send_what_is_due()
    mine, theirs = [await notifier.message(Step.SHIPPED, Channel.SMS, order_id) for order_id in ("A-1001", "A-2")]
    fields = [("MessageSid", mine["provider_message_id"]), ("MessageStatus", "failed")]
    signature = sign_form(callback_url(mine), fields, notifier.providers.twilio_account.auth_token)
    url = urlsplit(callback_url(theirs))
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
    answer = await notifier.http.post(f"{url.path}?{url.query}", content=urlencode(fields), headers=headers)
    assert answer.status_code == 401
    assert await notifier.state(Step.SHIPPED, Channel.SMS, "A-2") == (theirs["state"], theirs["reason"])


async def test_a_well_signed_callback_about_a_message_that_is_not_theirs_moves_nothing(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=BY_SMS))
    await notifier.send_what_is_due()
    row = await notifier.message(Step.SHIPPED, Channel.SMS)
    for message, wamid in ((row["id"], "wamid.x"), (uuid4(), "wamid.y"), (None, row["provider_message_id"])):
        answer = await meta_says(notifier, status_of(message, wamid, "failed"))  # an SMS is none of Meta's
        assert (answer.status_code, answer.json()["moved"]) == (200, 0)
    other_sid = await twilio_says(notifier, callback_url(row), "failed", sid="SM" + "0" * 32)
    assert other_sid.json()["moved"] == 0
    assert (await notifier.message(Step.SHIPPED, Channel.SMS))["state"] == row["state"]


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha512"])
async def test_a_weaker_or_another_algorithm_is_no_signature_of_metas(notifier: Notifier, algorithm: str) -> None:
    body = json.dumps({"object": "whatsapp_business_account", "entry": []}).encode()
    digest = hmac.new(notifier.providers.graph.app.app_secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()
    for name in ("sha256", algorithm):
        headers = {"x-hub-signature-256": f"{name}={digest}", "x-hub-signature": f"{algorithm}={digest}"}
        assert (await notifier.http.post("/receipts/whatsapp", content=body, headers=headers)).status_code == 401
