"""A mail server that takes mail for anybody and reads it as a mail client would."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.providers.accept_log import Accepted, sha256_of, uuid_or_none
from sandbox.providers.desk import DRIP_PAUSE, Desk
from sandbox.providers.faults import ALL_WELL, Action, Arrival, Rule
from shared.contracts.vocabulary import Channel

DATA_LIMIT_BYTES = 10 * 1024 * 1024
_OUR_ID = re.compile(r"^<([0-9a-fA-F-]{36})(?:\.[0-9a-f]+)?@[^>]+>$")


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    username: str
    password: str = field(repr=False)


class SmtpServer:
    """`start` once; `stop` ends every session, also those that hang."""

    def __init__(self, desk: Desk, account: SmtpAccount) -> None:
        self._desk, self._account = desk, account
        self._sessions: set[_Session] = set()
        self._server: asyncio.Server | None = None
        self.sessions_opened = 0

    async def start(self, listener: socket.socket) -> None:
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own deprecated attributes
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._open_session, sock=listener)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        await self.cut_sessions()

    async def cut_sessions(self) -> None:
        """As a server that restarts does."""
        tasks = [session.abort() for session in tuple(self._sessions)]
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)

    def _open_session(self) -> SMTP:
        hooks = _Hooks(self._desk)
        self.sessions_opened += 1
        return _Session(
            hooks,
            self._sessions,
            hostname="sandbox.invalid",
            data_size_limit=DATA_LIMIT_BYTES,
            auth_require_tls=False,
            authenticator=self._authenticate,
            loop=asyncio.get_running_loop(),
        )

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (
            self._account.username.encode(),
            self._account.password.encode(),
        )
        return AuthResult(success=known, handled=False)


class _Session(SMTP):
    """One connection, known to the server so that it can be cut."""

    def __init__(self, hooks: _Hooks, sessions: set[_Session], **settings: Any) -> None:
        super().__init__(hooks, **settings)
        self._sessions = sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sessions.discard(self)
        super().connection_lost(error)

    def abort(self) -> asyncio.Task[None] | None:
        """Cut the line; answers the task that ends with it."""
        if self.transport is not None:
            cast("asyncio.WriteTransport", self.transport).abort()
        task: asyncio.Task[None] | None = self._handler_coroutine
        return task


class _Hooks:
    """What aiosmtpd asks during one connection."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._rule: Rule = ALL_WELL

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._rule = self._desk.faults.decide(Arrival(provider="smtp", to=address, message_id=None))
        match self._rule.action:
            case Action.REJECT:
                return f"{self._rule.code or 550} 5.1.1 mailbox unavailable"
            case Action.THROTTLE_429:
                return "450 4.2.1 mailbox busy, come back later"
            case Action.UNAVAILABLE_503:
                return "421 4.3.2 service not available"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        match self._rule.action:
            case Action.ERROR_500:
                return "554 5.3.0 transaction failed"
            case Action.DROP_BEFORE_ACCEPT:
                return await _cut(server)
            case Action.HANG:
                return await _stay_silent()
        accepted = [self._accepted(envelope, to) for to in envelope.rcpt_tos]
        for entry in accepted:
            await self._desk.accept_log.append(entry)
        return await self._answer(server, accepted[0].provider_message_id)

    async def _answer(self, server: SMTP, queued_as: str) -> str:
        yes = f"250 2.0.0 OK: queued as {queued_as}"
        match self._rule.action:
            case Action.ACCEPT_THEN_DROP | Action.ACCEPT_THEN_ERROR_500:
                return await _cut(server)
            case Action.ACCEPT_THEN_HANG:
                return await _stay_silent()
            case Action.GARBAGE_2XX:
                return "it worked, probably"
            case Action.SLOW_DRIP:
                for char in yes:
                    _transport(server).write(char.encode())
                    await asyncio.sleep(DRIP_PAUSE.total_seconds())
                return ""
        return yes

    def _accepted(self, envelope: Envelope, to: str) -> Accepted:
        raw = envelope.original_content or b""
        message = message_from_bytes(raw, policy=default)
        assert isinstance(message, EmailMessage)
        own = _OUR_ID.match(str(message["Message-ID"] or "").strip())
        return Accepted(
            at=self._desk.clock(),
            provider="smtp",
            channel=Channel.EMAIL,
            to=to,
            sender=str(envelope.mail_from),
            message_id=uuid_or_none(own[1]) if own else None,
            provider_message_id=self._desk.new_id().hex[:12],
            sha256=sha256_of(raw),
            subject=str(message["Subject"] or ""),
            text=_part(message, "plain"),
            html=_part(message, "html"),
        )


def _part(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    return None if part is None else str(part.get_content())


def _transport(server: SMTP) -> asyncio.WriteTransport:
    return cast("asyncio.WriteTransport", server.transport)


async def _cut(server: SMTP) -> str:
    """aiosmtpd cancels this session's task once the connection is gone."""
    _transport(server).abort()
    return await _stay_silent()


async def _stay_silent() -> str:
    await asyncio.Event().wait()
    return ""
