"""The names of a payload's fields and the kinds of their values, never the values. JSON and XML.

Some payloads have names where others have values: an object by person or by number. So a name that no adapter reads is
told by its words, and each must be of the trade or of its programs; every other word and every number is an ellipsis.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from pydantic_core import from_json

from services.carrier_gateway.health.rules import DriftRules
from services.carrier_gateway.parts.base import Malformed
from services.carrier_gateway.parts.plain_text import PLAIN_WORDS
from services.carrier_gateway.parts.wording import normalise
from services.carrier_gateway.parts.xml_payload import Element, read_xml

LONGEST_NAME = 60
_LONGEST_RAW = 120
_PART = re.compile(r"[A-ZÀ-Þ]+(?![a-zß-ÿ])|[A-ZÀ-Þ]?[a-zß-ÿ]+|[^\W_]+|.", re.DOTALL)
_JOINTS = frozenset("_:-")
_KINDS = {str: "text", bool: "yes or no", int: "number", float: "number", list: "list", dict: "object"}
Seen = tuple[str | None, str, str]
"""(the field it lies in, its name, the kind of its value) as the carrier wrote it: to be cleaned before it is kept."""


def _read_words() -> frozenset[str]:
    lines = files(__package__).joinpath("field_words.txt").read_text("utf-8").splitlines()
    return frozenset(normalise(word) for line in lines if not line.startswith("#") for word in line.split())


FIELD_WORDS = PLAIN_WORDS | _read_words()


def safe_name(name: str, known: frozenset[str]) -> str:
    """`known` are names that an adapter reads, in small letters: they stay as they are."""
    if name.lower() in known:
        return name[:LONGEST_NAME]
    masked = "".join(_mask(part) for part in _PART.findall(name[:_LONGEST_RAW]))
    return re.sub(r"…(?:[_:-]?…)+", "…", masked)[:LONGEST_NAME] or "…"


def _mask(part: str) -> str:
    return part if part in _JOINTS or normalise(part) in FIELD_WORDS else "…"


def safe_path(path: str, known: frozenset[str]) -> str:
    """Where an adapter stumbled, `shipments.3.id`, without positions: `shipments.*.id`."""
    parts = path[: 4 * _LONGEST_RAW].split(".")[:8]
    return ".".join("*" if part.isdigit() else safe_name(part, known) for part in parts)


def names_in(body: bytes, rules: DriftRules) -> frozenset[Seen]:
    """Each once. Empty for what is neither JSON nor XML, and for what is too long to look through."""
    if len(body) > rules.longest_body_bytes:
        return frozenset()
    try:
        found = _in_element(read_xml(body)) if body.lstrip()[:1] == b"<" else _in_json(from_json(body))
        return frozenset(seen for seen, _ in zip(found, range(rules.most_nodes), strict=False))
    except (ValueError, Malformed):
        return frozenset()


def _in_json(root: Any) -> Iterator[Seen]:
    """An absent value (null) has no kind and is not told: some carriers write it, others leave the field out."""
    waiting: list[tuple[str | None, Any]] = [(None, root)]
    while waiting:
        parent, value = waiting.pop()
        if isinstance(value, list):
            waiting.extend((parent, item) for item in value)
            continue
        for name, item in value.items() if isinstance(value, dict) else ():
            if item is not None:
                yield parent, name, _KINDS.get(type(item), "text")
                waiting.append((name, item))


def _in_element(root: Element) -> Iterator[Seen]:
    waiting: list[tuple[str | None, Element]] = [(None, root)]
    while waiting:
        parent, element = waiting.pop()
        if element.children or element.text.strip():
            yield parent, element.name, "object" if element.children else "text"
        waiting.extend((element.name, child) for child in element.children)
