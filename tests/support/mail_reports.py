"""What MTAs, Amazon SES and SendGrid report on a mail, in their formats and with signatures of their kind."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from services.notifier.channels.message_ids import message_id_of
from shared.signatures import StandardWebhooks
from tests.support.letters import MESSAGE_ID, NOW

BOUNCE_SECRET = "whsec_" + base64.b64encode(b"a secret of the tests").decode()
TOPIC = "arn:aws:sns:eu-west-1:123456789012:hito-mail"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
SUBSCRIBE_URL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc"

_SIGNED = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


def bounce_mail(
    *,
    message_id: UUID = MESSAGE_ID,
    secret: str | None = BOUNCE_SECRET,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <lucia@example.com>: Recipient address rejected",
    returned: str = "message/rfc822",
    more_recipients: str = "",
) -> bytes:
    """As Postfix writes it. `more_recipients` are further blocks of fields."""
    ours = message_id_of(message_id, "libreriafaro.example", secret)
    lines = f"""\
        From: MAILER-DAEMON@mx.example (Mail Delivery System)
        To: pedidos@libreriafaro.example
        Subject: Undelivered Mail Returned to Sender
        Auto-Submitted: auto-replied
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="4F1.1700/mx.example"

        This is a MIME-encapsulated message.

        --4F1.1700/mx.example
        Content-Type: text/plain; charset=us-ascii

        I'm sorry to have to inform you that your message could not be delivered.

        --4F1.1700/mx.example
        Content-Description: Delivery report
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example
        X-Postfix-Queue-ID: 4F1
        Arrival-Date: Tue, 24 Mar 2026 09:30:00 +0000 (UTC)

        Final-Recipient: rfc822; lucia@example.com
        Original-Recipient: rfc822;lucia@example.com
        Action: {action}
        Status: {status}
        Remote-MTA: dns; mail.example.com
        Diagnostic-Code: {diagnostic}
        {more_recipients}
        --4F1.1700/mx.example
        Content-Description: Undelivered Message
        Content-Type: {returned}

        From: =?utf-8?q?Librer=C3=ADa_Faro?= <pedidos@libreriafaro.example>
        To: lucia@example.com
        Subject: Tu pedido
        Message-ID: {ours}

        Hola

        --4F1.1700/mx.example--
        """
    return "\r\n".join(line.removeprefix("        ") for line in lines.split("\n")).encode()


def abuse_mail(*, kind: str = "abuse", secret: str | None = BOUNCE_SECRET) -> bytes:
    """As a mailbox provider's feedback loop writes it (RFC 5965)."""
    mail = bounce_mail(secret=secret).replace(b"report-type=delivery-status", b"report-type=feedback-report")
    start = mail.index(b"Content-Description: Delivery report")
    end = mail.index(b"--4F1.1700/mx.example", start)
    report = f"Feedback-Type: {kind}\r\nUser-Agent: Loop/1\r\nVersion: 1\r\n\r\n".encode()
    return mail[:start] + b"Content-Type: message/feedback-report\r\n\r\n" + report + mail[end:]


def signed_bounce(mail: bytes, *, secret: str = BOUNCE_SECRET, now: datetime = NOW) -> dict[str, str]:
    return StandardWebhooks([secret]).sign(mail, "bounce_1", now)


def _certificate(key: rsa.RSAPrivateKey, name: str, begins: datetime, ends: datetime) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begins).not_valid_after(ends)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


@dataclass
class Amazon:
    """SNS as far as a subscriber meets it. `fetched` are the addresses that were asked for."""

    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    name: str = "sns.amazonaws.com"
    begins: datetime = NOW - timedelta(days=30)
    ends: datetime = datetime(2100, 1, 1, tzinfo=UTC)
    fetched: list[str] = field(default_factory=list)

    @property
    def certificate(self) -> bytes:
        return _certificate(self.key, self.name, self.begins, self.ends)

    async def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        return self.certificate

    def envelope(self, message: str, **changes: str) -> bytes:
        """Signed as it stands, with whatever is changed in it."""
        fields = {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": TOPIC,
            "Message": message,
            "Timestamp": "2026-03-24T09:31:00.000Z",
            "SignatureVersion": "2",
            "SigningCertURL": CERTIFICATE_URL,
            **changes,
        }
        signed = "".join(f"{name}\n{fields[name]}\n" for name in _SIGNED if name in fields)
        signature = self.key.sign(signed.encode(), PKCS1v15(), SHA256())
        return json.dumps({"Signature": base64.b64encode(signature).decode(), **fields}).encode()

    def confirmation(self, **changes: str) -> bytes:
        known = {"Type": "SubscriptionConfirmation", "Token": "abc", "SubscribeURL": SUBSCRIBE_URL}
        return self.envelope("You have chosen to subscribe to the topic.", **{**known, **changes})


def ses_event(kind: str, *, ours: UUID | None = MESSAGE_ID, tagged: bool = True, **parts: Any) -> str:
    """One event as SES publishes it; `tagged=False` as it notifies without a configuration set."""
    headers = [{"name": "From", "value": "pedidos@libreriafaro.example"}]
    headers += [{"name": "Message-ID", "value": f"<{ours}@libreriafaro.example>"}] if ours else []
    mail: dict[str, Any] = {"messageId": "0102018f-EXAMPLE-000000", "destination": ["lucia@example.com"]}
    mail["headers"] = headers
    if tagged:
        mail["tags"] = {"ses:configuration-set": ["hito"], **({"hito_message": [str(ours)]} if ours else {})}
    return json.dumps({"eventType" if tagged else "notificationType": kind, "mail": mail, **parts})


@dataclass
class SendGrid:
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def public_key(self) -> str:
        der = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def sign(self, body: bytes, timestamp: str = "1774344600") -> tuple[str, str]:
        """Signature and timestamp."""
        signature = self.key.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))
        return base64.b64encode(signature).decode(), timestamp

    def headers(self, body: bytes) -> dict[str, str]:
        names = ("x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp")
        return dict(zip(names, self.sign(body), strict=True))


def sendgrid_events(*events: Mapping[str, Any]) -> bytes:
    known = {"email": "lucia@example.com", "timestamp": 1774344000, "sg_event_id": "x", "sg_message_id": "y.filter"}
    return json.dumps([{**known, "hito_message": str(MESSAGE_ID), **event} for event in events]).encode()
