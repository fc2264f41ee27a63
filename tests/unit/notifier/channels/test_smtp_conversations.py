"""Each turn that a conversation with a mail server can take, and what it proves."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.notifier.channels.base import OutcomeClass, Request, SendResult
from services.notifier.channels.email import Email
from services.notifier.channels.email_settings import EmailSettings, read_smtp_url
from services.notifier.channels.smtp import SmtpConnections
from tests.support.letters import MESSAGE_ID
from tests.support.scripted_server import HANG_UP, ScriptedSmtp, scripted_smtp

MESSAGE = b"Subject: Hola\r\n\r\n.un punto\r\n..dos\r\nfin\r\n"


async def send_to(server: ScriptedSmtp, user: str = "", times: int = 1, scheme: str = "smtp") -> list[SendResult]:
    url = f"{scheme}://{user}127.0.0.1:{server.port}"
    connections = SmtpConnections(read_smtp_url(url, "faro.example", timedelta(seconds=5)))
    results = [await connections.send("pedidos@faro.example", "lucia@example.com", MESSAGE) for _ in range(times)]
    await connections.close()
    return results


async def test_an_accepted_message_has_one_sender_one_recipient_and_its_very_bytes() -> None:
    async with scripted_smtp() as server:
        [result] = await send_to(server)

    assert result == SendResult(OutcomeClass.ACCEPTED, "smtp_accepted", provider_message_id="4ZkT2m")
    assert [line for line in server.lines if line[:4] in ("EHLO", "MAIL", "RCPT")] == [
        "EHLO faro.example",
        "MAIL FROM:<pedidos@faro.example>",
        "RCPT TO:<lucia@example.com>",
    ]
    assert server.messages == [b"Subject: Hola\r\n\r\n..un punto\r\n...dos\r\nfin\r\n.\r\n"]


@pytest.mark.parametrize(
    ("changes", "outcome", "reason", "unreachable"),
    [
        ({"greeting": "554 no service"}, OutcomeClass.REJECTED, "smtp_554", False),
        ({"greeting": "421 4.3.2 busy"}, OutcomeClass.NOT_SENT, "smtp_421_4.3.2", False),
        ({"greeting": "hello there"}, OutcomeClass.NOT_SENT, "smtp_reply_not_understood", False),
        ({"greeting": HANG_UP}, OutcomeClass.NOT_SENT, "smtp_unreachable", False),
        ({"MAIL": "451 4.7.1 greylisted"}, OutcomeClass.THROTTLED, "smtp_451_4.7.1", False),
        ({"MAIL": "550 5.7.1 sender refused"}, OutcomeClass.REJECTED, "smtp_550_5.7.1", False),
        ({"MAIL": "530 5.7.0 log in first"}, OutcomeClass.NOT_SENT, "smtp_530_authentication", False),
        ({"MAIL": HANG_UP}, OutcomeClass.NOT_SENT, "smtp_unreachable", False),
        ({"RCPT": "421 4.3.2 closing"}, OutcomeClass.NOT_SENT, "smtp_421_4.3.2", False),
        ({"RCPT": "550 5.1.1 no such user"}, OutcomeClass.REJECTED, "smtp_550_5.1.1", True),
        ({"RCPT": "550 no such user"}, OutcomeClass.REJECTED, "smtp_550", True),
        ({"RCPT": "550 5.7.1 policy"}, OutcomeClass.REJECTED, "smtp_550_5.7.1", False),
        ({"RCPT": "450 4.2.1 busy"}, OutcomeClass.THROTTLED, "smtp_450_4.2.1", False),
        ({"RCPT": HANG_UP}, OutcomeClass.NOT_SENT, "smtp_unreachable", False),
        ({"DATA": "554 5.5.1 no"}, OutcomeClass.REJECTED, "smtp_554_5.5.1", False),
        ({"DATA": "452 4.3.1 disk full"}, OutcomeClass.THROTTLED, "smtp_452_4.3.1", False),
        ({"DATA": HANG_UP}, OutcomeClass.NOT_SENT, "smtp_unreachable", False),
        ({".": "554 5.6.0 spam"}, OutcomeClass.REJECTED, "smtp_554_5.6.0", False),
        ({".": "451 4.3.0 later"}, OutcomeClass.THROTTLED, "smtp_451_4.3.0", False),
        ({".": "354 what?"}, OutcomeClass.AMBIGUOUS, "smtp_reply_not_understood", False),
        ({".": "thanks!"}, OutcomeClass.AMBIGUOUS, "smtp_connection_lost_after_data", False),
        ({".": HANG_UP}, OutcomeClass.AMBIGUOUS, "smtp_connection_lost_after_data", False),
    ],
    ids=str,
)
async def test_each_reply_has_one_meaning(
    changes: dict[str, str], outcome: OutcomeClass, reason: str, unreachable: bool
) -> None:
    async with scripted_smtp(changes) as server:
        [result] = await send_to(server)

    assert (result.outcome, result.reason, result.unreachable) == (outcome, reason, unreachable)


async def test_a_refused_envelope_does_not_leak_into_the_next_message() -> None:
    async with scripted_smtp({"RCPT": "550 5.1.1 no such user"}) as server:
        await send_to(server, times=2)

    verbs = [line.split()[0] for line in server.lines]
    assert verbs == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "RSET", "QUIT"]


async def test_a_server_that_ends_an_idle_connection_is_asked_again_on_a_new_one() -> None:
    async with scripted_smtp(letters=1) as server:
        results = await send_to(server, times=3)

    assert [result.outcome for result in results] == [OutcomeClass.ACCEPTED] * 3
    assert len(server.messages) == 3


async def test_without_starttls_no_password_and_no_message_leave_in_the_clear() -> None:
    async with scripted_smtp({"EHLO": "250-mail.example\r\n250 AUTH PLAIN LOGIN"}) as server:
        [result] = await send_to(server, user="faro:s3cret@")

    assert (result.outcome, result.reason) == (OutcomeClass.NOT_SENT, "smtp_starttls_or_login_not_offered")
    assert not [line for line in server.lines if line.startswith(("AUTH", "MAIL"))]


@dataclass(frozen=True)
class Certificate:
    """For 127.0.0.1, vouched for by nobody but itself."""

    path: Path
    context: ssl.SSLContext


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder: Path = tmp_path_factory.mktemp("tls")
    key, path = folder / "key.pem", folder / "certificate.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", path], check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    return Certificate(path, context)


TLS_OFFER = {"EHLO": "250-mail.example\r\n250-AUTH PLAIN\r\n250 STARTTLS", "STARTTLS": "220 go ahead"}


async def test_the_password_is_spoken_only_after_the_line_is_encrypted(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    async with scripted_smtp(TLS_OFFER, certificate.context) as server:
        [result] = await send_to(server, user="faro:s3cret@")

    assert result.outcome is OutcomeClass.ACCEPTED
    verbs = [line.split()[0] for line in server.lines]
    assert verbs == ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]


async def test_a_line_may_be_encrypted_from_the_start(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    async with scripted_smtp(tls=certificate.context, tls_from_the_start=True) as server:
        [result] = await send_to(server, scheme="smtps")

    assert result.outcome is OutcomeClass.ACCEPTED


async def test_a_certificate_that_nobody_vouches_for_ends_the_conversation(certificate: Certificate) -> None:
    async with scripted_smtp(TLS_OFFER, certificate.context) as server:
        [result] = await send_to(server, user="faro:s3cret@")

    assert (result.outcome, result.reason) == (OutcomeClass.NOT_SENT, "smtp_tls_failed")
    assert server.lines == ["EHLO faro.example", "STARTTLS"]


@pytest.mark.parametrize("address", ["a@x.io>\r\nRCPT TO:<thief@x.io", "a@x.io,thief@x.io", "Lucía <a@x.io>", ""])
async def test_an_address_that_is_more_than_an_address_is_never_spoken(address: str) -> None:
    async with scripted_smtp() as server:
        settings = EmailSettings(smtp_url=SecretStr(f"smtp://127.0.0.1:{server.port}"), email_from="p@faro.example")
        email = Email(settings)
        result = await email.send(Request(address, MESSAGE), MESSAGE_ID)
        await email.close()

    assert (result.outcome, result.reason) == (OutcomeClass.REJECTED, "smtp_address_unusable")
    assert result.unreachable
    assert server.lines == []
