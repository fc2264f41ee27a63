"""Bodies with blanks to fill in, and answers in which a path says where to look.

Descriptions of providers are written in both; neither is code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLACEHOLDER = re.compile(r"\{([a-z_]*)\}")


def placeholders(template: object) -> set[str]:
    """The names in braces in all strings of a body."""
    return {name for text in _strings(template) for name in _PLACEHOLDER.findall(text)}


def _strings(template: object) -> Iterator[str]:
    match template:
        case str():
            yield template
        case Mapping():
            for value in template.values():
                yield from _strings(value)
        case list():
            for value in template:
                yield from _strings(value)


def filled(template: Any, values: Mapping[str, str]) -> Any:
    """The body with its placeholders replaced, each once: what a value holds is never read as a placeholder."""
    match template:
        case str():
            return _PLACEHOLDER.sub(lambda found: values[found[1]], template)
        case Mapping():
            return {key: filled(value, values) for key, value in template.items()}
        case list():
            return [filled(value, values) for value in template]
    return template


def look_at(value: object, path: str | None) -> str | None:
    """The text or number at this path, as text; None when there is none."""
    if path is None:
        return None
    for key in path.split("."):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list):
            value = value[int(key)] if key.isascii() and key.isdigit() and int(key) < len(value) else None
        else:
            return None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
