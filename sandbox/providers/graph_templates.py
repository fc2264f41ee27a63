"""The approved templates of the simulated account, and what Meta checks when one is used.

Source: developers.facebook.com/documentation/business-messaging/whatsapp/templates, and the error codes 132xxx.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

BODY_LIMIT_CHARACTERS = 1024
_PLACEHOLDER = re.compile(r"\{\{([0-9]{1,2})\}\}")
_NAME = re.compile(r"^[a-z0-9_]{1,512}$")
_LANGUAGES = frozenset(
    "ar bg ca cs da de el en en_AU en_CA en_GB en_IE en_IN en_US es es_AR es_CL es_CO es_CR es_DO es_EC es_ES es_HN"
    " es_MX es_PA es_PE es_UY et fi fil fr fr_BE fr_CA fr_CH he hi hr hu id it ja ko lt lv nb nl nl_BE pl pt_BR pt_PT"
    " ro ru sk sl sv th tr uk vi zh_CN zh_HK zh_TW".split()
)
"""Of Meta's list, those that anybody here may plausibly try."""
_CATEGORIES = frozenset({"UTILITY", "MARKETING", "AUTHENTICATION"})
_REFUSED_STATUS = {"PAUSED": (132015, "Template is paused"), "DISABLED": (132016, "Template is disabled")}
PARAMETER_LIMIT_CHARACTERS = 1024


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
    """What the account has submitted, as Meta keeps it. `change` stands for what reviewers and the console can do."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def register(self, template: dict[str, Any]) -> None:
        """One template as it is submitted for approval: name, language, category, components with a BODY.

        Raises GraphError naming what Meta would refuse.
        """
        name, language = str(template.get("name", "")), str(template.get("language", ""))
        components = template.get("components")
        bodies = [c for c in components if isinstance(c, dict) and c.get("type") == "BODY"] if components else []
        if not _NAME.match(name) or language not in _LANGUAGES:
            raise GraphError(400, 100, f"Invalid parameter: name {name!r} or language {language!r}")
        if template.get("category") not in _CATEGORIES:
            raise GraphError(400, 100, f"Invalid parameter: category of {name}")
        if len(bodies) != 1 or not isinstance(bodies[0].get("text"), str):
            raise GraphError(400, 100, f"Invalid parameter: {name} has no BODY component")
        _check_body(name, bodies[0])
        known = {"parameter_format": "POSITIONAL", "status": "APPROVED", "rejected_reason": "NONE"}
        self._kept[(name, language)] = {**known, **copy.deepcopy(template)}

    def change(self, name: str, language: str, change: Callable[[dict[str, Any]], object]) -> None:
        """Alter one template as Meta keeps it; one that is left empty is deleted."""
        template = self._kept.pop((name, language))
        change(template)
        if template:
            self._kept[(template["name"], template["language"])] = template

    def page(self, fields: Sequence[str], after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """The templates behind the cursor, and the cursor of the page after it, None on the last."""
        start = int(after) if after else 0
        kept = [self._kept[key] for key in sorted(self._kept)]
        shown = [{"id": str(number), **{name: row[name] for name in fields if name in row}}
                 for number, row in enumerate(kept, 1)]  # fmt: skip
        return shown[start : start + limit], str(start + limit) if start + limit < len(shown) else None

    def fill(self, template: object) -> tuple[Call, str]:
        """The call, and the text that the buyer reads. Raises GraphError with the code that Meta would give."""
        name, language, parameters = _read_call(template)
        kept = self._kept.get((name, language))
        code, words = _REFUSED_STATUS.get(kept["status"] if kept else "", (132001, "does not exist"))
        if kept is None or kept["status"] != "APPROVED":
            raise GraphError(404, code, f"template name ({name}) {words} in {language}")
        body = next(part["text"] for part in kept["components"] if part["type"] == "BODY")
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


def _check_body(name: str, component: dict[str, Any]) -> None:
    body: str = component["text"]
    numbers = [int(number) for number in _PLACEHOLDER.findall(body)]
    examples = component.get("example", {}).get("body_text", [[]])
    problems = (
        (len(body) > BODY_LIMIT_CHARACTERS, f"the body has more than {BODY_LIMIT_CHARACTERS} characters"),
        (body.strip().startswith("{{") or body.strip().endswith("}}"), "variables can't be at the start or the end"),
        (sorted(set(numbers)) != list(range(1, len(set(numbers)) + 1)), "variables must count from 1 without a gap"),
        (re.search(r"}}\s*{{", body) is not None, "variables can't stand side by side"),
        (re.search(r"\t| {5}", body) is not None, "no tabs and no more than four spaces in a row"),
        (bool(numbers) and len(examples[0]) != len(set(numbers)), "an example is needed for each variable"),
    )
    for wrong, words in problems:
        if wrong:
            raise GraphError(400, 100, f"Invalid parameter: template {name}: {words}")


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
    if len(text) > PARAMETER_LIMIT_CHARACTERS:
        raise GraphError(400, 132005, "Translated text too long: one parameter")
    if re.search(r"[\n\r\t]| {5}", text):
        raise GraphError(
            400, 132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        )
