"""Where mail leaves, and how its relay reports on it: one relay, or a second that takes over."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pydantic import AfterValidator, AliasGenerator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.notifier.channels.mime import Marks, parse_mailbox
from services.notifier.channels.settings import ChannelSettings, Deadline
from services.notifier.channels.smtp import PROVIDER, SmtpServer
from shared.signatures import StandardWebhooks

TOPIC_ARN = r"arn:aws(?:-cn|-us-gov)?:sns:([a-z0-9-]{1,30}):[0-9]{12}:[A-Za-z0-9_-]{1,256}"
"""Of an SNS topic; the group is its region."""

SECOND_PROVIDER = "smtp_2"

_START_TLS = {"required": True, "auto": None, "off": False}
_DEFAULT_PORTS = {"smtp": 587, "smtps": 465}
_SHAPE = "must look like smtp://user:password@host:587?starttls=required|auto|off or smtps://user:password@host:465"


def _checked_url(url: SecretStr) -> SecretStr:
    read_smtp_url(url.get_secret_value(), "checked.invalid", timedelta(0))
    return url


def _checked_mailbox(address: str) -> str:
    parse_mailbox(address)
    return address


def check_bounce_secret(secret: SecretStr) -> SecretStr:
    """Raises ValueError unless it is `whsec_` and base64 of 16 bytes or more."""
    StandardWebhooks([secret.get_secret_value()])
    return secret


def _checked_topics(arns: str) -> str:
    if not all(re.fullmatch(TOPIC_ARN, arn.strip()) for arn in arns.split(",")):
        raise ValueError("must be ARNs of SNS topics, separated by commas")
    return arns


def read_public_key(text: str) -> EllipticCurvePublicKey:
    """SendGrid's verification key as it is shown: base64 of a DER public key. Raises ValueError for anything else."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except UnsupportedAlgorithm as error:
        raise ValueError("not a P-256 public key") from error
    if not isinstance(key, EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise ValueError("not a P-256 public key")
    return key


def _checked_sendgrid_key(key: str) -> str:
    try:
        read_public_key(key)
    except ValueError:
        raise ValueError("must be the verification key that SendGrid shows beside its signed event webhook") from None
    return key


BounceSecret = Annotated[SecretStr, AfterValidator(check_bounce_secret)]


class EmailSettings(ChannelSettings):
    """`EMAIL_FROM` is where bounces go, and the sender for shops without an address of their own.

    `EMAIL_BOUNCE_SECRET` (`whsec_` and base64) seals our Message-IDs and is what the bounce pipe signs with.
    """

    smtp_url: Annotated[SecretStr, AfterValidator(_checked_url)]
    email_from: Annotated[str, AfterValidator(_checked_mailbox)]
    smtp_final_dot_deadline: Deadline = timedelta(minutes=10)
    """How long the server may take to say yes to a whole message: RFC 5321, 4.5.3.2.6 asks for 10 minutes."""
    email_bounce_secret: BounceSecret | None = None
    email_bounce_secret_previous: BounceSecret | None = None
    """The secret before the last rotation: mails sealed with it may still come back."""
    ses_configuration_set: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    ses_topic_arns: Annotated[str, AfterValidator(_checked_topics)] | None = None
    """The SNS topics on which SES reports, separated by commas."""
    sendgrid_webhook_key: Annotated[str, AfterValidator(_checked_sendgrid_key)] | None = None
    """Public half of the key with which SendGrid signs its event webhook: base64, as its settings page shows it."""

    @property
    def provider(self) -> str:
        """The relay's name in the ledger."""
        return PROVIDER

    @property
    def bounce_secrets(self) -> tuple[str, ...]:
        """Newest first."""
        given = (self.email_bounce_secret, self.email_bounce_secret_previous)
        return tuple(secret.get_secret_value() for secret in given if secret is not None)

    @property
    def topic_arns(self) -> tuple[str, ...]:
        return tuple(arn.strip() for arn in (self.ses_topic_arns or "").split(",") if arn.strip())

    @property
    def marks(self) -> Marks:
        seal_secret = next(iter(self.bounce_secrets), None)
        return Marks(seal_secret, self.ses_configuration_set, self.sendgrid_webhook_key is not None)


_OF_EACH_RELAY = frozenset({"smtp_url", "ses_configuration_set", "ses_topic_arns", "sendgrid_webhook_key"})


class SecondEmailSettings(EmailSettings):
    """A second relay: `SMTP_URL_2`, and `_2` behind what else belongs to one relay. The rest is shared."""

    model_config = SettingsConfigDict(
        alias_generator=AliasGenerator(validation_alias=lambda name: f"{name}_2" if name in _OF_EACH_RELAY else name)
    )
    no_sign = frozenset({"EMAIL_FROM"})

    @property
    def provider(self) -> str:
        return SECOND_PROVIDER


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
