"""Webhook signatures, checked on the raw bytes and in constant time, before anything is parsed.

Standard Webhooks (standardwebhooks.com, v1 symmetric) with several secrets at once, so that one can be rotated without
a gap; and the plain shared token and plain HMAC that older carriers and providers use.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""How far a signed timestamp may be from our clock; the Standard Webhooks reference libraries use the same."""


class BadSignature(Exception):
    """The caller is not who it says, or speaks too late. The text is for our log, never for the answer."""


class StandardWebhooks:
    """Signs with the first secret, accepts any of them."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """`secrets` are `whsec_` + base64, newest first. Raises ValueError for none or for one that is no base64."""
        if not secrets:
            raise ValueError("at least one webhook secret is needed")
        self._keyed = tuple(hmac.new(_decode_secret(secret), digestmod="sha256") for secret in secrets)

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> str:
        """Answer the message id. Raises BadSignature when a header is missing, wrong, or more than TOLERANCE away."""
        message_id = headers.get("webhook-id", "")
        timestamp = headers.get("webhook-timestamp", "")
        given = headers.get("webhook-signature", "")
        if not (message_id and timestamp and given):
            raise BadSignature("webhook-id, webhook-timestamp or webhook-signature is missing")
        if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
            raise BadSignature("webhook-timestamp is not a number of seconds")
        if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
            raise BadSignature("webhook-timestamp is too far from now")
        accepted = [_sign(keyed, message_id, timestamp, body) for keyed in self._keyed]
        if not _any_equal([part.encode() for part in given.split(" ")[:16]], accepted):
            raise BadSignature("no signature matches")
        return message_id

    def sign(self, body: bytes, message_id: str, now: datetime) -> dict[str, str]:
        """The three headers that a sender adds."""
        timestamp = str(int(now.timestamp()))
        signature = _sign(self._keyed[0], message_id, timestamp, body).decode()
        return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}


def _decode_secret(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError as error:  # binascii.Error, or letters beyond ASCII
        raise ValueError("a webhook secret is whsec_ followed by base64") from error
    if len(key) < 16:
        raise ValueError("a webhook secret holds at least 16 bytes")
    return key


def _sign(keyed: hmac.HMAC, message_id: str, timestamp: str, body: bytes) -> bytes:
    """`keyed` has taken in the key, and nothing else: that is half of the work."""
    signing = keyed.copy()
    signing.update(b".".join((message_id.encode(), timestamp.encode(), body)))
    return b"v1," + base64.b64encode(signing.digest())


def _any_equal(given: Sequence[bytes], accepted: Sequence[bytes]) -> bool:
    """Compares every pair, so that the time taken does not tell which one came close."""
    return sum(hmac.compare_digest(g, a) for g in given for a in accepted) > 0


def check_token(given: str | None, accepted: Sequence[str]) -> None:
    """A shared token in a header. Raises BadSignature."""
    if not given or not _any_equal([given.encode()], [token.encode() for token in accepted]):
        raise BadSignature("the token is missing or wrong")


def check_hmac(
    body: bytes, given: str | None, secrets: Sequence[str], *, digest: str = "sha256", prefix: str = ""
) -> None:
    """Hex HMAC of the raw body, as in `X-Hub-Signature-256: sha256=...`. Raises BadSignature."""
    accepted = [(prefix + hmac.new(secret.encode(), body, digest).hexdigest()).encode() for secret in secrets]
    if given is None or not _any_equal([given.encode()], accepted):
        raise BadSignature("the HMAC is missing or wrong")


def check_form_hmac(url: str, form: Sequence[tuple[str, str]], given: str | None, secrets: Sequence[str]) -> None:
    """Twilio's `X-Twilio-Signature`: base64 HMAC-SHA1 of the full URL followed by the sorted form fields, each as name
    and value without a separator (Twilio, "Validating requests"). Raises BadSignature.
    """
    accepted = [sign_form(url, form, secret).encode() for secret in secrets]
    if given is None or not _any_equal([given.encode()], accepted):
        raise BadSignature("X-Twilio-Signature is missing or wrong")


def sign_form(url: str, form: Sequence[tuple[str, str]], secret: str) -> str:
    """The value of `X-Twilio-Signature` for this callback."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha1).digest()).decode()
