"""E-mail through any SMTP relay, or through two.

Plain SMTP tells nobody what became of a message: it has no idempotency key, no echo and no look-up. Our message id is
the Message-ID, so that a bounce, a complaint or a buyer's reply finds its message. Amazon SES and SendGrid report on
each mail; then the relay hands our id back.
"""

from __future__ import annotations

from datetime import timedelta
from email.headerregistry import Address
from uuid import UUID

from services.notifier.channels.base import UNPACED, Letter, OutcomeClass, Request, SendResult
from services.notifier.channels.email_settings import EmailSettings, read_smtp_url
from services.notifier.channels.mime import compose, parse_mailbox
from services.notifier.channels.smtp import SmtpConnections
from shared.contracts.vocabulary import Channel


class Email:
    """`echo`: the relay reports on each mail with our id, which SES and SendGrid do once they are set up."""

    channel = Channel.EMAIL
    idempotency_window: timedelta | None = None
    lookup = False
    number = ""
    pace = UNPACED

    def __init__(self, settings: EmailSettings) -> None:
        self.provider = settings.provider
        self._marks = settings.marks
        self.echo = self._marks.ses_configuration_set is not None or self._marks.sendgrid
        self._sender: Address = parse_mailbox(settings.email_from)
        url, deadline = settings.smtp_url.get_secret_value(), settings.smtp_final_dot_deadline
        self._connections = SmtpConnections(read_smtp_url(url, self._sender.domain, deadline))

    def prepare(self, letter: Letter) -> Request:
        return Request(
            parse_mailbox(letter.address).addr_spec, compose(letter, self._sender, self._sender.domain, self._marks)
        )

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
