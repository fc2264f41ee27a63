"""Mail that comes back: delivery status notifications (RFC 3464) and abuse reports (RFC 5965).

An MTA hands us the whole mail and signs that it did (Standard Webhooks); what stands in it anybody may have written. So
only a returned Message-ID with our seal names a message. Everything about the mail is bounded: its size, its parts.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.errors import MessageError
from email.message import Message
from email.parser import HeaderParser
from email.policy import compat32
from uuid import UUID

from services.notifier.channels.message_ids import read_sealed_message_id
from services.notifier.receipt_formats.receipt import Malformed, Receipt, ignored
from shared.contracts.vocabulary import Verdict
from shared.signatures import StandardWebhooks

PROVIDER = "dsn"
READ_LIMIT_BYTES = 256 * 1024
"""A report stands before what it returns; what is longer is read up to here."""
BOUNDARIES_LIMIT = 40
PARTS_LIMIT = 200
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY = re.compile(r"\b([45]\d\d)\b")

STATUS_WORDS: Mapping[str, tuple[str, bool]] = {
    # RFC 3463 with RFC 7505; True: the address is out of reach for good, whatever is sent there.
    "5.1.1": ("no_such_mailbox", True),
    "5.1.2": ("no_such_domain", True),
    "5.1.3": ("bad_address", True),
    "5.1.6": ("mailbox_moved", True),
    "5.1.10": ("domain_takes_no_mail", True),
    "5.2.1": ("mailbox_disabled", True),
    "5.4.4": ("no_route", True),
    "5.2.2": ("mailbox_full", False),
    "5.2.3": ("too_long_for_mailbox", False),
    "5.3.4": ("too_long_for_system", False),
    "5.4.1": ("no_answer", False),
    "5.4.7": ("expired", False),
    "5.7.1": ("refused_by_policy", False),
    "4.2.2": ("mailbox_full", False),
    "4.4.1": ("no_answer", False),
    "4.4.7": ("expired", False),
}
_NO_SUCH_USER_REPLIES = frozenset({"550", "551", "553"})


def parse_dsn(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> list[Receipt]:
    """`body` is the mail as it came. No receipt for what is no report, or tells only of a delay: the MTA keeps trying.

    Raises BadSignature, or Malformed for what cannot be read as a mail.
    """
    StandardWebhooks(secrets).verify(body, headers, now)
    receipt = _read(_as_mail(body), secrets, now)
    if receipt is None:
        ignored(PROVIDER)
        return []
    return [receipt]


def _as_mail(body: bytes) -> Message:
    raw = body[:READ_LIMIT_BYTES]
    # The parser compares each line with every open boundary: deep nesting would cost seconds.
    if raw.lower().count(b"boundary") > BOUNDARIES_LIMIT:
        raise Malformed("the mail is nested too deeply")
    try:
        return email.message_from_bytes(raw, policy=compat32)
    except (RecursionError, ValueError, LookupError, MessageError) as error:
        raise Malformed("not a mail") from error


def _read(mail: Message, secrets: Sequence[str], now: datetime) -> Receipt | None:
    if mail.get_content_type() != "multipart/report":
        return None
    parts = _parts(mail)
    message_id = next((found for text in _returned_ids(mail, parts) if (found := _ours(text, secrets))), None)
    if message_id is None:
        return None
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            return _status_receipt(part, message_id, now)
        if kind == "message/feedback-report":
            return _abuse_receipt(part, message_id, now)
    return None


def _parts(mail: Message) -> list[Message]:
    """The report's own parts; what is inside the returned message is somebody's mail, never a report."""
    payload = mail.get_payload()
    return [part for part in payload[:PARTS_LIMIT] if isinstance(part, Message)] if isinstance(payload, list) else []


def _ours(text: str, secrets: Sequence[str]) -> UUID | None:
    return read_sealed_message_id(text, secrets)


def _returned_ids(mail: Message, parts: Sequence[Message]) -> Iterator[str]:
    """Where the Message-ID of what was sent may stand, likeliest first."""
    for part in parts:
        returned = _returned_headers(part)
        if returned is not None:
            yield _header(returned, "Message-ID")
    yield _header(mail, "In-Reply-To")
    yield from _header(mail, "References").split()[-5:]


def _returned_headers(part: Message) -> Message | None:
    match part.get_content_type():
        case "message/rfc822" | "message/global":
            payload = part.get_payload()
            first = payload[0] if isinstance(payload, list) and payload else None
            return first if isinstance(first, Message) else None
        case "text/rfc822-headers" | "message/global-headers":
            return HeaderParser(policy=compat32).parsestr(_text(part))
    return None


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def _header(mail: Message, name: str) -> str:
    return " ".join(str(mail.get(name, "")).split())


def _blocks(part: Message) -> list[Message]:
    """Fields in blocks: the first speaks of the message, the others of one recipient each."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [block for block in payload[:PARTS_LIMIT] if isinstance(block, Message)]
    texts = re.split(r"\r?\n[ \t]*\r?\n", _text(part))
    return [HeaderParser(policy=compat32).parsestr(text.lstrip()) for text in texts[:PARTS_LIMIT]]


def _status_receipt(part: Message, message_id: UUID, now: datetime) -> Receipt | None:
    """Our mails have one recipient; where an alias made several of it, the best that happened counts."""
    told = [found for block in _blocks(part) if (found := _recipient(block, message_id, now)) is not None]
    order = (Verdict.DELIVERED, Verdict.SENT, Verdict.FAILED)
    return min(told, key=lambda receipt: (order.index(receipt.verdict), receipt.unreachable), default=None)


def _recipient(block: Message, message_id: UUID, now: datetime) -> Receipt | None:
    match _header(block, "Action").split(" ")[0].lower():
        case "delivered":
            return Receipt(message_id, None, Verdict.DELIVERED, "dsn_delivered", now)
        case "relayed" | "expanded":
            return Receipt(message_id, None, Verdict.SENT, "dsn_relayed", now)
        case "failed":
            reason, unreachable = _why(_header(block, "Status"), _header(block, "Diagnostic-Code")[:2000])
            return Receipt(message_id, None, Verdict.FAILED, reason, now, unreachable)
    return None


def _why(status_field: str, diagnostic: str) -> tuple[str, bool]:
    """The status, more exactly from the remote server's words where the MTA says no more than "permanent"."""
    found = _STATUS.search(status_field)
    status = found[1] if found else ""
    remote = _STATUS.search(diagnostic)
    if (not status or status.endswith(".0.0")) and remote and remote[1][0] in "45":
        status = remote[1]
    if status in STATUS_WORDS:
        words, unreachable = STATUS_WORDS[status]
        return f"dsn_{status}_{words}", unreachable
    reply = _REPLY.search(diagnostic)
    if status in ("", "5.0.0") and reply and reply[1] in _NO_SUCH_USER_REPLIES:
        return f"dsn_{status or '5.0.0'}_{reply[1]}", True
    return f"dsn_{status}" if status else "dsn_failed", False


def _abuse_receipt(part: Message, message_id: UUID, now: datetime) -> Receipt | None:
    """A complaint says that the message arrived."""
    fields = _blocks(part)
    kind = _header(fields[0], "Feedback-Type").lower() if fields else ""
    if kind not in ("abuse", "fraud"):
        return None
    return Receipt(message_id, None, Verdict.DELIVERED, "dsn_complaint", now, complaint=True)
