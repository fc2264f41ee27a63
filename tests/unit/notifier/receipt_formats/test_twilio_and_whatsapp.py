from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from services.notifier.channels.sms import seal_message_id
from services.notifier.receipt_formats import (
    Malformed,
    Receipt,
    parse_twilio,
    parse_whatsapp,
    whatsapp_handshake,
)
from shared.contracts.vocabulary import Verdict
from shared.signatures import BadSignature, sign_form
from tests.support.letters import MESSAGE_ID, NOW

TOKEN, SECRET = "twilio-token", "app-secret"
CALLBACK = f"https://avisos.example/receipts/twilio?m={MESSAGE_ID}&s={seal_message_id(MESSAGE_ID, TOKEN)}"
SID = "SM" + "a" * 32


def ignored(provider: str) -> float:
    return REGISTRY.get_sample_value("otn_receipts_ignored_total", {"provider": provider}) or 0.0


def twilio(status: str, *, url: str = CALLBACK, token: str = TOKEN, **fields: str) -> list[Receipt]:
    form = [("MessageSid", SID), ("MessageStatus", status), *fields.items()]
    return parse_twilio(url, form, sign_form(url, form, token), [TOKEN], NOW)


def notification(*statuses: dict[str, Any]) -> bytes:
    value = {"messaging_product": "whatsapp", "statuses": list(statuses)}
    entry = {"id": "1", "changes": [{"value": value, "field": "messages"}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def status(word: str, **fields: Any) -> dict[str, Any]:
    known = {"id": "wamid.HBg", "status": word, "timestamp": "1774344000", "recipient_id": "34600000001"}
    return {**known, "biz_opaque_callback_data": str(MESSAGE_ID), **fields}


def whatsapp(body: bytes, secret: str = SECRET) -> list[Receipt]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return parse_whatsapp(body, f"sha256={digest}", [SECRET], NOW)


def test_the_signature_of_twilios_own_documentation_is_reproduced() -> None:
    """twilio.com/docs/usage/security, "Validating signatures from Twilio": auth token 12345."""
    form = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ]

    assert sign_form("https://mycompany.com/myapp.php?foo=1&bar=2", form, "12345") == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("accepted", Verdict.SENT),
        ("scheduled", Verdict.SENT),
        ("queued", Verdict.SENT),
        ("sending", Verdict.SENT),
        ("sent", Verdict.SENT),
        ("delivered", Verdict.DELIVERED),
        ("read", Verdict.READ),
        ("undelivered", Verdict.FAILED),
        ("failed", Verdict.FAILED),
        ("canceled", Verdict.FAILED),
    ],
)
def test_each_status_of_twilio_has_one_verdict(word: str, verdict: Verdict) -> None:
    assert twilio(word) == [Receipt(MESSAGE_ID, SID, verdict, f"twilio_{word}", NOW)]


def test_a_failure_says_why_and_whether_the_number_is_out_of_reach() -> None:
    assert twilio("undelivered", ErrorCode="30005")[0].reason == "twilio_30005_unknown_handset"
    assert twilio("undelivered", ErrorCode="30005")[0].unreachable
    assert not twilio("failed", ErrorCode="30008")[0].unreachable
    assert twilio("failed", ErrorCode="39999")[0].reason == "twilio_39999"
    assert twilio("failed", ErrorCode="<b>")[0].reason == "twilio_failed"


def test_a_status_nobody_knows_is_counted_and_never_a_guess() -> None:
    before = ignored("twilio"), ignored("whatsapp")

    assert twilio("teleported") == []
    assert whatsapp(notification(status("teleported"))) == []
    assert (ignored("twilio"), ignored("whatsapp")) == (before[0] + 1, before[1] + 1)


def test_a_receipt_without_our_seal_names_no_message_of_ours() -> None:
    forged = CALLBACK.replace(str(MESSAGE_ID), str(UUID(int=1)))

    [receipt] = twilio("delivered", url=forged)

    assert (receipt.message_id, receipt.provider_message_id) == (None, SID)


def test_a_receipt_for_a_message_sent_under_the_old_token_is_still_ours() -> None:
    form = [("MessageSid", SID), ("MessageStatus", "sent")]

    [receipt] = parse_twilio(CALLBACK, form, sign_form(CALLBACK, form, "newer"), ["newer", TOKEN], NOW)

    assert receipt.message_id == MESSAGE_ID


@pytest.mark.parametrize("token", ["", "another"])
def test_a_receipt_signed_by_somebody_else_is_refused(token: str) -> None:
    with pytest.raises(BadSignature):
        twilio("delivered", token=token)


@pytest.mark.parametrize(
    ("url", "fields"),
    [
        (CALLBACK + "&x=1", [("MessageSid", SID), ("MessageStatus", "sent")]),
        (CALLBACK, [("MessageSid", SID), ("MessageStatus", "delivered")]),
        (CALLBACK, [("MessageSid", SID), ("MessageStatus", "sent"), ("ErrorCode", "30003")]),
    ],
)
def test_a_signature_covers_the_whole_address_and_every_field(url: str, fields: list[tuple[str, str]]) -> None:
    signature = sign_form(CALLBACK, [("MessageSid", SID), ("MessageStatus", "sent")], TOKEN)
    with pytest.raises(BadSignature):
        parse_twilio(url, fields, signature, [TOKEN], NOW)


@pytest.mark.parametrize("form", [[], [("MessageSid", SID)], [("MessageStatus", "sent")]])
def test_a_twilio_callback_without_id_or_status_is_malformed(form: list[tuple[str, str]]) -> None:
    with pytest.raises(Malformed):
        parse_twilio(CALLBACK, form, sign_form(CALLBACK, form, TOKEN), [TOKEN], NOW)


def test_one_notification_of_whatsapp_may_tell_of_many_messages() -> None:
    receipts = whatsapp(notification(status("sent"), status("delivered"), status("read")))

    assert [receipt.verdict for receipt in receipts] == [Verdict.SENT, Verdict.DELIVERED, Verdict.READ]
    assert {receipt.message_id for receipt in receipts} == {MESSAGE_ID}
    assert receipts[0].at == datetime(2026, 3, 24, 9, 20, tzinfo=UTC)


def test_one_bad_status_does_not_take_the_others_along() -> None:
    assert len(whatsapp(notification({"id": 7}, status("delivered"), {}))) == 1


def test_a_whatsapp_failure_says_why() -> None:
    failed = status("failed", errors=[{"code": 131026, "title": "Message undeliverable"}])
    strange = status("failed", errors=[{"title": "no code"}])

    first, second = whatsapp(notification(failed, strange))

    assert (first.reason, first.unreachable) == ("whatsapp_131026_undeliverable", True)
    assert (second.reason, second.unreachable) == ("whatsapp_failed", False)


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        ("", NOW),
        ("soon", NOW),
        ("9" * 30, NOW),
        (str(int((NOW + timedelta(days=400)).timestamp())), NOW),
        (int(NOW.timestamp()), NOW),
    ],
)
def test_a_time_that_is_none_or_lies_ahead_is_now(timestamp: object, at: datetime) -> None:
    assert whatsapp(notification(status("sent", timestamp=timestamp)))[0].at == at


@pytest.mark.parametrize("echo", [None, "not ours", "1"])
def test_a_message_that_others_sent_from_the_same_number_is_known_by_its_wamid_only(echo: str | None) -> None:
    [receipt] = whatsapp(notification(status("sent", biz_opaque_callback_data=echo)))

    assert (receipt.message_id, receipt.provider_message_id) == (None, "wamid.HBg")


def test_what_buyers_write_is_left_alone() -> None:
    value = {"messages": [{"from": "34600000001", "text": {"body": "¿Dónde está?"}}]}
    body = json.dumps({"entry": [{"changes": [{"value": value}]}, {"changes": [{"field": "account_update"}]}]}).encode()

    assert whatsapp(body) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"entry": 1}', b"\xff", b"[" * 50_000])
def test_a_signed_body_that_is_no_notification_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        whatsapp(body)


def test_a_notification_signed_by_somebody_else_is_refused_unread() -> None:
    with pytest.raises(BadSignature):
        whatsapp(b"not even JSON", secret="another")


def test_the_handshake_answers_metas_challenge() -> None:
    params = {"hub.mode": "subscribe", "hub.verify_token": "a-word-of-ours", "hub.challenge": "1158201444"}

    assert whatsapp_handshake(params, "a-word-of-ours") == "1158201444"
    with pytest.raises(BadSignature):
        whatsapp_handshake(params, "another-word")
    with pytest.raises(BadSignature):
        whatsapp_handshake({**params, "hub.verify_token": ""}, "a-word-of-ours")
    for missing in ("hub.mode", "hub.challenge"):
        with pytest.raises(Malformed):
            whatsapp_handshake({**params, missing: ""}, "a-word-of-ours")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("id status errors".split()), inner),
    max_leaves=8,
)


@given(_JSON)
def test_any_signed_json_is_read_or_refused_by_name(value: Any) -> None:
    for body in (json.dumps(value).encode(), notification(value if isinstance(value, dict) else {"id": value})):
        try:
            whatsapp(body)
        except Malformed:
            continue
