"""What providers tell us afterwards, in their own formats, turned into receipts. Pure: bytes in, receipts out.

The signature is checked on the raw bytes before anything is read. A status we do not know is counted and left out: it
never becomes a guess. Receipts come late, twice and in any order; the ledger only ever moves forward.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from prometheus_client import Counter
from pydantic import BaseModel, ConfigDict, ValidationError

from services.notifier.channels.base import ProviderError
from services.notifier.channels.sms import TWILIO_ERRORS, echoed_message_id
from services.notifier.channels.whatsapp import WHATSAPP_ERRORS
from shared.contracts.vocabulary import Verdict
from shared.signatures import BadSignature, check_form_hmac, check_hmac, check_token

RECEIPTS_IGNORED = Counter("otn_receipts_ignored_total", "Receipts with a status we do not know", ["provider"])
LONGEST_CHALLENGE_CHARACTERS = 256


class Malformed(Exception):
    """Signed, but not in the provider's format. The text says what is missing; it quotes nothing."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """`message_id` comes from our own echo, so it is known even when the provider's id is not stored yet."""

    message_id: UUID | None
    provider_message_id: str | None
    verdict: Verdict
    reason: str
    at: datetime
    unreachable: bool = False


_TWILIO_VERDICTS: Mapping[str, Verdict] = {
    # twilio.com/docs/messaging/api/message-resource, "Message status values"
    "accepted": Verdict.SENT,
    "scheduled": Verdict.SENT,
    "queued": Verdict.SENT,
    "sending": Verdict.SENT,
    "sent": Verdict.SENT,
    "delivered": Verdict.DELIVERED,
    "read": Verdict.READ,
    "undelivered": Verdict.FAILED,
    "failed": Verdict.FAILED,
    "canceled": Verdict.FAILED,
}
_WHATSAPP_VERDICTS: Mapping[str, Verdict] = {
    # developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
    "sent": Verdict.SENT,
    "delivered": Verdict.DELIVERED,
    "read": Verdict.READ,
    "failed": Verdict.FAILED,
}


def parse_twilio(
    url: str, form: list[tuple[str, str]], signature: str | None, auth_tokens: Sequence[str], now: datetime
) -> list[Receipt]:
    """`url` is the whole public URL that Twilio called, with its query. Twilio sends no time, so it is `now`.

    Raises BadSignature, or Malformed when the id or the status is missing.
    """
    check_form_hmac(url, form, signature, auth_tokens)
    fields = dict(form)
    sid = fields.get("MessageSid") or fields.get("SmsSid")
    status = fields.get("MessageStatus") or fields.get("SmsStatus")
    if not sid or not status:
        raise Malformed("MessageSid or MessageStatus is missing")
    verdict = _TWILIO_VERDICTS.get(status)
    if verdict is None:
        RECEIPTS_IGNORED.labels("twilio").inc()
        return []
    reason, unreachable = _reason("twilio", status, verdict, fields.get("ErrorCode", ""), TWILIO_ERRORS)
    return [Receipt(echoed_message_id(url, auth_tokens), sid[:200], verdict, reason, now, unreachable)]


class _Tolerant(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Error(_Tolerant):
    code: int | None = None


class _Status(_Tolerant):
    id: str
    status: str
    timestamp: str | int = ""
    biz_opaque_callback_data: str | None = None
    errors: tuple[_Error, ...] = ()


class _Value(_Tolerant):
    statuses: tuple[dict[str, object], ...] = ()


class _Change(_Tolerant):
    value: _Value = _Value()


class _Entry(_Tolerant):
    changes: tuple[_Change, ...] = ()


class _Notification(_Tolerant):
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
        _whatsapp_receipt(status, now)
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


def _whatsapp_receipt(raw: dict[str, object], now: datetime) -> Receipt | None:
    try:
        status = _Status.model_validate(raw)
    except ValidationError:
        RECEIPTS_IGNORED.labels("whatsapp").inc()
        return None
    verdict = _WHATSAPP_VERDICTS.get(status.status)
    if verdict is None:
        RECEIPTS_IGNORED.labels("whatsapp").inc()
        return None
    code = next((str(error.code) for error in status.errors if error.code is not None), "")
    reason, unreachable = _reason("whatsapp", status.status, verdict, code, WHATSAPP_ERRORS)
    message_id = _uuid(status.biz_opaque_callback_data)
    return Receipt(message_id, status.id[:200], verdict, reason, _instant(str(status.timestamp), now), unreachable)


def _reason(
    provider: str, status: str, verdict: Verdict, code: str, errors: Mapping[int, ProviderError]
) -> tuple[str, bool]:
    if verdict is not Verdict.FAILED or not (code.isascii() and code.isdigit() and 0 < len(code) <= 9):
        return f"{provider}_{status}", False
    row = errors.get(int(code))
    return (f"{provider}_{code}_{row.words}", row.unreachable) if row else (f"{provider}_{code}", False)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text is not None else None
    except ValueError:
        return None


def _instant(seconds: str, now: datetime) -> datetime:
    """Unix seconds as Meta sends them. A time that is none, or lies ahead of us, is `now`."""
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 11):
        return now
    return min(datetime.fromtimestamp(int(seconds), UTC), now)


__all__ = ["BadSignature", "Malformed", "Receipt", "parse_twilio", "parse_whatsapp", "whatsapp_handshake"]
