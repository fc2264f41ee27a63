"""One letter as an e-mail message (RFC 5322, MIME): the same letter always gives the same bytes.

Text and HTML say the same; all messages of one order stand in one thread; nothing that a shop, a carrier or a buyer
wrote can add a header or a recipient.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from services.notifier.channels.base import Letter
from services.notifier.channels.clean_text import clean_line, clean_text
from services.notifier.channels.message_ids import message_id_of

SUBJECT_LIMIT_CHARACTERS = 250
NAME_LIMIT_CHARACTERS = 100
ECHO = "hito_message"
"""Under this name a relay that reports on mails hands our message id back."""

_PLAIN_WORDS = re.compile(r"[A-Za-z0-9][A-Za-z0-9 !#$%&'*+/^_{}~-]*")
_LINE_LENGTH = 76
_ONE_CLICK = re.compile(r"https://[!-;=?-~]{1,880}")


@dataclass(frozen=True, slots=True)
class Marks:
    """What lets a report find its way back: the secret that seals our Message-IDs, and what a relay wants to be told.

    `ses_configuration_set` is Amazon's name for where events go. `sendgrid`: the relay reads X-SMTPAPI.
    """

    seal_secret: str | None = None
    ses_configuration_set: str | None = None
    sendgrid: bool = False


UNMARKED = Marks()


def compose(letter: Letter, sender: Address, message_domain: str, marks: Marks = UNMARKED) -> bytes:
    """`sender` speaks for shops without an address of their own; `message_domain` ends every Message-ID.

    Raises ValueError when the letter lacks a subject or an address is none.
    """
    lines = (*_headers(letter, sender, message_domain, marks), *_unsubscribe(letter), *_echo(letter, marks))
    headers = b"".join(f"{name}: {value}\r\n".encode("ascii") for name, value in lines)
    body = _bodies(letter).as_bytes()
    return headers + (body if body.endswith(b"\r\n") else body + b"\r\n")


def parse_mailbox(address: str) -> Address:
    """A bare `local@domain`, a domain of other scripts as its ASCII form. Raises ValueError without quoting it."""
    local, at, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode() if not domain.isascii() else domain
        parsed = Address(addr_spec=f"{local}@{ascii_domain}")
    except (HeaderParseError, ValueError, IndexError) as error:
        raise ValueError("not an e-mail address") from error
    if not (at and parsed.username and parsed.domain and parsed.addr_spec.isascii()):
        raise ValueError("not an e-mail address")
    return parsed


def _headers(letter: Letter, sender: Address, message_domain: str, marks: Marks) -> Iterator[tuple[str, str]]:
    subject = clean_line(letter.rendered.subject or "", SUBJECT_LIMIT_CHARACTERS)
    if not subject:
        raise ValueError("an e-mail without a subject cannot be sent")
    root = f"<{hashlib.sha256(letter.thread.encode()).hexdigest()[:32]}@{message_domain}>"
    yield (
        "From",
        _named(letter.shop_name, sender if letter.sender_email is None else parse_mailbox(letter.sender_email)),
    )
    yield "To", _named(letter.recipient_name or "", parse_mailbox(letter.address))
    if letter.reply_to is not None:
        yield "Reply-To", _named(letter.shop_name, parse_mailbox(letter.reply_to))
    yield "Subject", _encoded(subject, len("Subject: "))
    yield "Date", format_datetime(letter.now.astimezone(UTC))
    yield "Message-ID", message_id_of(letter.message_id, message_domain, marks.seal_secret)
    yield "In-Reply-To", root
    yield "References", root
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "OOF, AutoReply"


def _unsubscribe(letter: Letter) -> Iterator[tuple[str, str]]:
    """RFC 8058: one HTTPS address, on one line, since some relays break DKIM by folding it. None without TLS."""
    if letter.unsubscribe_url is None or letter.unsubscribe_url.startswith("http://"):
        return
    if not _ONE_CLICK.fullmatch(letter.unsubscribe_url):
        raise ValueError("one-click unsubscribe needs one https address in ASCII")
    yield "List-Unsubscribe", f"<{letter.unsubscribe_url}>"
    yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def _echo(letter: Letter, marks: Marks) -> Iterator[tuple[str, str]]:
    """SES: "Send email using message tags". SendGrid: "Building an X-SMTPAPI header"; its tracking rewrites links."""
    if marks.ses_configuration_set:
        yield "X-SES-CONFIGURATION-SET", marks.ses_configuration_set
        yield "X-SES-MESSAGE-TAGS", f"{ECHO}={letter.message_id}"
    if marks.sendgrid:
        off = {"settings": {"enable": 0}}
        told = {"unique_args": {ECHO: str(letter.message_id)}, "filters": {"clicktrack": off, "opentrack": off}}
        yield "X-SMTPAPI", json.dumps(told).replace(', "filters"', ',\r\n "filters"')


def _named(name: str, mailbox: Address) -> str:
    shown = clean_line(name, NAME_LIMIT_CHARACTERS)
    return f"{_encoded(shown, len('Reply-To: '))}\r\n <{mailbox.addr_spec}>" if shown else mailbox.addr_spec


def _encoded(text: str, first_line_taken: int) -> str:
    """RFC 2047 words unless the text is plain: the registry's own folding loses and adds spaces in long names."""
    if _PLAIN_WORDS.fullmatch(text) and len(text) + first_line_taken <= _LINE_LENGTH:
        return text
    header = Header(text, "utf-8", maxlinelen=_LINE_LENGTH - first_line_taken)
    return header.encode(linesep="\r\n")


def _bodies(letter: Letter) -> EmailMessage:
    """Quoted-printable never holds `=_`, so no text can close the boundary."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message.set_content(clean_text(letter.rendered.text), cte="quoted-printable")
    if letter.rendered.html is not None:
        message.add_alternative(clean_text(letter.rendered.html), subtype="html", cte="quoted-printable")
        message.set_boundary(f"=_{letter.message_id.hex}")
    return message
