"""The buyer's link: 128 bits that nobody can guess, the same each time for the same order, kept only as a hash.

Derived, not drawn: state rebuilt from Kafka gives the links that buyers already have.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

TOKEN_LENGTH = 22


def token_of(secret: str, shop: str, order_id: str) -> str:
    """22 characters of URL-safe base64."""
    digest = hmac.new(secret.encode(), f"{shop}/{order_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def hash_of(token: str) -> bytes:
    """What the database holds."""
    return hashlib.sha256(token.encode()).digest()
