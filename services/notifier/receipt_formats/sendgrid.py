"""SendGrid's event webhook: many events at once, signed with an elliptic-curve key whose public half we know.

Source: twilio.com/docs/sendgrid/for-developers/tracking-events, "Event Webhook Reference" and "Security Features":
ECDSA (P-256, SHA-256) over the timestamp header and the raw body. Our id comes back as the unique argument
`hito_message`, else as the Message-ID in `smtp-id`. Opens and clicks are ignored: nobody is tracked.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import Field, ValidationError

from services.notifier.channels.email_settings import read_public_key
from services.notifier.channels.message_ids import read_message_id
from services.notifier.channels.mime import ECHO
from services.notifier.receipt_formats.receipt import (
    Malformed,
    Receipt,
    Tolerant,
    ignored,
    instant,
    stable_word,
    uuid_or_none,
)
from shared.contracts.vocabulary import Verdict
from shared.signatures import BadSignature

PROVIDER = "sendgrid"
EVENTS_LIMIT = 20_000


class _Event(Tolerant):
    event: str
    kind: str = Field(default="", alias="type")
    reason: str = ""
    status: str = ""
    smtp_id: str = Field(default="", alias="smtp-id")
    ours: str | None = Field(default=None, alias=ECHO)
    timestamp: int | str = ""


_PLAIN: Mapping[str, tuple[Verdict, str, bool]] = {
    # event: verdict, reason, whether the buyer complained. `deferred` is absent: SendGrid keeps trying.
    "processed": (Verdict.SENT, "sendgrid_processed", False),
    "delivered": (Verdict.DELIVERED, "sendgrid_delivered", False),
    "spamreport": (Verdict.DELIVERED, "sendgrid_complaint", True),
}
_DROPPED: Mapping[str, tuple[bool, bool]] = {
    # why SendGrid sent nothing: whether the address is out of reach, whether its buyer had complained
    "bounced_address": (True, False),
    "invalid": (True, False),
    "spam_reporting_address": (True, True),
    "unsubscribed_address": (True, False),
}


def parse_sendgrid(
    body: bytes, signature: str | None, timestamp: str | None, keys: Sequence[str], now: datetime
) -> list[Receipt]:
    """`timestamp` is the header beside the signature, as it came. One bad event does not take the others along.

    Raises BadSignature, or Malformed when the body is no list of events.
    """
    _check(body, signature or "", timestamp or "", keys)
    try:
        events = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("not a list of events") from error
    if not isinstance(events, list) or len(events) > EVENTS_LIMIT:
        raise Malformed("not a list of events")
    receipts = (_read(event, now) for event in events)
    return [receipt for receipt in receipts if receipt is not None]


def _check(body: bytes, signature: str, timestamp: str, keys: Sequence[str]) -> None:
    if not timestamp or len(timestamp) > 40 or not signature or len(signature) > 400:
        raise BadSignature("the signature of SendGrid or its timestamp is missing")
    for key in keys:
        try:
            given = base64.b64decode(signature, validate=True)
            read_public_key(key).verify(given, timestamp.encode() + body, ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            continue
        return
    raise BadSignature("the signature of SendGrid is wrong")


def _read(raw: object, now: datetime) -> Receipt | None:
    try:
        event = _Event.model_validate(raw)
    except ValidationError:
        ignored(PROVIDER)
        return None
    message_id = uuid_or_none(event.ours) or read_message_id(event.smtp_id)
    receipt = _receipt(event, message_id, instant(str(event.timestamp), now)) if message_id else None
    if receipt is None:
        ignored(PROVIDER)
    return receipt


def _receipt(event: _Event, message_id: UUID, at: datetime) -> Receipt | None:
    """`blocked` is a bounce that speaks of the moment, not of the address."""
    if event.event == "bounce":
        hard = event.kind != "blocked"
        status = stable_word(event.status) if event.status else "no_status"
        reason = f"sendgrid_{'bounce' if hard else 'blocked'}_{status}"
        return Receipt(message_id, None, Verdict.FAILED, reason, at, unreachable=hard)
    if event.event == "dropped":
        why = stable_word(event.reason)
        unreachable, complaint = _DROPPED.get(why, (False, False))
        reason = f"sendgrid_dropped_{why}" if why in _DROPPED else "sendgrid_dropped"
        return Receipt(message_id, None, Verdict.FAILED, reason, at, unreachable, complaint)
    if event.event not in _PLAIN:
        return None
    verdict, reason, complaint = _PLAIN[event.event]
    return Receipt(message_id, None, verdict, reason, at, complaint=complaint)
