"""`python -m tests.rig --tier 2 --chunks 1`: runs the next parts of a tier, has each judged, adds up the figures.

What is done is kept in build/chaos/<tier>/state.json, so that a tier of hours is run in pieces of minutes, by whoever
comes next. `--anew` forgets it. Without `--seed` a new tier draws one and prints it; the same seed makes the same plan
of everything: load, acts, deaths and pauses. What the machine does in between is its own.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import uvloop

from tests.oracle import judge
from tests.rig.deaths import NOTHING
from tests.rig.figures import Done, keep, rows
from tests.rig.run import Part, run_part
from tests.rig.tiers import Tier, tier_named

BUILD = Path("build")
SHOWN = 40


@dataclass
class State:
    """How far a tier has come."""

    tier: Tier
    seed: int
    done: list[Done] = field(default_factory=list)

    @classmethod
    def of(cls, tier: Tier, seed: int | None, *, anew: bool) -> State:
        path = _folder(tier) / "state.json"
        if anew:
            shutil.rmtree(_folder(tier), ignore_errors=True)
        if path.exists():
            kept = json.loads(path.read_text())
            if seed in (None, kept["seed"]):
                return cls(tier, kept["seed"], [Done(**part) for part in kept["done"]])
            sys.exit(f"{path} was begun with seed {kept['seed']}: go on with it, or begin --anew")
        return cls(tier, seed if seed is not None else secrets.randbelow(10**8))

    def keep(self) -> None:
        kept = {"seed": self.seed, "done": [part.as_json() for part in self.done]}
        path = _folder(self.tier) / "state.json"
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(kept, indent=1) + "\n")
        draft.replace(path)

    @property
    def owed(self) -> Mapping[str, int]:
        return self.done[-1].missed if self.done else NOTHING

    @property
    def next(self) -> int | None:
        done = {part.number for part in self.done}
        return next((number for number in range(self.tier.parts) if number not in done), None)


def _folder(tier: Tier) -> Path:
    return BUILD / "chaos" / tier.name


def run_next(state: State) -> bool:
    """One part, from nothing to its figures. False when the tier is complete."""
    number = state.next
    if number is None:
        return False
    folder = _folder(state.tier) / f"part-{number:03}"
    shutil.rmtree(folder, ignore_errors=True)  # of a part that did not come to its end
    print(f"tier {state.tier.name}, part {number + 1} of {state.tier.parts}, seed {state.seed}", flush=True)
    began, cpu, load = time.monotonic(), _cpu_seconds(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="hito-rig-", ignore_cleanup_errors=True) as data:
        own = uvloop.run(run_part(Part(state.tier, number, state.seed, folder, Path(data), state.owed)))
    done = _judged(number, folder, own, (time.monotonic() - began) / 60)
    done.cpu_minutes, done.load_before = round((_cpu_seconds() - cpu) / 60, 2), round(load, 1)
    state.done.append(done)
    state.keep()
    return True


def _cpu_seconds() -> float:
    """Of the rig, the servers and every process of the product that has ended."""
    whole = os.times()
    return whole.user + whole.system + whole.children_user + whole.children_system


def _judged(number: int, folder: Path, own: dict[str, Any], minutes: float) -> Done:
    judgement = judge(folder)
    told = [str(finding) for finding in judgement.findings]
    (folder / "findings.txt").write_text("".join(f"{line}\n" for line in told))
    for line in told[:SHOWN]:
        print(f"  {line}")
    if len(told) > SHOWN:
        print(f"  ... and {len(told) - SHOWN} more in {folder}/findings.txt")
    figures = {name: value for name, value in judgement.figures.items() if isinstance(value, int | float)}
    kills, missed = own["failpoint kills"], own["missed"]
    return Done(number, round(minutes, 2), len(told), figures, kills, missed, judgement.recoveries)


def judge_anew(state: State) -> None:
    """What was run once is judged by the oracle as it is now."""
    for nth, part in enumerate(state.done):
        print(f"tier {state.tier.name}, part {part.number + 1} of {state.tier.parts}, judged anew", flush=True)
        own = {"failpoint kills": part.places, "missed": part.missed}
        judged = _judged(part.number, _folder(state.tier) / f"part-{part.number:03}", own, part.minutes)
        state.done[nth] = replace(judged, cpu_minutes=part.cpu_minutes, load_before=part.load_before)
    state.keep()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rig")
    parser.add_argument("--tier", default="1", help="1 in some minutes, 2 in hours, 3 for a release, long")
    parser.add_argument("--chunks", type=int, help="so many parts of the tier, then stop; all of them without it")
    parser.add_argument("--seed", type=int, help="of everything that is left to chance")
    parser.add_argument("--anew", action="store_true", help="forget what is done of the tier")
    parser.add_argument("--mended", action="store_true", help="run the parts once more in which something was found")
    parser.add_argument("--judge", action="store_true", help="run nothing, judge anew what was run")
    options = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # of the rig itself: a broker is away on purpose
    state = State.of(tier_named(options.tier), options.seed, anew=options.anew)
    if options.mended:
        state.done = [part for part in state.done if not part.findings]
    if options.judge:
        judge_anew(state)
    run, wanted = 0, 0 if options.judge else options.chunks or state.tier.parts
    while run < wanted and run_next(state):
        run += 1
    keep(rows(state.tier, state.done), BUILD / "chaos.json")
    print(f"seed {state.seed}; runs are in {_folder(state.tier)}")
    return 1 if any(part.findings for part in state.done) else 0


if __name__ == "__main__":
    sys.exit(main())
