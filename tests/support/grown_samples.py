"""A sample made as heavy as its limit allows: its lists repeated, its texts made to take long."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

LENGTHS = (60, 150)
FILLINGS = (None, "x " * 300, "Ána López 12 " * 25, "NOT DELIVERED " * 22, "(" * 300, "A(B" * 100, "ﷺ" * 300)
"""None leaves the texts as they are; the last is the letter of which Unicode makes the most others."""
_KEPT = ("date", "time", "number", "code", "stamp", "fecha", "hora", "num")
"""In names of fields whose text has to stay, so that what is read is read to the end."""


def grown(sample: bytes, longest: int) -> Iterator[bytes]:
    """Bodies of up to `longest` bytes; none for what is no JSON and no XML."""
    start = sample.lstrip()[:1]
    heavy = _heavy_json(sample) if start in (b"{", b"[") else _heavy_xml(sample) if start == b"<" else iter(())
    return (body for body in heavy if len(body) <= longest)


def _heavy_json(sample: bytes) -> Iterator[bytes]:
    for path in _lists(json.loads(sample)):
        for length in LENGTHS:
            for filling in FILLINGS:
                document = json.loads(sample)
                found = document
                for step in path:
                    found = found[step]
                items = [_filled(item, filling) for item in found]
                found[:] = [items[index % len(items)] for index in range(length)]
                yield json.dumps(document, ensure_ascii=False).encode()


def _lists(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, list) and value:
        yield path
    for step, child in children:
        yield from _lists(child, (*path, step))


def _filled(value: Any, filling: str | None, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _filled(child, filling, key.lower()) for key, child in value.items()}
    if isinstance(value, list):
        return [_filled(child, filling) for child in value]
    if filling is None or not isinstance(value, str) or any(kept in name for kept in _KEPT):
        return value
    return filling


def _heavy_xml(sample: bytes) -> Iterator[bytes]:
    parents = [index for index, element in enumerate(ElementTree.fromstring(sample).iter()) if len(element)]
    for parent in parents:
        for length in LENGTHS:
            for filling in FILLINGS:
                root = ElementTree.fromstring(sample)
                grows = list(root.iter())[parent]
                children = list(grows)
                grows.extend(copy.deepcopy(children[n % len(children)]) for n in range(length - len(children)))
                for element in grows.iter() if filling is not None else ():
                    if not len(element) and not any(kept in element.tag.lower() for kept in _KEPT):
                        element.text = filling
                yield bytes(ElementTree.tostring(root, encoding="utf-8"))
