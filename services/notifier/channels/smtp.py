"""One message over SMTP (RFC 5321), with the one moment of doubt kept as small as the protocol allows.

Before the message has been handed to the connection nothing was sent; a reply to the final dot is a definite yes or no;
a connection lost in between is AMBIGUOUS (RFC 1047). A connection is used for several messages, one after the other.
"""

from __future__ import annotations

import re
import ssl
import time
from dataclasses import dataclass
from datetime import timedelta

import aiosmtplib
from aiosmtplib.protocol import normalize_message_line_endings

from services.notifier.channels.base import OutcomeClass, SendResult
from shared.failpoints import failpoint

PROVIDER = "smtp"
COMMAND_DEADLINE = timedelta(seconds=30)
LONGEST_IDLE = timedelta(seconds=15)
LETTERS_PER_CONNECTION = 100

_LINE_WITH_DOT = re.compile(rb"(?m)^\.")
_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})\b")
_QUEUED_AS = re.compile(r"queued as ([A-Za-z0-9._-]{4,64})")
_AUTHENTICATION = frozenset({530, 534, 535, 538})
_CLOSING = 421
"""RFC 5321, 3.8: the server is going away, whatever it was asked."""
_BEFORE_DATA = (aiosmtplib.SMTPException, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail leaves. `start_tls`: True requires it, None takes it when offered, False never uses it."""

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool
    start_tls: bool | None
    ehlo_name: str
    final_dot_deadline: timedelta


class _Connection:
    def __init__(self, server: SmtpServer) -> None:
        self.client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls,
            start_tls=server.start_tls,
            local_hostname=server.ehlo_name,
            timeout=COMMAND_DEADLINE.total_seconds(),
        )
        self.letters_left = LETTERS_PER_CONNECTION
        self.idle_since = 0.0

    @property
    def usable(self) -> bool:
        fresh = time.monotonic() - self.idle_since < LONGEST_IDLE.total_seconds()
        return self.client.is_connected and self.letters_left > 0 and fresh


class SmtpConnections:
    """As many connections as there are messages on their way; idle ones are kept for a moment."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._idle: list[_Connection] = []

    async def send(self, sender: str, recipient: str, message: bytes) -> SendResult:
        """Exactly one envelope with exactly one recipient."""
        kept = self._take_idle()
        if kept is not None:
            result = await self._send_on(kept, sender, recipient, message)
            if result.outcome is not OutcomeClass.NOT_SENT:
                return result
        connection = _Connection(self._server)
        try:
            await connection.client.connect()
        except _BEFORE_DATA as error:
            connection.client.close()
            return _before_data(error, at_recipient=False)
        return await self._send_on(connection, sender, recipient, message)

    async def close(self) -> None:
        while self._idle:
            await _quit(self._idle.pop().client)

    def _take_idle(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
            connection.client.close()
        return None

    async def _send_on(self, connection: _Connection, sender: str, recipient: str, message: bytes) -> SendResult:
        kept = False
        try:
            result = await _transact(connection.client, sender, recipient, message, self._server.final_dot_deadline)
            if result.outcome is OutcomeClass.REJECTED:
                await _reset(connection.client)
            kept = result.outcome in (OutcomeClass.ACCEPTED, OutcomeClass.REJECTED) and connection.client.is_connected
        finally:
            if not kept:
                connection.client.close()
        if kept:
            connection.letters_left -= 1
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        return result


async def _transact(
    client: aiosmtplib.SMTP, sender: str, recipient: str, message: bytes, final_dot_deadline: timedelta
) -> SendResult:
    """MAIL, RCPT, DATA, the message. The transport takes the message as one: from there on there is doubt."""
    at_recipient = False
    try:
        await client.mail(sender)
        at_recipient = True
        await client.rcpt(recipient)
        at_recipient = False
        reply = await client.execute_command(b"DATA")
        if reply.code != 354 or client.protocol is None:
            return _refused(reply.code, reply.message, at_recipient=False)
        failpoint("notifier.in_mail", client.close)
        client.protocol.write(_LINE_WITH_DOT.sub(b"..", normalize_message_line_endings(message)) + b".\r\n")
    except _BEFORE_DATA as error:
        return _before_data(error, at_recipient=at_recipient)
    failpoint("notifier.after_mail", client.close)
    return await _await_verdict(client, final_dot_deadline)


async def _await_verdict(client: aiosmtplib.SMTP, deadline: timedelta) -> SendResult:
    try:
        if client.protocol is None:
            return SendResult(OutcomeClass.AMBIGUOUS, "smtp_connection_lost_after_data")
        reply = await client.protocol.read_response(timeout=deadline.total_seconds())
    except aiosmtplib.SMTPTimeoutError:
        return SendResult(OutcomeClass.AMBIGUOUS, "smtp_no_reply_after_data")
    except (aiosmtplib.SMTPException, OSError):
        return SendResult(OutcomeClass.AMBIGUOUS, "smtp_connection_lost_after_data")
    if 200 <= reply.code < 300:
        queued = _QUEUED_AS.search(reply.message)
        return SendResult(OutcomeClass.ACCEPTED, "smtp_accepted", provider_message_id=queued[1] if queued else None)
    if 400 <= reply.code < 600:
        return _refused(reply.code, reply.message, at_recipient=False)
    return SendResult(OutcomeClass.AMBIGUOUS, "smtp_reply_not_understood")


def _before_data(error: Exception, *, at_recipient: bool) -> SendResult:
    """Nothing was sent, whatever went wrong; only a refusal by code may be final."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _refused(error.code, str(error.message), at_recipient=at_recipient)
    if isinstance(error, ssl.SSLError):
        return SendResult(OutcomeClass.NOT_SENT, "smtp_tls_failed")
    if isinstance(error, OSError):
        return SendResult(OutcomeClass.NOT_SENT, "smtp_unreachable")
    if isinstance(error, ValueError):
        return SendResult(OutcomeClass.REJECTED, "smtp_address_unusable", unreachable=True)
    return SendResult(OutcomeClass.NOT_SENT, "smtp_starttls_or_login_not_offered")


def _refused(code: int, message: str, *, at_recipient: bool) -> SendResult:
    """4xx asks to come back, 5xx is final; where the server goes away or does not let us in, the message can wait."""
    enhanced = _ENHANCED.match(message)
    status = enhanced[1] if enhanced else ""
    reason = f"smtp_{code}_{status}" if status else f"smtp_{code}"
    if code in _AUTHENTICATION:
        return SendResult(OutcomeClass.NOT_SENT, f"smtp_{code}_authentication")
    if code == _CLOSING:
        return SendResult(OutcomeClass.NOT_SENT, reason)
    if 400 <= code < 500:
        return SendResult(OutcomeClass.THROTTLED, reason)
    if 500 <= code < 600:
        no_such_mailbox = at_recipient and (status.startswith("5.1.") or not status)
        return SendResult(OutcomeClass.REJECTED, reason, unreachable=no_such_mailbox)
    return SendResult(OutcomeClass.NOT_SENT, "smtp_reply_not_understood")


async def _reset(client: aiosmtplib.SMTP) -> None:
    """A refused message leaves the session in the middle of an envelope."""
    try:
        await client.rset()
    except (aiosmtplib.SMTPException, OSError):
        client.close()


async def _quit(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit(timeout=2)
    except (aiosmtplib.SMTPException, OSError):
        client.close()
