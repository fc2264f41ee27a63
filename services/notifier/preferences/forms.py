"""What browsers and mail clients post to the preferences, read with limits. What is not understood changes nothing."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from urllib.parse import parse_qsl

from fastapi import Request

from services.notifier.preferences.choices import Choices, Wish
from shared.contracts.vocabulary import Channel
from shared.web import Problem

FORM_LIMIT_BYTES = 4096
FIELDS_LIMIT = 30
_ONE_CLICK = ("List-Unsubscribe", "One-Click")


class Unclear(ValueError):
    """It is not the form that we gave out."""


async def read_body(request: Request) -> bytes:
    """Raises Problem 413 as soon as it is more than a form can be."""
    received = b""
    async for chunk in request.stream():
        received += chunk
        if len(received) > FORM_LIMIT_BYTES:
            raise Problem(413, "Body too large", f"the form may have at most {FORM_LIMIT_BYTES} bytes")
    return received


def read_choices(body: bytes, offered: Sequence[Channel], languages: Set[str], language_now: str) -> Wish:
    """Channels that were not offered stay as they are; so does the language when it is the one that counts already.

    Raises Unclear.
    """
    fields = _fields(body)
    if ("form", "preferences") not in fields:
        raise Unclear("not the form of the preferences: a box that is not there would count as not ticked")
    ticked = {value for name, value in fields if name == "channel"}
    if not ticked <= set(offered):
        raise Unclear("a channel that was not offered")
    spoken = [value for name, value in fields if name == "language"] or [language_now]
    if len(spoken) != 1 or spoken[0] not in languages:
        raise Unclear("a language that is not installed")
    language = None if spoken[0] == language_now else spoken[0]
    on, extras = frozenset(Channel(value) for value in ticked), ("extras", "on") in fields

    def wish(before: Choices) -> Choices:
        channels = (before.channels - frozenset(offered)) | on
        return replace(before, channels=channels, language=language or before.language, extras=extras)

    return wish


def asks_to_unsubscribe(content_type: str, body: bytes) -> bool:
    """RFC 8058, 3.2: `List-Unsubscribe=One-Click`, as multipart/form-data or urlencoded, and nothing else matters."""
    if not content_type.lower().startswith("multipart/form-data"):
        try:
            return _ONE_CLICK in _fields(body)
        except Unclear:
            return False
    header = content_type.replace("\r", " ").replace("\n", " ").encode("latin-1", "replace")
    parts = message_from_bytes(b"Content-Type: " + header + b"\r\n\r\n" + body)
    return parts.is_multipart() and any(_as_field(part) == _ONE_CLICK for part in parts.walk())


def _as_field(part: Message) -> tuple[str, str]:
    payload = part.get_payload(decode=True)
    name = part.get_param("name", "", "content-disposition")
    return str(name), payload.decode("utf-8", "replace").strip() if isinstance(payload, bytes) else ""


def _fields(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_LIMIT, strict_parsing=bool(body))
    except ValueError as error:
        raise Unclear("not a form") from error
