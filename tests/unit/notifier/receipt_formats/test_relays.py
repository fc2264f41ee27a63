"""Amazon SES and SendGrid on what became of a mail: signed by them, or not listened to."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.receipt_formats import BadSignature, Malformed, Receipt, parse_sendgrid, parse_ses
from services.notifier.receipt_formats.sns import certificate_url, check_sns, confirmation_url, read_sns
from shared.contracts.vocabulary import Verdict
from tests.support.letters import MESSAGE_ID, NOW
from tests.support.mail_reports import (
    CERTIFICATE_URL,
    SUBSCRIBE_URL,
    TOPIC,
    Amazon,
    SendGrid,
    sendgrid_events,
    ses_event,
)

AMAZON, SENDGRID = Amazon(), SendGrid()
TOLD_AT = datetime(2026, 3, 24, 9, 20, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=9),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.sampled_from("event type mail tags".split()), some),
    max_leaves=8,
)
GENERAL = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": []}


def ses(kind: str, **parts: Any) -> list[tuple[Verdict, str, bool, bool]]:
    return [(r.verdict, r.reason, r.unreachable, r.complaint) for r in parse_ses(ses_event(kind, **parts), NOW)]


def sendgrid(*events: dict[str, Any]) -> list[Receipt]:
    body = sendgrid_events(*events)
    return parse_sendgrid(body, *SENDGRID.sign(body), [SENDGRID.public_key], NOW)


@pytest.mark.parametrize(
    ("kind", "sub_kind", "reason", "unreachable"),
    [
        ("Permanent", "General", "ses_bounce_permanent_general", True),
        ("Permanent", "NoEmail", "ses_bounce_permanent_noemail", True),
        ("Permanent", "Suppressed", "ses_bounce_permanent_suppressed", True),
        ("Permanent", "OnAccountSuppressionList", "ses_bounce_permanent_onaccountsuppressionlist", True),
        ("Transient", "General", "ses_bounce_transient_general", False),
        ("Transient", "MailboxFull", "ses_bounce_transient_mailboxfull", False),
        ("Undetermined", "Undetermined", "ses_bounce_undetermined_undetermined", False),
        ("Permanent", "", "ses_bounce_permanent_unnamed", False),
    ],
)
def test_a_bounce_that_ses_reports_is_out_of_reach_when_it_is_for_good(
    kind: str, sub_kind: str, reason: str, unreachable: bool
) -> None:
    bounce = {"bounceType": kind, "bounceSubType": sub_kind}

    assert ses("Bounce", bounce=bounce) == [(Verdict.FAILED, reason, unreachable, False)]


@pytest.mark.parametrize(
    ("kind", "verdict", "reason"),
    [
        ("Send", Verdict.SENT, "ses_sent"),
        ("Delivery", Verdict.DELIVERED, "ses_delivered"),
        ("Reject", Verdict.FAILED, "ses_rejected"),
        ("Rendering Failure", Verdict.FAILED, "ses_rendering_failed"),
    ],
)
def test_what_ses_says_of_a_mail_is_a_verdict(kind: str, verdict: Verdict, reason: str) -> None:
    assert ses(kind) == [(verdict, reason, False, False)]


def test_a_complaint_through_ses_means_that_it_arrived_unless_ses_held_it_back() -> None:
    held_back = {"complaintSubType": "OnAccountSuppressionList"}

    assert ses("Complaint", complaint={}) == [(Verdict.DELIVERED, "ses_complaint", False, True)]
    assert ses("Complaint", complaint=held_back) == [(Verdict.FAILED, "ses_complaint", True, True)]


@pytest.mark.parametrize("kind", ["DeliveryDelay", "Open", "Click", "Subscription", "Teleported"])
def test_a_delay_and_what_would_be_tracking_are_left_alone(kind: str) -> None:
    assert ses(kind) == []


def test_without_tags_the_original_message_id_names_the_message() -> None:
    [receipt] = parse_ses(ses_event("Bounce", tagged=False, bounce=GENERAL), NOW)

    assert (receipt.message_id, receipt.unreachable) == (MESSAGE_ID, True)


def test_a_mail_of_others_through_the_same_account_is_none_of_ours() -> None:
    assert parse_ses(ses_event("Bounce", ours=None, bounce=GENERAL), NOW) == []
    assert parse_ses("Successfully validated SNS topic for Amazon SES event publishing.", NOW) == []


@pytest.mark.parametrize("message", ["{}", '{"mail": 1}', '{"eventType": "Bounce", "mail": {"tags": []}}', "{" * 9])
def test_what_is_no_event_of_ses_is_malformed(message: str) -> None:
    with pytest.raises(Malformed):
        parse_ses(message, NOW)


def test_a_message_that_amazon_signed_is_let_in() -> None:
    message = read_sns(AMAZON.envelope("{}", Subject="Amazon SES"), [TOPIC])

    assert certificate_url(message) == CERTIFICATE_URL
    check_sns(message, AMAZON.certificate, NOW)
    confirmation = read_sns(AMAZON.confirmation(), [TOPIC])
    check_sns(confirmation, AMAZON.certificate, NOW)
    assert confirmation_url(confirmation) == SUBSCRIBE_URL


@pytest.mark.parametrize("name", ["Message", "MessageId", "Timestamp", "Subject"])
def test_amazons_signature_covers_every_field_that_we_read(name: str) -> None:
    fields = json.loads(AMAZON.envelope("{}", Subject="Amazon SES"))
    message = read_sns(json.dumps({**fields, name: fields[name] + "x"}).encode(), [TOPIC])

    with pytest.raises(BadSignature):
        check_sns(message, AMAZON.certificate, NOW)


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com.thief.example/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com@thief.example/SimpleNotificationService-0.pem",
        "https://thief.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com/../thief.pem",
        "https://sns.eu-west-1.amazonaws.com\\@thief.example/SimpleNotificationService-0.pem",
        "https://[sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "file:///etc/passwd",
    ],
)
def test_a_certificate_is_looked_for_at_amazons_and_nowhere_else(url: str) -> None:
    with pytest.raises(BadSignature):
        certificate_url(read_sns(AMAZON.envelope("{}", SigningCertURL=url), [TOPIC]))
    with pytest.raises(BadSignature):
        confirmation_url(read_sns(AMAZON.confirmation(SubscribeURL=url.replace("eu-west-1.", "")), [TOPIC]))


@pytest.mark.parametrize(
    "amazon",
    [
        Amazon(name="thief.example"),
        Amazon(name="sns.amazonaws.com.thief.example"),
        Amazon(ends=NOW - timedelta(days=1)),
        Amazon(begins=NOW + timedelta(days=1), ends=datetime(2100, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_certificate_that_is_not_amazons_or_does_not_hold_today_signs_nothing(amazon: Amazon) -> None:
    message = read_sns(amazon.envelope("{}"), [TOPIC])

    with pytest.raises(BadSignature):
        check_sns(message, amazon.certificate, NOW)


@pytest.mark.parametrize("certificate", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_certificate_that_is_none_signs_nothing(certificate: bytes) -> None:
    with pytest.raises(BadSignature):
        check_sns(read_sns(AMAZON.envelope("{}"), [TOPIC]), certificate, NOW)


def test_another_topic_and_the_older_signature_are_refused() -> None:
    with pytest.raises(BadSignature, match="topic"):
        read_sns(AMAZON.envelope("{}", TopicArn=TOPIC + "-2"), [TOPIC])
    with pytest.raises(BadSignature, match="SignatureVersion to 2"):
        read_sns(AMAZON.envelope("{}", SignatureVersion="1"), [TOPIC])
    with pytest.raises(BadSignature, match="type"):
        check_sns(read_sns(AMAZON.envelope("{}", Type="Teleport"), [TOPIC]), AMAZON.certificate, NOW)
    with pytest.raises(Malformed):
        read_sns(b"[]", [TOPIC])


@pytest.mark.parametrize(
    ("event", "reason", "unreachable"),
    [
        ({"event": "bounce", "type": "bounce", "status": "5.1.1"}, "bounce_5.1.1", True),
        ({"event": "bounce", "type": "bounce"}, "bounce_no_status", True),
        ({"event": "bounce", "type": "blocked", "status": "5.7.1"}, "blocked_5.7.1", False),
        ({"event": "dropped", "reason": "Bounced Address"}, "dropped_bounced_address", True),
        ({"event": "dropped", "reason": "lucia@example.com is odd"}, "dropped", False),
    ],
)
def test_a_bounce_that_sendgrid_reports_is_out_of_reach_when_it_is_for_good(
    event: dict[str, Any], reason: str, unreachable: bool
) -> None:
    assert sendgrid(event) == [Receipt(MESSAGE_ID, None, Verdict.FAILED, f"sendgrid_{reason}", TOLD_AT, unreachable)]


def test_what_else_sendgrid_says_of_a_mail_is_a_verdict() -> None:
    told = sendgrid(
        {"event": "processed"},
        {"event": "delivered"},
        {"event": "spamreport"},
        {"event": "dropped", "reason": "Spam Reporting Address"},
    )

    assert [(found.verdict, found.unreachable, found.complaint) for found in told] == [
        (Verdict.SENT, False, False),
        (Verdict.DELIVERED, False, False),
        (Verdict.DELIVERED, False, True),
        (Verdict.FAILED, True, True),
    ]
    assert {found.at for found in told} == {TOLD_AT}


@pytest.mark.parametrize("event", ["deferred", "open", "click", "unsubscribe", "teleported"])
def test_sendgrid_trying_again_and_what_would_be_tracking_are_left_alone(event: str) -> None:
    assert sendgrid({"event": event}) == []


def test_a_mail_is_known_by_its_message_id_where_the_argument_is_missing() -> None:
    by_smtp_id = {"event": "delivered", "hito_message": None, "smtp-id": f"<{MESSAGE_ID}@libreriafaro.example>"}
    of_others = {"event": "delivered", "hito_message": None, "smtp-id": "<14c5d75ce93@ismtpd-555>"}

    assert [receipt.message_id for receipt in sendgrid(by_smtp_id, of_others, {"event": 7})] == [MESSAGE_ID]


def test_events_that_sendgrid_did_not_sign_are_refused() -> None:
    body, stranger = sendgrid_events({"event": "delivered"}), SendGrid()
    signature, timestamp = SENDGRID.sign(body)
    forged: list[tuple[bytes, str | None, str | None]] = [
        (body + b" ", signature, timestamp),
        (body, signature, timestamp + "0"),
        (body, *stranger.sign(body)),
        (body, "AAAA", timestamp),
        (body, "no base64!", timestamp),
        (body, None, timestamp),
        (body, signature, None),
    ]
    for given_body, given_signature, given_timestamp in forged:
        with pytest.raises(BadSignature):
            parse_sendgrid(given_body, given_signature, given_timestamp, [SENDGRID.public_key], NOW)


def test_two_keys_are_believed_while_one_replaces_the_other() -> None:
    body = sendgrid_events({"event": "delivered"})
    keys = [SendGrid().public_key, SENDGRID.public_key]

    assert len(parse_sendgrid(body, *SENDGRID.sign(body), keys, NOW)) == 1


@given(JSON)
def test_any_signed_json_is_read_or_refused_by_name(value: Any) -> None:
    body = json.dumps(value).encode()
    with contextlib.suppress(Malformed):
        parse_sendgrid(body, *SENDGRID.sign(body), [SENDGRID.public_key], NOW)
    with contextlib.suppress(Malformed):
        parse_ses(json.dumps({"eventType": value, "mail": value}), NOW)
