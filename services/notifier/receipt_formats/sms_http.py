"""Receipts of an SMS provider that is told as data: the description says where the id and the status stand.

As with all receipts, the signature is checked on the raw bytes first, and a status that is not described is counted
and left out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.notifier.channels.blanks import look_at
from services.notifier.channels.sms_http import ID_LIMIT_CHARACTERS, PROVIDER, failure, safe_code
from services.notifier.channels.sms_http_description import Receipts, Signature, SmsProvider
from services.notifier.receipt_formats import Malformed, Receipt
from services.notifier.receipt_formats.receipt import RECEIPTS_IGNORED
from shared.contracts.vocabulary import Verdict
from shared.signatures import BadSignature, check_token

RECEIPTS_LIMIT = 1000
"""So many in one call; more is no honest provider."""


def parse_sms_http(
    body: bytes, headers: Mapping[str, str], description: SmsProvider, secrets: Sequence[str], now: datetime
) -> list[Receipt]:
    """Raises BadSignature, or Malformed when the body is no JSON or holds no list where one belongs."""
    receipts = description.receipts
    if receipts is None:
        raise Malformed("this provider sends no receipts")
    check_signature(receipts.signature, body, headers, secrets, now)
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    found = (_receipt(each, receipts, description, now) for each in _each(told, receipts))
    return [receipt for receipt in found if receipt is not None]


def check_signature(
    signature: Signature, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime
) -> None:
    """Raises BadSignature when it is missing, wrong or too old."""
    given = {name.lower(): value for name, value in headers.items()}
    timestamp = given.get(signature.timestamp_header.lower(), "") if signature.timestamp_header else ""
    if signature.timestamp_header:
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise BadSignature("the timestamp is missing or no number of seconds")
        if abs(now.timestamp() - int(timestamp)) > signature.tolerance.total_seconds():
            raise BadSignature("the timestamp is too far from now")
    check_token(given.get(signature.header.lower()), [sign(signature, body, timestamp, secret) for secret in secrets])


def sign(signature: Signature, body: bytes, timestamp: str, secret: str) -> str:
    """The header's value for this body."""
    before = signature.signed.removesuffix("{body}").replace("{timestamp}", timestamp)
    digest = hmac.new(secret.encode(), before.encode() + body, hashlib.sha256).digest()
    written = digest.hex() if signature.encoding == "hex" else base64.b64encode(digest).decode()
    return signature.prefix + written


def _each(told: object, receipts: Receipts) -> Sequence[object]:
    if receipts.each is None:
        return [told]
    for key in receipts.each.split("."):
        told = told.get(key) if isinstance(told, dict) else None
    if not isinstance(told, list) or len(told) > RECEIPTS_LIMIT:
        raise Malformed("the list of receipts is missing or too long")
    return told


def _receipt(told: object, receipts: Receipts, description: SmsProvider, now: datetime) -> Receipt | None:
    provider_id, status = look_at(told, receipts.provider_id), look_at(told, receipts.status)
    verdict = description.statuses.get(status) if status is not None else None
    if status is None or verdict is None or not provider_id or len(provider_id) > ID_LIMIT_CHARACTERS:
        RECEIPTS_IGNORED.labels(PROVIDER).inc()
        return None
    code = safe_code(look_at(told, receipts.error_code), description)
    reason, unreachable = f"{PROVIDER}_{verdict.value}", False
    if verdict is Verdict.FAILED:
        reason, unreachable = failure(code, description)
    return Receipt(_uuid(look_at(told, receipts.message_id)), provider_id, verdict, reason, now, unreachable)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text is not None else None
    except ValueError:
        return None
