"""`python -m tests.mutants`: every mutant, and the unspoilt product in the same scenarios; a table of who was caught.

What is done is kept in build/mutants.json, so that it can be stopped and gone on with; a name, or a part of one, tries
those anew that are called so. `--anew` forgets all. Exit code 1 when a mutant survives, or when the unspoilt product
has findings.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.mutants.mutant import Mutant
from tests.mutants.scenarios import SCENARIOS
from tests.mutants.seeded import MUTANTS
from tests.mutants.tree import ROOT
from tests.mutants.trying import Tried, try_out

BUILD = ROOT / "build"
KEPT = BUILD / "mutants.json"
UNSPOILT = "the product: "

Kept = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Task:
    """A mutant in its scenario, or the product as it is."""

    scenario: str
    mutant: Mutant | None = None

    @property
    def name(self) -> str:
        return self.mutant.name if self.mutant else f"{UNSPOILT}{self.scenario}"

    def outcome(self, tried: Tried) -> dict[str, Any]:
        """`caught`: of a mutant, whether a rule found it that should; of the product, whether anything was found."""
        wanted = self.mutant.shown_by if self.mutant else tried.rules
        by = sorted(tried.rules & wanted)
        told: dict[str, Any] = {"mutant": self.name, "scenario": self.scenario, "caught": bool(by), "by": by}
        if self.mutant:
            told["breaks"] = self.mutant.breaks
        told |= {"also": sorted(tried.rules - wanted), "findings": tried.findings, "seconds": tried.seconds}
        return {**told, "broken": tried.broken}


def tasks() -> list[Task]:
    return [
        *(Task(scenario.name) for scenario in SCENARIOS),
        *(Task(mutant.scenario, mutant) for mutant in MUTANTS),
    ]


def is_good(told: Mapping[str, Any]) -> bool:
    return not told["broken"] and told["caught"] != told["mutant"].startswith(UNSPOILT)


def line(told: Mapping[str, Any]) -> str:
    if told["broken"]:
        verdict = f"CAME TO NO END: {' '.join(told['broken'].split())}"
    elif told["mutant"].startswith(UNSPOILT):
        verdict = f"FOUND {' '.join(told['by'])}" if told["caught"] else "nothing found"
    else:
        verdict = f"caught by {' '.join(told['by'])}" if told["caught"] else f"SURVIVED (only {told['also']})"
    return f"{told['mutant']:<46} {told['seconds']:>6} s  {verdict}"


async def try_all(wanted: Iterable[Task], kept: Kept, at_once: int) -> None:
    """Each is kept as soon as it is done."""
    waiting = iter(wanted)

    async def work() -> None:
        for task in waiting:
            folder = BUILD / "mutants" / task.name.replace(" ", "-").replace(":", "").replace(",", "")
            kept[task.name] = task.outcome(await try_out(task.mutant, task.scenario, folder))
            print(line(kept[task.name]), flush=True)
            KEPT.write_text(json.dumps(list(kept.values()), indent=1) + "\n")

    await asyncio.gather(*(work() for _ in range(at_once)))


def read_kept() -> Kept:
    """Of those that still are."""
    known = {task.name for task in tasks()}
    told = json.loads(KEPT.read_text()) if KEPT.exists() else []
    return {each["mutant"]: each for each in told if each["mutant"] in known}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("names", nargs="*", help="a part of a name; without it, all that are not done yet")
    parser.add_argument("--anew", action="store_true", help="forget what is done")
    parser.add_argument("--at-once", type=int, default=1, help="so many side by side")
    options = parser.parse_args()
    kept: Kept = {} if options.anew else read_kept()
    name = " ".join(options.names)
    named = [task for task in tasks() if name and name in task.name]
    if name and not named:
        parser.error("nothing is called so")
    BUILD.mkdir(exist_ok=True)
    undone = [task for task in tasks() if task.name not in kept or not is_good(kept[task.name])]
    asyncio.run(try_all(named or undone, kept, options.at_once))
    print()
    ordered = [kept[task.name] for task in tasks() if task.name in kept]
    for told in ordered:
        print(line(told))
    seeded = [told for told in ordered if not told["mutant"].startswith(UNSPOILT)]
    print(f"mutants caught: {sum(is_good(told) for told in seeded)} of {len(MUTANTS)}")
    return 0 if len(ordered) == len(tasks()) and all(map(is_good, ordered)) else 1


if __name__ == "__main__":
    sys.exit(main())
