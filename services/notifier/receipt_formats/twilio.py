"""Twilio's status callbacks, for SMS and for WhatsApp through Twilio: a form, signed over our public address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.notifier.channels.base import ProviderError
from services.notifier.channels.sms import PROVIDER, TWILIO_ERRORS, echoed_message_id
from services.notifier.receipt_formats.receipt import Malformed, Receipt, ignored, reason_by_code
from shared.contracts.vocabulary import Verdict
from shared.signatures import check_form_hmac

_VERDICTS: Mapping[str, Verdict] = {
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


def parse_twilio(
    url: str,
    form: list[tuple[str, str]],
    signature: str | None,
    auth_tokens: Sequence[str],
    now: datetime,
    provider: str = PROVIDER,
    errors: Mapping[int, ProviderError] = TWILIO_ERRORS,
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
    verdict = _VERDICTS.get(status)
    if verdict is None:
        ignored(provider)
        return []
    reason, unreachable = reason_by_code(provider, status, verdict, fields.get("ErrorCode", ""), errors)
    return [Receipt(echoed_message_id(url, auth_tokens), sid[:200], verdict, reason, now, unreachable)]
