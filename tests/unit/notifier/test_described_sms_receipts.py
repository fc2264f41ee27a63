from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifier.receipt_formats import BadSignature, Malformed, Receipt
from services.notifier.receipt_formats.sms_http import parse_sms_http, sign
from shared.contracts.vocabulary import Verdict
from tests.support.described_sms import RECEIPT_SECRET, described
from tests.support.letters import MESSAGE_ID

NOW = datetime(2026, 3, 24, 9, 30, tzinfo=UTC)
TOLD = {"id": "k-1", "reference": str(MESSAGE_ID), "status": "delivered"}


def receive(
    told: object, *, at: datetime = NOW, secret: str = RECEIPT_SECRET, secrets: tuple[str, ...] = (), **changes: Any
) -> list[Receipt]:
    """What the notifier reads when the provider posts this now, signed at `at`."""
    description = described(**changes)
    assert description.receipts is not None
    body, timestamp = json.dumps(told).encode(), str(int(at.timestamp()))
    signature = description.receipts.signature
    headers = {signature.header: sign(signature, body, timestamp, secret)}
    if signature.timestamp_header:
        headers[signature.timestamp_header] = timestamp
    return parse_sms_http(body, headers, description, secrets or (RECEIPT_SECRET,), NOW)


def test_a_receipt_names_our_message_and_what_became_of_it() -> None:
    assert receive(TOLD) == [Receipt(MESSAGE_ID, "k-1", Verdict.DELIVERED, "sms_http_delivered", NOW)]


def test_a_failure_is_told_by_its_code_and_says_whether_the_number_is_out_of_reach() -> None:
    (receipt,) = receive({**TOLD, "status": "undelivered", "error": {"code": "handset_off"}})

    assert (receipt.verdict, receipt.unreachable) == (Verdict.FAILED, True)
    assert receipt.reason == "sms_http_handset_off_unreachable_handset"


def test_a_failure_with_words_in_the_place_of_a_code_keeps_them_out_of_the_reason() -> None:
    (receipt,) = receive({**TOLD, "status": "undelivered", "error": {"code": "+34 600 000 001 is off"}})

    assert receipt.reason == "sms_http_unlisted"


@pytest.mark.parametrize(
    "told",
    [
        {**TOLD, "status": "teleported"},
        {**TOLD, "status": None},
        {"status": "sent"},
        {**TOLD, "id": "x" * 201},
        [],
        "x",
        None,
    ],
)
def test_a_receipt_we_cannot_read_is_left_out_and_never_guessed(told: object) -> None:
    assert receive(told) == []


def test_several_receipts_may_come_in_one_call() -> None:
    told = {"data": {"events": [TOLD, {"odd": 1}, {**TOLD, "id": "k-2", "reference": "not ours"}]}}

    receipts = receive(told, receipts={"each": "data.events"})

    assert [(r.provider_message_id, r.message_id) for r in receipts] == [("k-1", MESSAGE_ID), ("k-2", None)]


@pytest.mark.parametrize("told", [{}, {"data": {"events": {}}}, {"data": {"events": [TOLD] * 1001}}])
def test_a_list_that_is_missing_or_too_long_is_malformed(told: object) -> None:
    with pytest.raises(Malformed):
        receive(told, receipts={"each": "data.events"})


@pytest.mark.parametrize("secrets", [("newer", RECEIPT_SECRET), (RECEIPT_SECRET, "older")])
def test_a_secret_can_be_rotated(secrets: tuple[str, ...]) -> None:
    assert len(receive(TOLD, secrets=secrets)) == 1


def test_a_signature_by_another_secret_or_of_another_time_is_refused() -> None:
    with pytest.raises(BadSignature):
        receive(TOLD, secret="guess")
    for away in (timedelta(minutes=6), -timedelta(minutes=6)):
        with pytest.raises(BadSignature):
            receive(TOLD, at=NOW + away)


@pytest.mark.parametrize("headers", [{}, {"X-Timestamp": "soon", "X-Signature": "v1="}, {"X-Signature": "v1=é"}])
def test_a_call_without_a_proper_signature_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        parse_sms_http(b"{}", headers, described(), (RECEIPT_SECRET,), NOW)


def test_a_signature_covers_the_time_it_names() -> None:
    description, body = described(), json.dumps(TOLD).encode()
    assert description.receipts is not None
    old = str(int((NOW - timedelta(days=1)).timestamp()))
    headers = {
        "X-Signature": sign(description.receipts.signature, body, old, RECEIPT_SECRET),
        "X-Timestamp": str(int(NOW.timestamp())),
    }

    with pytest.raises(BadSignature):
        parse_sms_http(body, headers, description, (RECEIPT_SECRET,), NOW)


def test_a_provider_may_sign_the_body_alone_and_in_base64() -> None:
    signature = {"header": "X-Sig", "encoding": "base64"}

    assert len(receive(TOLD, receipts={"signature": signature})) == 1


def test_no_json_is_malformed_once_the_signature_is_right() -> None:
    description = described()
    assert description.receipts is not None
    timestamp = str(int(NOW.timestamp()))
    signed = sign(description.receipts.signature, b"{", timestamp, RECEIPT_SECRET)

    with pytest.raises(Malformed):
        parse_sms_http(b"{", {"X-Signature": signed, "X-Timestamp": timestamp}, description, (RECEIPT_SECRET,), NOW)
