"""The shapes in which templates are handed in for approval: to Meta's Cloud API, or to Twilio's Content API.

Source: developers.facebook.com/documentation/business-messaging/whatsapp/templates; twilio.com/docs/content (Content,
ApprovalRequests). The same words always give the same shapes, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from services.notifier.wording.whatsapp_templates import TemplateSpec


def for_meta(spec: TemplateSpec) -> dict[str, Any]:
    """The body of `POST /{business account}/message_templates`."""
    body: dict[str, Any] = {"type": "BODY", "text": spec.body}
    if spec.examples:
        body["example"] = {"body_text": [list(spec.examples)]}
    return {
        "name": spec.name,
        "language": spec.language,
        "category": spec.category,
        "parameter_format": "POSITIONAL",
        "components": [body],
    }


def for_twilio(spec: TemplateSpec) -> dict[str, Any]:
    """`content` goes to `POST /v1/Content`, `approval` to `POST /v1/Content/{sid}/ApprovalRequests/whatsapp`.

    Twilio keeps each language as a content of its own, so the language is part of the names there.
    """
    name = f"{spec.name}_{spec.language.lower()}"
    return {
        "content": {
            "friendly_name": name,
            "language": spec.language,
            "variables": {str(number): example for number, example in enumerate(spec.examples, 1)},
            "types": {"twilio/text": {"body": spec.body}},
        },
        "approval": {"name": name, "category": spec.category},
    }


def sid_table(specs: Iterable[TemplateSpec]) -> Iterator[str]:
    """Lines of the TOML file that TWILIO_WHATSAPP_TEMPLATES names, with the SIDs to be filled in."""
    ordered = sorted(specs, key=lambda spec: (spec.language, spec.name))
    for language, group in groupby(ordered, key=lambda spec: spec.language):
        yield f"[{language}]"
        yield from (f'{spec.name} = ""' for spec in group)
        yield ""
