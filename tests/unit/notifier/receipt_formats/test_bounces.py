"""Mail that comes back, as real MTAs write it and as nobody should: it names our message or it says nothing."""

from __future__ import annotations

import time
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.channels.message_ids import message_id_of, read_message_id, read_sealed_message_id
from services.notifier.receipt_formats import BadSignature, Malformed, Receipt, parse_dsn
from services.notifier.receipt_formats.dsn import READ_LIMIT_BYTES, STATUS_WORDS
from shared.contracts.vocabulary import Verdict
from tests.support.letters import MESSAGE_ID, NOW
from tests.support.mail_reports import BOUNCE_SECRET, abuse_mail, bounce_mail, signed_bounce

OLDER = "whsec_" + "b2xkZXIgc2VjcmV0IG9mIG91cnM="


def read(mail: bytes, *secrets: str) -> list[Receipt]:
    return parse_dsn(mail, signed_bounce(mail), secrets or [BOUNCE_SECRET], NOW)


def test_a_mailbox_that_does_not_exist_is_a_failure_and_out_of_reach() -> None:
    assert read(bounce_mail()) == [
        Receipt(MESSAGE_ID, None, Verdict.FAILED, "dsn_5.1.1_no_such_mailbox", NOW, unreachable=True)
    ]


@pytest.mark.parametrize(
    ("status", "diagnostic", "reason", "unreachable"),
    [
        ("5.2.2", "smtp; 552 5.2.2 over quota", "dsn_5.2.2_mailbox_full", False),
        ("4.4.7", "X-Postfix; delivery temporarily suspended", "dsn_4.4.7_expired", False),
        ("5.7.1", "smtp; 550 5.7.1 blocked by policy", "dsn_5.7.1_refused_by_policy", False),
        ("5.1.10 (null MX)", "", "dsn_5.1.10_domain_takes_no_mail", True),
        ("5.0.0", "smtp; 550 5.1.1 User unknown", "dsn_5.1.1_no_such_mailbox", True),
        ("5.0.0", "smtp; 550 No such user here", "dsn_5.0.0_550", True),
        ("5.0.0", "smtp; 554 Message refused", "dsn_5.0.0", False),
        ("", "", "dsn_failed", False),
        ("5.99.99", "", "dsn_5.99.99", False),
        ("lucia@example.com", "<b>", "dsn_failed", False),
    ],
)
def test_the_status_says_why_and_whether_the_address_is_at_fault(
    status: str, diagnostic: str, reason: str, unreachable: bool
) -> None:
    [receipt] = read(bounce_mail(status=status, diagnostic=diagnostic))

    assert (receipt.verdict, receipt.reason, receipt.unreachable) == (Verdict.FAILED, reason, unreachable)


def test_what_passes_is_never_called_out_of_reach() -> None:
    assert not any(unreachable for status, (_, unreachable) in STATUS_WORDS.items() if status.startswith("4"))


@pytest.mark.parametrize(
    ("action", "verdict"), [("delivered", Verdict.DELIVERED), ("relayed", Verdict.SENT), ("expanded", Verdict.SENT)]
)
def test_a_report_of_success_is_one(action: str, verdict: Verdict) -> None:
    assert [receipt.verdict for receipt in read(bounce_mail(action=action, status="2.0.0"))] == [verdict]


@pytest.mark.parametrize("action", ["delayed", "teleported", ""])
def test_a_delay_is_no_outcome_because_the_server_keeps_trying(action: str) -> None:
    assert read(bounce_mail(action=action, status="4.4.1")) == []


def test_where_an_alias_made_two_of_it_the_better_outcome_counts() -> None:
    other = "\r\nFinal-Recipient: rfc822; lucia@work.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n"

    assert [receipt.verdict for receipt in read(bounce_mail(more_recipients=other))] == [Verdict.DELIVERED]


def test_headers_alone_are_enough_to_know_the_message() -> None:
    assert read(bounce_mail(returned="text/rfc822-headers"))[0].message_id == MESSAGE_ID


def test_a_report_that_returns_nothing_may_name_the_message_as_what_it_answers() -> None:
    ours = message_id_of(MESSAGE_ID, "libreriafaro.example", BOUNCE_SECRET)
    mail = bounce_mail(secret=None).replace(b"Auto-Submitted", f"In-Reply-To: {ours}\r\nAuto-Submitted".encode(), 1)

    assert read(mail)[0].message_id == MESSAGE_ID


@pytest.mark.parametrize("secret", [None, OLDER])
def test_a_message_id_without_our_seal_names_no_message(secret: str | None) -> None:
    """The id can be worked out by who knows the order: without a seal anybody could have any buyer cut off."""
    assert read(bounce_mail(secret=secret)) == []


def test_a_mail_sealed_before_the_rotation_may_still_come_back() -> None:
    assert read(bounce_mail(secret=OLDER), BOUNCE_SECRET, OLDER)[0].message_id == MESSAGE_ID


def test_what_stands_in_the_returned_mail_is_no_report() -> None:
    """A buyer's reply that quotes a bounce, or a returned mail that looks like one."""
    inner = bounce_mail().replace(b"4F1.1700/mx.example", b"inner")
    ours = message_id_of(MESSAGE_ID, "libreriafaro.example", BOUNCE_SECRET).encode()
    outer = b'In-Reply-To: %s\r\nContent-Type: multipart/report; boundary="b"\r\n\r\n--b\r\n' % ours

    assert read(outer + b"Content-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--b--\r\n") == []


@pytest.mark.parametrize(("kind", "complained"), [("abuse", True), ("fraud", True), ("not-spam", False)])
def test_a_complaint_says_that_the_mail_arrived_and_was_not_wanted(kind: str, complained: bool) -> None:
    receipts = read(abuse_mail(kind=kind))

    assert [(found.verdict, found.reason, found.complaint) for found in receipts] == (
        [(Verdict.DELIVERED, "dsn_complaint", True)] if complained else []
    )


@pytest.mark.parametrize("mail", [b"", b"Subject: Hola\r\n\r\n\xbfD\xf3nde est\xe1?", b"\x00\xff" * 500])
def test_a_mail_that_is_no_report_says_nothing(mail: bytes) -> None:
    assert read(mail) == []


def test_only_who_holds_the_secret_may_hand_over_a_mail() -> None:
    mail = bounce_mail()
    for headers in ({}, signed_bounce(mail, secret=OLDER), signed_bounce(mail + b" ")):
        with pytest.raises(BadSignature):
            parse_dsn(mail, headers, [BOUNCE_SECRET], NOW)


def test_a_mail_nested_without_end_is_refused_at_once() -> None:
    levels = b"".join(
        f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n'.encode() for level in range(2000)
    )
    with pytest.raises(Malformed):
        read(levels + b"a\r\n" * 50_000)


def test_a_huge_mail_is_read_as_far_as_the_report_stands() -> None:
    began = time.process_time()
    [receipt] = read(bounce_mail() + b"x: y\r\n" * (2 * READ_LIMIT_BYTES))

    assert receipt.message_id == MESSAGE_ID
    assert time.process_time() - began < 5


@settings(max_examples=300, deadline=None)
@given(
    cut=st.integers(0, 1700),
    at=st.integers(0, 1700),
    noise=st.binary(max_size=60) | st.sampled_from([b"\r\n\r\n", b"--4F1.1700/mx.example\r\n", b"Action: delivered"]),
)
def test_a_report_damaged_anywhere_is_read_or_left_and_never_names_another_message(
    cut: int, at: int, noise: bytes
) -> None:
    whole = bounce_mail()
    mail = whole[:at] + noise + whole[at + cut :]
    try:
        receipts = read(mail)
    except Malformed:
        return

    assert {receipt.message_id for receipt in receipts} <= {MESSAGE_ID}


@given(message_id=st.uuids(), domain=st.sampled_from(["a.example", "xn--librera-dza.example"]))
def test_a_sealed_id_is_read_back_and_no_other_seal_opens_it(message_id: UUID, domain: str) -> None:
    sealed = message_id_of(message_id, domain, BOUNCE_SECRET)

    assert read_sealed_message_id(sealed, [BOUNCE_SECRET]) == read_message_id(sealed) == message_id
    assert read_sealed_message_id(sealed, [OLDER]) is None
    assert read_sealed_message_id(message_id_of(message_id, domain, None), [BOUNCE_SECRET]) is None
