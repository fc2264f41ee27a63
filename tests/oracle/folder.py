"""A run folder, read in streams: what is big stays on disk, and only where to find it is kept in memory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from tests.oracle.records import Accepted, Answer, DeadLetter, Line, Op, Receipt, Run, Sample, Sent, Stranger

L = TypeVar("L", bound=Line)


class Unreadable(ValueError):
    """A file of the folder is not what it should be; the text names the file and the line."""


@dataclass(frozen=True)
class RunFolder:
    """Raises Unreadable for a broken line, FileNotFoundError for a missing file."""

    path: Path

    def run(self) -> Run:
        return Run.model_validate_json((self.path / "run.json").read_bytes())

    def sent(self) -> Iterator[Sent]:
        return self._lines("sent.jsonl", Sent)

    def answers(self) -> Iterator[Answer]:
        return self._lines("orders.jsonl", Answer)

    def dead_letters(self) -> Iterator[DeadLetter]:
        return self._lines("dead.jsonl", DeadLetter)

    def ops(self) -> list[Op]:
        return sorted(self._lines("ops.jsonl", Op), key=lambda op: op.at)

    def samples(self) -> Iterator[Sample]:
        return self._lines("samples.jsonl", Sample)

    def receipts(self) -> Iterator[Receipt]:
        return self._if_there("receipts.jsonl", Receipt)

    def strangers(self) -> Iterator[Stranger]:
        return self._if_there("strangers.jsonl", Stranger)

    def logs(self) -> list[Path]:
        return sorted((self.path / "logs").glob("*.log"))

    def accept_log(self) -> AcceptLog:
        return AcceptLog.of(self.path / "accepted.jsonl")

    def _if_there(self, name: str, model: type[L]) -> Iterator[L]:
        return self._lines(name, model) if (self.path / name).exists() else iter(())

    def _lines(self, name: str, model: type[L]) -> Iterator[L]:
        with (self.path / name).open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield model.model_validate_json(line)
                except ValueError as error:
                    raise Unreadable(f"{name}, line {number}: {error}") from error


@dataclass
class AcceptLog:
    """Where the providers' lines are, by the id of their message. `bodies` counts equal bytes to one address."""

    path: Path
    places: dict[str, list[int]] = field(default_factory=dict)
    bodies: Counter[int] = field(default_factory=Counter)
    nameless: list[str] = field(default_factory=list)
    """By the provider's id: messages that carry no id of ours."""
    seconds: Counter[int] = field(default_factory=Counter)
    """How many were taken in each second (POSIX time)."""

    @classmethod
    def of(cls, path: Path) -> AcceptLog:
        log = cls(path)
        with path.open("rb") as file:
            place = 0
            for line in file:
                log._note(Accepted.model_validate_json(line), place)
                place += len(line)
        return log

    def _note(self, entry: Accepted, place: int) -> None:
        self.bodies[hash((entry.channel, entry.to, entry.sha256))] += 1
        self.seconds[int(entry.at.timestamp())] += 1
        if entry.message_id is None:
            self.nameless.append(entry.provider_message_id)
        else:
            self.places.setdefault(entry.message_id, []).append(place)

    def taken_between(self, begin: datetime, end: datetime) -> int:
        """To the second."""
        return sum(self.seconds[second] for second in range(int(begin.timestamp()), int(end.timestamp())))

    def read(self, message_ids: Iterator[str]) -> list[Accepted]:
        """In the order in which the providers took them."""
        places = sorted(place for message in message_ids for place in self.places.get(message, ()))
        if not places:
            return []
        with self.path.open("rb") as file:
            return [self._at(file.seek(place), file.readline()) for place in places]

    @staticmethod
    def _at(_: int, line: bytes) -> Accepted:
        return Accepted.model_validate(json.loads(line))
