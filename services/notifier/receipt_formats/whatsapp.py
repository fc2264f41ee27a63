"""Meta's webhook for the WhatsApp Cloud API: JSON with many statuses at once, signed over the raw body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import ValidationError

from services.notifier.channels.whatsapp import PROVIDER, WHATSAPP_ERRORS
from services.notifier.receipt_formats.receipt import (
    Malformed,
    Receipt,
    Tolerant,
    ignored,
    instant,
    reason_by_code,
    uuid_or_none,
)
from shared.contracts.vocabulary import Verdict
from shared.signatures import check_hmac, check_token

LONGEST_CHALLENGE_CHARACTERS = 256

_VERDICTS: Mapping[str, Verdict] = {
    # developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
    "sent": Verdict.SENT,
    "delivered": Verdict.DELIVERED,
    "read": Verdict.READ,
    "failed": Verdict.FAILED,
}


class _Error(Tolerant):
    code: int | None = None


class _Status(Tolerant):
    id: str
    status: str
    timestamp: str | int = ""
    biz_opaque_callback_data: str | None = None
    errors: tuple[_Error, ...] = ()


class _Value(Tolerant):
    statuses: tuple[dict[str, object], ...] = ()


class _Change(Tolerant):
    value: _Value = _Value()


class _Entry(Tolerant):
    changes: tuple[_Change, ...] = ()


class _Notification(Tolerant):
    entry: tuple[_Entry, ...]


def parse_whatsapp(body: bytes, signature: str | None, app_secrets: Sequence[str], now: datetime) -> list[Receipt]:
    """Statuses of our messages; what buyers write to us stands in the same notifications and is left alone.

    Raises BadSignature, or Malformed when the body is no notification. One bad status does not take the others along.
    """
    check_hmac(body, signature, app_secrets, prefix="sha256=")
    try:
        notification = _Notification.model_validate_json(body)
    except ValidationError as error:
        raise Malformed("not a WhatsApp notification") from error
    receipts = (
        _receipt(status, now)
        for entry in notification.entry
        for change in entry.changes
        for status in change.value.statuses
    )
    return [receipt for receipt in receipts if receipt is not None]


def whatsapp_handshake(params: Mapping[str, str], verify_token: str) -> str:
    """The challenge to answer with, as plain text, when Meta verifies the webhook's address.

    Raises BadSignature when the token is not ours, Malformed when a parameter is missing.
    """
    challenge = params.get("hub.challenge", "")
    if params.get("hub.mode") != "subscribe" or not challenge or len(challenge) > LONGEST_CHALLENGE_CHARACTERS:
        raise Malformed("hub.mode is not subscribe, or hub.challenge is missing")
    check_token(params.get("hub.verify_token"), [verify_token])
    return challenge


def _receipt(raw: dict[str, object], now: datetime) -> Receipt | None:
    try:
        status = _Status.model_validate(raw)
    except ValidationError:
        ignored(PROVIDER)
        return None
    verdict = _VERDICTS.get(status.status)
    if verdict is None:
        ignored(PROVIDER)
        return None
    code = next((str(error.code) for error in status.errors if error.code is not None), "")
    reason, unreachable = reason_by_code(PROVIDER, status.status, verdict, code, WHATSAPP_ERRORS)
    message_id = uuid_or_none(status.biz_opaque_callback_data)
    return Receipt(message_id, status.id[:200], verdict, reason, instant(str(status.timestamp), now), unreachable)
