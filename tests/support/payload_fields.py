"""The single values of a carrier's payload, to put others in their place: JSON, XML, or a line of fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

Path = tuple[str | int, ...]
_SEPARATORS = re.compile(r"([|~\n])")


def leaves(payload: bytes) -> Iterator[Path]:
    """Where each value stands."""
    if payload.lstrip().startswith(b"<"):
        yield from _elements(ElementTree.fromstring(payload))
    elif payload.lstrip()[:1] in (b"{", b"["):
        yield from _values(json.loads(payload))
    else:
        yield from ((index,) for index in range(0, len(_SEPARATORS.split(payload.decode())), 2))


def with_value(payload: bytes, path: Path, value: Any) -> bytes:
    """The payload with another value there. Where the format has only texts, None takes the field away, a list makes
    it two and a mapping puts a field into it; everything else becomes its text.
    """
    if payload.lstrip().startswith(b"<"):
        return _with_element(ElementTree.fromstring(payload), path, value)
    if payload.lstrip()[:1] in (b"{", b"["):
        document = json.loads(payload)
        node = document
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = value
        return json.dumps(document).encode()
    parts = _SEPARATORS.split(payload.decode())
    index = int(path[0])
    if value is None:
        del parts[index : index + 2]
    else:
        parts[index] = "|".join([str(each) for each in value] * 2) if isinstance(value, list) else str(value)
    return "".join(parts).encode("utf-8", "replace")


def _values(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for key in value:
            yield from _values(value[key], (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _values(item, (*path, index))
    else:
        yield path


def _elements(element: ElementTree.Element, path: Path = ()) -> Iterator[Path]:
    for index, child in enumerate(element):
        yield from _elements(child, (*path, index))
    if len(element) == 0 and path:
        yield path


def _with_element(root: ElementTree.Element, path: Path, value: Any) -> bytes:
    parent = root
    for step in path[:-1]:
        parent = parent[int(step)]
    element = parent[int(path[-1])]
    if value is None:
        parent.remove(element)
    elif isinstance(value, list):
        parent.append(element)
    elif isinstance(value, dict):
        ElementTree.SubElement(element, "a").text = "1"
        element.text = None
    else:
        element.text = str(value)
    return bytes(ElementTree.tostring(root, encoding="utf-8"))
