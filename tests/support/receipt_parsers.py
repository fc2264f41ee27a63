"""The notifier's readers of receipts, each behind a signature that is made here.

A body here is as long as one receipt may reasonably be. Providers may send batches of up to 4 MiB, which take longer
than any limit for one input.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from functools import cache
from urllib.parse import urlencode

from services.notifier.receipt_formats import (
    Malformed,
    parse_dsn,
    parse_sendgrid,
    parse_ses,
    parse_twilio,
    parse_whatsapp,
)
from services.notifier.receipt_formats.dsn import READ_LIMIT_BYTES
from services.notifier.receipt_formats.sms_http import parse_sms_http, sign
from services.notifier.receipt_formats.sns import certificate_url, confirmation_url, read_sns
from services.notifier.receipts import read_form
from shared.signatures import BadSignature, sign_form
from tests.support.described_sms import RECEIPT_SECRET, described
from tests.support.letters import MESSAGE_ID, NOW
from tests.support.mail_reports import (
    BOUNCE_SECRET,
    TOPIC,
    Amazon,
    SendGrid,
    abuse_mail,
    bounce_mail,
    sendgrid_events,
    ses_event,
    signed_bounce,
)

LONGEST_RECEIPT = 64 * 1024
URL, TOKEN = "https://avisos.example/receipts/twilio?m=1&s=2", "a token of Twilio's"
ReceiptParser = tuple[str, Callable[[bytes], object], int, tuple[type[Exception], ...], tuple[bytes, ...]]
_SAID = {"id": "wamid.HBg", "status": "failed", "timestamp": "1774344000", "errors": [{"code": 131026}]}
_WHATSAPP = {
    "entry": [{"changes": [{"value": {"statuses": [{**_SAID, "biz_opaque_callback_data": str(MESSAGE_ID)}]}}]}]
}
_SMS = {"reference": str(MESSAGE_ID), "id": "k-1", "status": "undelivered", "error": {"code": "handset_off"}}
_BOUNCE = {"bounceType": "Permanent", "bounceSubType": "General"}


@cache
def sendgrid() -> SendGrid:
    return SendGrid()


def _twilio(body: bytes) -> object:
    form = read_form(body)
    return parse_twilio(URL, form, sign_form(URL, form, TOKEN), [TOKEN], NOW)


def _whatsapp(body: bytes) -> object:
    return parse_whatsapp(body, "sha256=" + hmac.new(b"secret", body, hashlib.sha256).hexdigest(), ["secret"], NOW)


def _sms_http(body: bytes) -> object:
    description = described()
    assert description.receipts is not None
    signature, time = description.receipts.signature, str(int(NOW.timestamp()))
    headers = {signature.header: sign(signature, body, time, RECEIPT_SECRET), signature.timestamp_header or "x": time}
    return parse_sms_http(body, headers, description, [RECEIPT_SECRET], NOW)


def _sns(body: bytes) -> object:
    message = read_sns(body, [TOPIC])
    return certificate_url(message), confirmation_url(message)


def _ses(body: bytes) -> object:
    return parse_ses(body.decode("utf-8", "replace"), NOW)


def _sendgrid(body: bytes) -> object:
    return parse_sendgrid(body, *sendgrid().sign(body), [sendgrid().public_key], NOW)


def _dsn(body: bytes) -> object:
    return parse_dsn(body, signed_bounce(body), [BOUNCE_SECRET], NOW)


_REFUSES = (Malformed, BadSignature)
_FORM = urlencode({"MessageSid": "SM" + "a" * 32, "MessageStatus": "failed", "ErrorCode": "30005"}).encode()
_EVENTS = sendgrid_events({"event": "bounce", "status": "5.1.1"}, {"event": "dropped", "reason": "Invalid"})
RECEIPTS: tuple[ReceiptParser, ...] = (
    ("receipt-twilio", _twilio, LONGEST_RECEIPT, _REFUSES, (_FORM,)),
    ("receipt-whatsapp", _whatsapp, LONGEST_RECEIPT, _REFUSES, (json.dumps(_WHATSAPP).encode(),)),
    ("receipt-sms-http", _sms_http, LONGEST_RECEIPT, _REFUSES, (json.dumps(_SMS).encode(),)),
    ("receipt-sns", _sns, LONGEST_RECEIPT, _REFUSES, (Amazon().envelope("hello"), Amazon().confirmation())),
    ("receipt-ses", _ses, LONGEST_RECEIPT, _REFUSES, (ses_event("Bounce", bounce=_BOUNCE).encode(),)),
    ("receipt-sendgrid", _sendgrid, LONGEST_RECEIPT, _REFUSES, (_EVENTS,)),
    ("receipt-dsn", _dsn, READ_LIMIT_BYTES, _REFUSES, (bounce_mail(), abuse_mail())),
)
