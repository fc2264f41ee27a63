"""The JSON Schema of every topic, generated from its model and committed: a change of a contract shows in a diff, and
nobody breaks a version by accident.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.contracts.additive import Schema, breaking_changes
from shared.contracts.topics import TOPICS, Topic

FOLDER = Path(__file__).parent / "schemas"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(topic: Topic) -> Schema:
    """What a value of this topic looks like on the wire."""
    generated = topic.model.model_json_schema(mode="serialization")
    return {"$schema": _DIALECT, "$id": f"urn:hito:topic:{topic.name}", **generated}


def text_of(schema: Schema) -> str:
    """The same bytes for the same schema, whatever order it was made in."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Finding:
    """One way in which a committed file and the code disagree. `breaking`: writing the file anew does not mend it."""

    file: str
    what: str
    breaking: bool


def disagreements(folder: Path = FOLDER, topics: Sequence[Topic] = TOPICS) -> Iterator[Finding]:
    """Compare the committed files with the models."""
    for topic in topics:
        file, schema = folder / f"{topic.name}.json", schema_of(topic)
        if not file.is_file():
            yield Finding(file.name, "is missing", breaking=False)
            continue
        committed = file.read_text("utf-8")
        broken = breaking_changes(json.loads(committed), schema)
        yield from (Finding(file.name, change, breaking=True) for change in broken)
        if not broken and committed != text_of(schema):
            yield Finding(file.name, "is out of date", breaking=False)
    for file in sorted(folder.glob("*.json")):
        if file.stem not in {topic.name for topic in topics}:
            yield Finding(
                file.name, "has no topic in topics.py; a topic stays for as long as its version", breaking=True
            )


def write(folder: Path = FOLDER, topics: Sequence[Topic] = TOPICS) -> list[Path]:
    """Write every schema that is missing or out of date. Answers what was written."""
    folder.mkdir(exist_ok=True)
    wanted = {folder / f"{topic.name}.json": text_of(schema_of(topic)) for topic in topics}
    stale = [file for file, text in wanted.items() if not file.is_file() or file.read_text("utf-8") != text]
    for file in stale:
        file.write_text(wanted[file], "utf-8")
    return stale
