"""Code tables too long for Python: a CSV file beside the adapter, read once at import and checked word by word.

Columns: `code,stage,condition,action_by,delivered_to,mark,gloss`, and before them `type` where a carrier's codes mean
different things by type. The stage `skip` is a known code that is no shipment event. `mark` says how well the meaning
is known: `V` from the carrier itself, `V1` from other programs' labels, `?` thin. What is thin is carried with its
reading for whoever confirms it, and until then it is `Stage.UNKNOWN`, as if it were not there.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Final, TypeVar

from services.carrier_gateway.parts.base import SKIP, UNMAPPED, Meaning, Row, code_table
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

_COLUMNS: Final = ("code", "stage", "condition", "action_by", "delivered_to", "mark", "gloss")
_MARKS: Final = frozenset({"V", "V1", "?"})


class BrokenTable(ValueError):
    """The file says something that we have no word for. Names the line, counted from 1 with the header."""


def load_table(name: str, key: Callable[[str, str], str] = lambda kind, code: code) -> Mapping[str, Meaning]:
    """The table in the file `name` beside this module. `key` joins type and code; the type is "" without the column."""
    return read_table(files("services.carrier_gateway.carriers").joinpath(name).read_text("utf-8"), key)


def read_table(text: str, key: Callable[[str, str], str] = lambda kind, code: code) -> Mapping[str, Meaning]:
    """Raises BrokenTable for a word that is not ours; ValueError for a code with two rows."""
    lines = csv.reader(text.splitlines(), strict=True)
    header = tuple(next(lines, ()))
    if header not in (_COLUMNS, ("type", *_COLUMNS)):
        raise BrokenTable(f"line 1: the columns are {', '.join(_COLUMNS)}, with or without a type before them")
    rows: list[tuple[str, Meaning]] = []
    for number, cells in enumerate(lines, start=2):
        if len(cells) != len(header):
            raise BrokenTable(f"line {number}: has {len(cells)} columns, not {len(header)}")
        line = dict(zip(header, cells, strict=True))
        if not line["code"] or any(cell != cell.strip() for cell in cells):
            raise BrokenTable(f"line {number}: has no code, or blanks around a word")
        rows.append((key(line.get("type", ""), line["code"]), _meaning(number, line)))
    return code_table(*rows)


def _meaning(number: int, line: Mapping[str, str]) -> Meaning:
    if line["mark"] not in _MARKS:
        raise BrokenTable(f"line {number}: mark {line['mark']!r} is none of {', '.join(sorted(_MARKS))}")
    condition = _word(Condition, number, line["condition"])
    action_by = _word(Actor, number, line["action_by"])
    delivered_to = _word(DeliveredTo, number, line["delivered_to"])
    if line["stage"] == "skip" or line["stage"] == Stage.UNKNOWN:
        if condition or action_by or delivered_to:
            raise BrokenTable(f"line {number}: a {line['stage']} row says nothing more")
        return SKIP if line["stage"] == "skip" else UNMAPPED
    stage = _word(Stage, number, line["stage"])
    if stage is None:
        raise BrokenTable(f"line {number}: has no stage")
    return UNMAPPED if line["mark"] == "?" else Row(stage, condition, action_by, delivered_to)


W = TypeVar("W", bound=StrEnum)


def _word(words: type[W], number: int, text: str) -> W | None:
    try:
        return words(text) if text else None
    except ValueError as error:
        raise BrokenTable(f"line {number}: {text!r} is no {words.__name__}") from error
