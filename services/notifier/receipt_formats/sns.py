"""The envelope in which Amazon SNS brings reports: whose topic it is, and that Amazon signed it.

Source: docs.aws.amazon.com/sns/latest/dg, "Verifying the signatures of Amazon SNS messages"; signature version 2 (RSA
with SHA-256), which a topic uses once its attribute SignatureVersion says 2. Pure: who fetches the certificate is the
caller's affair, and it does so only for an address that `certificate_url` has let pass.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from pydantic import Field, ValidationError

from services.notifier.channels.email_settings import TOPIC_ARN
from services.notifier.receipt_formats.receipt import Malformed, Tolerant
from shared.signatures import BadSignature

NOTIFICATION = "Notification"
CONFIRMATION = "SubscriptionConfirmation"

_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_CERTIFICATE_PATH = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem")


class SnsMessage(Tolerant):
    """Field names as Amazon writes them, since they are what is signed."""

    kind: str = Field(alias="Type")
    id: str = Field(alias="MessageId")
    topic_arn: str = Field(alias="TopicArn")
    message: str = Field(alias="Message")
    timestamp: str = Field(alias="Timestamp")
    subject: str | None = Field(default=None, alias="Subject")
    subscribe_url: str | None = Field(default=None, alias="SubscribeURL")
    token: str | None = Field(default=None, alias="Token")
    signature_version: str = Field(alias="SignatureVersion")
    signature: str = Field(alias="Signature", max_length=2000)
    signing_cert_url: str = Field(alias="SigningCertURL", max_length=500)


def read_sns(body: bytes, topic_arns: Sequence[str]) -> SnsMessage:
    """A message that claims to be from one of our topics; nothing is verified yet.

    Raises Malformed for what is no SNS message, BadSignature for another topic or the older signature.
    """
    try:
        message = SnsMessage.model_validate_json(body)
    except ValidationError as error:
        raise Malformed("not an SNS message") from error
    if message.topic_arn not in topic_arns:
        raise BadSignature("the SNS topic is not one of ours")
    if message.signature_version != "2":
        raise BadSignature("the SNS topic signs with version 1; set its attribute SignatureVersion to 2")
    return message


def certificate_url(message: SnsMessage) -> str:
    """Where the certificate is, if that is a place of SNS in the topic's region. Raises BadSignature otherwise."""
    return _checked(message.signing_cert_url, message, _CERTIFICATE_PATH)


def confirmation_url(message: SnsMessage) -> str:
    """What to GET to confirm a subscription. Call it for a message that `check_sns` has let pass."""
    return _checked(message.subscribe_url or "", message, re.compile("/"))


def check_sns(message: SnsMessage, certificate: bytes, now: datetime) -> None:
    """Raises BadSignature unless the certificate is Amazon's, holds today, and signed this message."""
    key = _public_key(certificate, now)
    fields = message.model_dump(by_alias=True)
    names = _SIGNED.get(message.kind)
    if names is None:
        raise BadSignature("an SNS message of a type that we do not expect")
    signed = "".join(f"{name}\n{fields[name]}\n" for name in names if fields[name] is not None)
    try:
        key.verify(base64.b64decode(message.signature, validate=True), signed.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError) as error:
        raise BadSignature("the SNS signature is wrong") from error


def _checked(url: str, message: SnsMessage, path: re.Pattern[str]) -> str:
    found = re.fullmatch(TOPIC_ARN, message.topic_arn)
    region = found[1] if found else ""
    hosts = (f"sns.{region}.amazonaws.com", f"sns.{region}.amazonaws.com.cn")
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "https" and parts.netloc in hosts and path.fullmatch(parts.path) is not None
    except ValueError:
        plain = False
    if not plain or not url.isascii() or re.search(r"[\s\\]", url):
        raise BadSignature("the SNS message names an address that is not one of SNS in its region")
    return url


def _public_key(certificate: bytes, now: datetime) -> RSAPublicKey:
    try:
        read = x509.load_pem_x509_certificate(certificate)
        names = [str(name.value) for name in read.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        key = read.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadSignature("the SNS certificate cannot be read") from error
    if not read.not_valid_before_utc <= now <= read.not_valid_after_utc:
        raise BadSignature("the SNS certificate does not hold today")
    if not any(re.fullmatch(r"sns(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?", name) for name in names):
        raise BadSignature("the SNS certificate is not one of SNS")
    if not isinstance(key, RSAPublicKey):
        raise BadSignature("the SNS certificate holds no RSA key")
    return key
