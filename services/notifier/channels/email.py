"""E-mail through any SMTP relay.

Plain SMTP tells nobody what became of a message: it has no idempotency key, no echo and no look-up. Our message id is
the Message-ID, so that a bounce, a complaint or a buyer's reply can be traced by hand.
"""

from __future__ import annotations

from datetime import timedelta
from email.headerregistry import Address
from typing import Annotated
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from pydantic import AfterValidator, SecretStr

from services.notifier.channels.base import UNPACED, Letter, OutcomeClass, Request, SendResult
from services.notifier.channels.mime import compose, parse_mailbox
from services.notifier.channels.settings import ChannelSettings, Deadline
from services.notifier.channels.smtp import PROVIDER, SmtpConnections, SmtpServer
from shared.contracts.vocabulary import Channel

_START_TLS = {"required": True, "auto": None, "off": False}
_DEFAULT_PORTS = {"smtp": 587, "smtps": 465}
_SHAPE = "must look like smtp://user:password@host:587?starttls=required|auto|off or smtps://user:password@host:465"


def _checked_url(url: SecretStr) -> SecretStr:
    read_smtp_url(url.get_secret_value(), "checked.invalid", timedelta(0))
    return url


def _checked_mailbox(address: str) -> str:
    parse_mailbox(address)
    return address


class EmailSettings(ChannelSettings):
    """`EMAIL_FROM` is where bounces go, and the sender for shops without an address of their own."""

    smtp_url: Annotated[SecretStr, AfterValidator(_checked_url)]
    email_from: Annotated[str, AfterValidator(_checked_mailbox)]
    smtp_final_dot_deadline: Deadline = timedelta(minutes=10)
    """How long the server may take to say yes to a whole message: RFC 5321, 4.5.3.2.6 asks for 10 minutes."""


def read_smtp_url(url: str, ehlo_name: str, final_dot_deadline: timedelta) -> SmtpServer:
    """Where STARTTLS is not spoken of, it is required if there is a password to protect, else taken when offered.

    Raises ValueError that does not quote the URL: it holds a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(_SHAPE) from None
    options = parse_qs(parts.query)
    default = "required" if parts.username else "auto"
    start_tls = options.pop("starttls", [default])[0]
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or start_tls not in _START_TLS or options:
        raise ValueError(_SHAPE)
    tls = parts.scheme == "smtps"
    return SmtpServer(
        host=parts.hostname,
        port=port or _DEFAULT_PORTS[parts.scheme],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=tls,
        start_tls=False if tls else _START_TLS[start_tls],
        ehlo_name=ehlo_name,
        final_dot_deadline=final_dot_deadline,
    )


class Email:
    channel = Channel.EMAIL
    provider = PROVIDER
    idempotency_window: timedelta | None = None
    echo = False
    lookup = False
    number = ""
    pace = UNPACED

    def __init__(self, settings: EmailSettings) -> None:
        self._sender: Address = parse_mailbox(settings.email_from)
        url, deadline = settings.smtp_url.get_secret_value(), settings.smtp_final_dot_deadline
        self._connections = SmtpConnections(read_smtp_url(url, self._sender.domain, deadline))

    def prepare(self, letter: Letter) -> Request:
        return Request(parse_mailbox(letter.address).addr_spec, compose(letter, self._sender, self._sender.domain))

    async def send(self, request: Request, message_id: UUID) -> SendResult:
        try:
            recipient = parse_mailbox(request.address).addr_spec
        except ValueError:
            return SendResult(OutcomeClass.REJECTED, "smtp_address_unusable", unreachable=True)
        return await self._connections.send(self._sender.addr_spec, recipient, request.body)

    async def look_up(self, message_id: UUID, request: Request) -> SendResult | None:
        return None

    async def close(self) -> None:
        await self._connections.close()


def open_adapter(settings: EmailSettings) -> Email:
    return Email(settings)
