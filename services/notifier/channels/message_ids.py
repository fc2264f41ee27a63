"""Our message id as an e-mail's Message-ID, and back again from what comes back.

A Message-ID stands in every bounce, so bounces need no address of their own for each message. Its id can be worked out
by who knows the order; the seal cannot: only who got the message, or carried it, can report on it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from uuid import UUID

_OURS = re.compile(r"<?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:\.([0-9a-f]{24}))?@[^<>\s@]{1,255}>?")
LONGEST_CHARACTERS = 400


def message_id_of(message_id: UUID, domain: str, secret: str | None) -> str:
    """`<id.seal@domain>`, or `<id@domain>` when no secret is set: then no bounce that comes by mail is believed."""
    seal = f".{_seal(message_id, secret)}" if secret else ""
    return f"<{message_id}{seal}@{domain}>"


def read_message_id(text: str) -> UUID | None:
    """Our id in a Message-ID, whatever its seal: for reports that the provider itself has signed."""
    found = _OURS.fullmatch(text.strip()) if len(text) <= LONGEST_CHARACTERS else None
    return UUID(found[1]) if found else None


def read_sealed_message_id(text: str, secrets: Sequence[str]) -> UUID | None:
    """Our id in a Message-ID that we have sealed with one of these secrets, None for any other."""
    found = _OURS.fullmatch(text.strip()) if len(text) <= LONGEST_CHARACTERS else None
    if found is None or found[2] is None:
        return None
    message_id, seal = UUID(found[1]), found[2].encode()
    ours = [hmac.compare_digest(seal, _seal(message_id, secret).encode()) for secret in secrets]
    return message_id if any(ours) else None


def _seal(message_id: UUID, secret: str) -> str:
    """96 bits in hexadecimal: mail servers may change the case of what they copy."""
    key = hmac.new(secret.encode(), b"hito:message-id", hashlib.sha256).digest()
    return hmac.new(key, message_id.bytes, hashlib.sha256).hexdigest()[:24]
