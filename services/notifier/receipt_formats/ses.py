"""What Amazon SES says of a mail, inside an SNS message that was verified: bounce, complaint, delivery.

Source: docs.aws.amazon.com/ses/latest/dg, "Contents of event data that Amazon SES publishes to Amazon SNS" (eventType)
and "Amazon SNS notification contents" (notificationType). Our id comes back as the message tag `hito_message`, else in
the original headers. Opens and clicks are ignored: nobody is tracked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import Field, ValidationError

from services.notifier.channels.message_ids import read_message_id
from services.notifier.channels.mime import ECHO
from services.notifier.receipt_formats.receipt import (
    Malformed,
    Receipt,
    Tolerant,
    ignored,
    stable_word,
    uuid_or_none,
)
from shared.contracts.vocabulary import Verdict

PROVIDER = "ses"
_OUT_OF_REACH = frozenset({"general", "noemail", "suppressed", "onaccountsuppressionlist"})
_NEVER_LEFT = "onaccountsuppressionlist"


class _Header(Tolerant):
    name: str
    value: str


class _Mail(Tolerant):
    headers: tuple[_Header, ...] = ()
    tags: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class _Bounce(Tolerant):
    kind: str = Field(alias="bounceType")
    sub_kind: str = Field(default="", alias="bounceSubType")


class _Complaint(Tolerant):
    sub_kind: str | None = Field(default=None, alias="complaintSubType")


class _Event(Tolerant):
    event: str = Field(default="", alias="eventType")
    notification: str = Field(default="", alias="notificationType")
    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None


_PLAIN: Mapping[str, tuple[Verdict, str]] = {
    "Send": (Verdict.SENT, "ses_sent"),
    "Delivery": (Verdict.DELIVERED, "ses_delivered"),
    "Reject": (Verdict.FAILED, "ses_rejected"),
    "Rendering Failure": (Verdict.FAILED, "ses_rendering_failed"),
}


def parse_ses(message: str, now: datetime) -> list[Receipt]:
    """`message` is the text inside the SNS envelope. A delay is no receipt: SES keeps trying.

    Raises Malformed when it is no event of SES; the text that SNS sends to greet a new topic is ignored.
    """
    if not message.lstrip().startswith("{"):
        ignored(PROVIDER)
        return []
    try:
        event = _Event.model_validate_json(message)
    except ValidationError as error:
        raise Malformed("not an event of SES") from error
    message_id = _our_id(event.mail)
    receipt = _receipt(event, message_id, now) if message_id else None
    if receipt is None:
        ignored(PROVIDER)
        return []
    return [receipt]


def _receipt(event: _Event, message_id: UUID, now: datetime) -> Receipt | None:
    kind = event.event or event.notification
    if kind == "Bounce" and event.bounce is not None:
        sub_kind = stable_word(event.bounce.sub_kind)
        permanent = event.bounce.kind == "Permanent"
        reason = f"ses_bounce_{stable_word(event.bounce.kind)}_{sub_kind}"
        return Receipt(message_id, None, Verdict.FAILED, reason, now, permanent and sub_kind in _OUT_OF_REACH)
    if kind == "Complaint":
        held_back = event.complaint is not None and stable_word(event.complaint.sub_kind or "") == _NEVER_LEFT
        verdict = Verdict.FAILED if held_back else Verdict.DELIVERED
        return Receipt(message_id, None, verdict, "ses_complaint", now, unreachable=held_back, complaint=True)
    if kind not in _PLAIN:
        return None
    verdict, reason = _PLAIN[kind]
    return Receipt(message_id, None, verdict, reason, now)


def _our_id(mail: _Mail) -> UUID | None:
    tagged = uuid_or_none(next(iter(mail.tags.get(ECHO, ())), None))
    if tagged is not None:
        return tagged
    named = (header.value for header in mail.headers if header.name.lower() == "message-id")
    return next((found for text in named if (found := read_message_id(text))), None)
