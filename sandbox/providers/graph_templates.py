"""The approved templates of the simulated account, and what Meta checks when one is used.

Source: developers.facebook.com/documentation/business-messaging/whatsapp/templates, and the error codes 132xxx.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

BODY_LIMIT_CHARACTERS = 1024
_PLACEHOLDER = re.compile(r"\{\{([0-9]{1,2})\}\}")
_NAME = re.compile(r"^[a-z0-9_]{1,512}$")
_LANGUAGE = re.compile(r"^[a-z]{2,3}(_[A-Z]{2}|_[0-9]{3})?$")


class GraphError(Exception):
    """An error in Meta's words."""

    def __init__(self, status: int, code: int, message: str, type: str = "OAuthException") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.type = status, code, message, type


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    language: str
    parameters: tuple[str, ...]


class TemplateBook:
    def __init__(self) -> None:
        self._bodies: dict[tuple[str, str], str] = {}

    def __len__(self) -> int:
        return len(self._bodies)

    def register(self, template: dict[str, Any]) -> None:
        """One template as it is submitted for approval: name, language, category, components with a BODY.

        Raises GraphError naming what Meta would refuse.
        """
        name, language = str(template.get("name", "")), str(template.get("language", ""))
        components = template.get("components")
        bodies = [c for c in components if isinstance(c, dict) and c.get("type") == "BODY"] if components else []
        if not _NAME.match(name) or not _LANGUAGE.match(language):
            raise GraphError(400, 100, f"Invalid parameter: name {name!r} or language {language!r}")
        if len(bodies) != 1 or not isinstance(bodies[0].get("text"), str):
            raise GraphError(400, 100, f"Invalid parameter: {name} has no BODY component")
        self._bodies[(name, language)] = _checked_body(name, bodies[0])

    def fill(self, template: object) -> tuple[Call, str]:
        """The call, and the text that the buyer reads. Raises GraphError with the code that Meta would give."""
        name, language, parameters = _read_call(template)
        body = self._bodies.get((name, language))
        if body is None:
            raise GraphError(404, 132001, f"template name ({name}) does not exist in {language}")
        expected = len(set(_PLACEHOLDER.findall(body)))
        if expected != len(parameters):
            detail = f"number of localizable_params ({len(parameters)}) does not match the expected ({expected})"
            raise GraphError(400, 132000, detail)
        for text in parameters:
            _check_parameter(text)
        filled = _PLACEHOLDER.sub(lambda found: parameters[int(found[1]) - 1], body)
        if len(filled) > BODY_LIMIT_CHARACTERS:
            raise GraphError(400, 132005, f"Translated text too long: {len(filled)} characters")
        return Call(name, language, parameters), filled


def _checked_body(name: str, component: dict[str, Any]) -> str:
    body: str = component["text"]
    numbers = [int(number) for number in _PLACEHOLDER.findall(body)]
    examples = component.get("example", {}).get("body_text", [[]])
    problems = (
        (len(body) > BODY_LIMIT_CHARACTERS, f"the body has more than {BODY_LIMIT_CHARACTERS} characters"),
        (body.strip().startswith("{{") or body.strip().endswith("}}"), "variables can't be at the start or the end"),
        (sorted(set(numbers)) != list(range(1, len(set(numbers)) + 1)), "variables must count from 1 without a gap"),
        (bool(numbers) and len(examples[0]) != len(set(numbers)), "an example is needed for each variable"),
    )
    for wrong, words in problems:
        if wrong:
            raise GraphError(400, 100, f"Invalid parameter: template {name}: {words}")
    return body


def _read_call(template: object) -> tuple[str, str, tuple[str, ...]]:
    match template:
        case {"name": str(name), "language": {"code": str(language)}}:
            components = template.get("components", []) if isinstance(template, dict) else []
        case _:
            raise GraphError(400, 131008, "Required parameter is missing: template.name or template.language.code")
    parameters: list[str] = []
    for component in components:
        for parameter in component.get("parameters", []):
            if component.get("type") != "body" or parameter.get("type") != "text":
                raise GraphError(400, 132012, "Parameter format does not match format in the created template")
            parameters.append(parameter.get("text"))
    return name, language, tuple(parameters)


def _check_parameter(text: object) -> None:
    if not isinstance(text, str) or not text:
        raise GraphError(400, 131008, "Required parameter is missing: parameters[].text")
    if re.search(r"[\n\r\t]| {5}", text):
        raise GraphError(
            400, 132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        )
