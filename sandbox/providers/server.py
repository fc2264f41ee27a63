"""The providers, running: a mail server, and one HTTP server with Twilio, Graph, a careful one and the levers."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from starlette.applications import Starlette

from sandbox.providers.accept_log import AcceptLog, StatusLog
from sandbox.providers.callbacks import Callbacks
from sandbox.providers.control import Control
from sandbox.providers.desk import Desk
from sandbox.providers.faults import Faults
from sandbox.providers.graph import Graph, GraphApp
from sandbox.providers.http_server import HttpServer, listen, port_of
from sandbox.providers.keyed import DESCRIPTION, Keyed, KeyedAccount
from sandbox.providers.smtp import SmtpAccount, SmtpServer
from sandbox.providers.twilio import Twilio, TwilioAccount

ACCEPT_LOG = "accepted.jsonl"
STATUS_LOG = "statuses.jsonl"
SENDER_ADDRESS = "pedidos@sandbox.example"
SENDER_NUMBER = "+34600000000"
WHATSAPP_NUMBER = "+34600000009"


@dataclass(frozen=True)
class Providers:
    """Where the running providers are, and what they know."""

    desk: Desk
    smtp: SmtpServer
    graph: Graph
    twilio: Twilio
    keyed: Keyed
    smtp_url: str
    base_url: str
    bounce_secret: str

    @property
    def twilio_account(self) -> TwilioAccount:
        return self.twilio.account

    @property
    def twilio_url(self) -> str:
        return self.base_url

    @property
    def graph_url(self) -> str:
        return f"{self.base_url}/v25.0"

    @property
    def keyed_url(self) -> str:
        return f"{self.base_url}/keyed"

    @property
    def control_url(self) -> str:
        return f"{self.base_url}/control"

    @property
    def accept_log(self) -> AcceptLog:
        return self.desk.accept_log

    @property
    def status_log(self) -> StatusLog:
        return self.desk.status_log

    @property
    def faults(self) -> Faults:
        return self.desk.faults

    @property
    def callbacks(self) -> Callbacks:
        return self.desk.callbacks

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a sender reaches these providers; NOTIFIER_PUBLIC_URL is the sender's own."""
        app = self.graph.app
        return {
            "SMTP_URL": self.smtp_url,
            "EMAIL_FROM": SENDER_ADDRESS,
            "EMAIL_BOUNCE_SECRET": self.bounce_secret,
            "TWILIO_ACCOUNT_SID": self.twilio_account.sid,
            "TWILIO_AUTH_TOKEN": self.twilio_account.auth_token,
            "TWILIO_FROM": self.twilio_account.sender,
            "TWILIO_URL": self.twilio_url,
            "WHATSAPP_PHONE_NUMBER_ID": app.phone_number_id,
            "WHATSAPP_ACCESS_TOKEN": app.access_token,
            "WHATSAPP_APP_SECRET": app.app_secret,
            "WHATSAPP_VERIFY_TOKEN": app.verify_token,
            "WHATSAPP_BUSINESS_ACCOUNT_ID": app.business_account_id,
            "WHATSAPP_URL": self.graph_url,
        }

    @property
    def keyed_environment(self) -> dict[str, str]:
        """For an SMS provider that honours keys, beside Twilio or instead of it."""
        account = self.keyed.account
        return {
            "SMS_HTTP_CONFIG": str(DESCRIPTION),
            "SMS_HTTP_URL": self.keyed_url,
            "SMS_HTTP_FROM": account.sender,
            "SMS_HTTP_SECRET": account.api_key,
            "SMS_HTTP_RECEIPT_SECRET": account.receipt_secret,
        }


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def providers(
    folder: Path,
    *,
    templates: Sequence[dict[str, Any]] = (),
    webhook_url: str | None = None,
    smtp_port: int = 0,
    http_port: int = 0,
    pace: timedelta = timedelta(0),
    clock: Callable[[], datetime] = _now,
    new_id: Callable[[], UUID] = uuid4,
) -> AsyncIterator[Providers]:
    """All providers on loopback until the block ends; port 0 takes a free one. Logs go to `folder`.

    `templates` are in the form in which they are submitted to Meta; more can be posted to `message_templates`.
    """
    logs = AcceptLog(folder / ACCEPT_LOG), StatusLog(folder / STATUS_LOG)
    desk = Desk(*logs, Faults(), Callbacks(), clock, new_id, pace)
    twilio, graph = Twilio(desk, _new_twilio_account()), Graph(desk, _new_graph_app(webhook_url))
    keyed = Keyed(desk, KeyedAccount(SENDER_NUMBER, secrets.token_hex(16), secrets.token_hex(16)))
    for template in templates:
        graph.templates.register(template)
    mailbox = SmtpAccount("sandbox", secrets.token_hex(16))
    smtp_listener, http_listener = listen(smtp_port), listen(http_port)
    smtp = SmtpServer(desk, mailbox)
    routes = (*Control(desk, graph).routes, *twilio.routes, *keyed.routes, *graph.routes)
    http = HttpServer(Starlette(routes=routes), http_listener)
    smtp_url = f"smtp://{mailbox.username}:{mailbox.password}@127.0.0.1:{port_of(smtp_listener)}?starttls=off"
    base_url = f"http://127.0.0.1:{port_of(http_listener)}"
    await smtp.start(smtp_listener)
    http.start()
    try:
        yield Providers(desk, smtp, graph, twilio, keyed, smtp_url, base_url, _new_bounce_secret())
    finally:
        await _stop(desk, smtp, http)


async def _stop(desk: Desk, smtp: SmtpServer, http: HttpServer) -> None:
    await desk.callbacks.close()
    await http.stop()
    await smtp.stop()
    await desk.accept_log.close()
    await desk.status_log.close()


def _new_bounce_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"


def _new_twilio_account() -> TwilioAccount:
    return TwilioAccount(f"AC{secrets.token_hex(16)}", secrets.token_hex(16), SENDER_NUMBER, WHATSAPP_NUMBER)


def _new_graph_app(webhook_url: str | None) -> GraphApp:
    return GraphApp(
        phone_number_id="100000000000001",
        business_account_id="100000000000002",
        access_token=secrets.token_hex(24),
        app_secret=secrets.token_hex(16),
        verify_token=secrets.token_hex(12),
        webhook_url=webhook_url,
    )
