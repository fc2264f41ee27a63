"""Links on the buyer's page, made from what carriers, shops and directories say: the web and the telephone, no more."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


def web_link(url: str | None) -> str | None:
    """The address if it is plain http or https to a named host, else None. No user names (they hide the real host)."""
    if not url or re.search(r"[\s\x00-\x1f\x7f\\]", url):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or port == 0 or "@" in parts.netloc:
        return None
    return url


def phone_link(phone: str) -> str | None:
    """`tel:+34910123456` for a phone as people write it, None for what cannot be dialled."""
    dialled = re.sub(r"[ ().\-/\u00a0]", "", phone)
    return f"tel:{dialled}" if re.fullmatch(r"\+?[0-9]{3,20}", dialled) else None


def unbroken(phone: str) -> str:
    """For a sentence: a phone is not torn apart at the end of a line."""
    return phone.replace(" ", "\u00a0")
