"""The golden examples of the contracts: whole events as they stand in `shared/contracts/examples`."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shared.contracts
from shared.contracts.envelope import Headers
from shared.contracts.topics import TOPICS, Topic

FOLDER = Path(shared.contracts.__file__).parent / "examples"


@dataclass(frozen=True)
class Example:
    case: str
    topic: Topic
    key: str
    headers: dict[str, str]
    data: Any
    """None in a tombstone."""

    def __str__(self) -> str:
        return f"{self.topic.name}-{self.case}"

    @property
    def value(self) -> bytes | None:
        return None if self.data is None else json.dumps(self.data, ensure_ascii=False).encode()

    @property
    def kafka_headers(self) -> Headers:
        return [(name, value.encode()) for name, value in self.headers.items()]


def _read(file: Path) -> Example:
    read = json.loads(file.read_text("utf-8"))
    topic = next(topic for topic in TOPICS if topic.name == read["topic"])
    assert set(read) == {"topic", "key", "headers", "value"}, file.name
    assert file.stem.startswith(f"{topic.name}."), f"{file.name} holds an event of {topic.name}"
    case = file.stem.removeprefix(f"{topic.name}.")
    return Example(case, topic, read["key"], read["headers"], read["value"])


EXAMPLES = tuple(_read(file) for file in sorted(FOLDER.glob("*.json")))
FACTS = tuple(example for example in EXAMPLES if example.data is not None)
TOMBSTONES = tuple(example for example in EXAMPLES if example.data is None)


def grown(data: Any) -> Iterator[tuple[str, Any]]:
    """The data once for each object in it, which has one more field than we know, with that object's place."""
    for place in _objects(data, ()):
        copied = copy.deepcopy(data)
        target = copied
        for part in place:
            target = target[part]
        target["added_next_year"] = {"anything": [1, None]}
        yield ".".join(map(str, place)) or "the event", copied


def _objects(node: Any, place: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(node, dict):
        yield place
        for name, child in node.items():
            yield from _objects(child, (*place, name))
    elif isinstance(node, list):
        for position, child in enumerate(node):
            yield from _objects(child, (*place, position))
