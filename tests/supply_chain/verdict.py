"""What one part of the audit came to. A check that could not be made is told apart from one that found nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.supply_chain.locks import ROOT

LONGEST_RUN_S = 300


class Outcome(StrEnum):
    CLEAN = "clean"
    FOUND = "FOUND"
    NOT_RUN = "NOT RUN"


@dataclass(frozen=True)
class Verdict:
    part: str
    outcome: Outcome
    lines: tuple[str, ...]

    def __str__(self) -> str:
        first, *rest = self.lines or ("",)
        return "\n".join((f"{self.part}: {self.outcome}: {first}", *(f"    {line}" for line in rest)))


def exit_code(verdicts: Sequence[Verdict], *, complete: bool) -> int:
    """1 when anything was found; with `complete` also when anything was left out."""
    failing = {Outcome.FOUND, Outcome.NOT_RUN} if complete else {Outcome.FOUND}
    return int(any(verdict.outcome in failing for verdict in verdicts))


@dataclass(frozen=True)
class Told:
    """What a tool wrote: its answer, its complaints, and how it ended."""

    answer: str
    complaint: str
    code: int

    @property
    def last_word(self) -> str:
        said = self.complaint.strip().splitlines()
        return said[-1][:300] if said else f"it ended with {self.code} and said nothing"


Tool = Callable[[Sequence[str], str], Told]
"""Runs (name and arguments, standard input)."""


def run_tool(command: Sequence[str], given: str = "") -> Told:
    """A tool of this virtualenv, from the project's root; one that takes too long has said nothing."""
    name, *arguments = command
    program = Path(sys.executable).with_name(name)
    try:
        ran = subprocess.run(
            [program, *arguments],
            cwd=ROOT,
            input=given,
            capture_output=True,
            text=True,
            timeout=LONGEST_RUN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Told("", f"{name} took longer than {LONGEST_RUN_S} s", 1)
    return Told(ran.stdout, ran.stderr, ran.returncode)
