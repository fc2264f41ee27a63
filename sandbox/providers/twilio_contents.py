"""The contents of the simulated Twilio account, and what Twilio and WhatsApp check when one is sent.

What WhatsApp finds only after Twilio has said yes is refused at once here, so that no test can miss it. Source:
twilio.com/docs/content ("Using variables", limits), /docs/api/errors (216xx, 63xxx).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

BODY_LIMIT_CHARACTERS = 1024
VARIABLE_LIMIT_CHARACTERS = 1600
_VARIABLE = re.compile(r"\{\{([^{}]+)\}\}")


class TwilioError(Exception):
    """An error in Twilio's words."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class _Content:
    name: str
    language: str
    body: str
    approved: bool = False


class Contents:
    """By SID."""

    def __init__(self) -> None:
        self._kept: dict[str, _Content] = {}

    def create(self, content: dict[str, Any]) -> str:
        """As `POST /v1/Content`: answers the SID. Raises TwilioError."""
        body = content.get("types", {}).get("twilio/text", {}).get("body")
        name, language = content.get("friendly_name"), content.get("language")
        if not isinstance(body, str) or not body or not isinstance(name, str) or not isinstance(language, str):
            raise TwilioError(20001, "types, friendly_name or language is missing")
        if set(content.get("variables", {})) != set(_VARIABLE.findall(body)):
            raise TwilioError(20001, "a sample is needed for each variable")
        sid = "HX" + hashlib.md5(f"{name}/{language}".encode(), usedforsecurity=False).hexdigest()
        self._kept[sid] = _Content(name, language, body)
        return sid

    def approve(self, sid: str, approval: dict[str, Any]) -> None:
        """As `POST /v1/Content/{sid}/ApprovalRequests/whatsapp`, with WhatsApp's yes. Raises TwilioError."""
        content = self._kept.get(sid)
        if content is None:
            raise TwilioError(20404, "The requested resource was not found")
        if not re.fullmatch(r"[a-z0-9_]{1,512}", str(approval.get("name"))) or approval.get("category") != "UTILITY":
            raise TwilioError(20001, "name or category of the approval")
        if content.body.startswith("{{") or content.body.endswith("}}") or re.search(r"}}\s*{{", content.body):
            raise TwilioError(63040, "Template rejected")
        content.approved = True

    def fill(self, sid: str, variables: str) -> tuple[str, str, str, tuple[str, ...]]:
        """Name, language, the text that the buyer reads, and the values. Raises TwilioError."""
        content = self._kept.get(sid)
        if not re.fullmatch(r"HX[0-9a-fA-F]{32}", sid):
            raise TwilioError(21655, "The ContentSid is invalid.")
        if content is None:
            raise TwilioError(21654, "The ContentSid does not exist.")
        if not content.approved:
            raise TwilioError(63016, "Outside the allowed window; an approved template is needed.")
        values = _read(variables)
        names = set(_VARIABLE.findall(content.body))
        if set(values) != names:
            raise TwilioError(63028, "Number of parameters provided does not match the expected number.")
        text = _VARIABLE.sub(lambda found: values[found[1]], content.body)
        if len(text) > BODY_LIMIT_CHARACTERS:
            raise TwilioError(63021, "The text and its variables exceed 1024 characters.")
        return content.name, content.language, text, tuple(values[name] for name in sorted(names, key=int))


def _read(variables: str) -> dict[str, str]:
    try:
        values = json.loads(variables)
    except ValueError:
        raise TwilioError(21656, "The ContentVariables parameter is invalid.") from None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise TwilioError(21656, "The ContentVariables parameter is invalid.")
    for value in values.values():
        if not value or len(value) > VARIABLE_LIMIT_CHARACTERS or re.search(r"[\n\r\t]| {5}", value):
            raise TwilioError(21656, "A variable is empty, too long, or holds line breaks or runs of spaces.")
    return values
