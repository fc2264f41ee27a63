"""What the parts of a tier came to, added up: build/chaos.json, each figure beside what is wanted of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.rig.tiers import Tier

Figures = Mapping[str, Any]
WORST = ("max", "p50", "steepest", "seconds")
"""What has one of these words in its name is not added up: the worst of all parts counts."""
BOUND = "at most (95 %)"
TARGETS: Mapping[str, float] = {
    "findings": 0,
    "connections leaked": 0,
    "personal data found in logs": 0,
    "recovery of services, from kill to work, max in ms": 20_000,
    "recovery of postgres, from up to work, max in ms": 10_000,
    "recovery of broker, from up to work, max in ms": 30_000,
}
HALF_BACK = {"services": 5_000}
"""The target of the median over all kills, in ms, by what was killed."""


@dataclass
class Done:
    """One part that was run and judged."""

    number: int
    minutes: float
    findings: int
    figures: dict[str, int | float] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)
    """Kills at failpoints that never came, of this part and those before: the next part owes them."""
    recoveries: dict[str, list[float]] = field(default_factory=dict)
    """Seconds from each kill to work again, by what was killed."""
    cpu_minutes: float = 0.0
    load_before: float = 0.0
    """How many others wanted the machine's cores when the part began: times are not worth more than this says."""

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


def rows(tier: Tier, done: Sequence[Done]) -> list[dict[str, Any]]:
    """Figure, value and target; a target of None is for scale. Bounds on rates are made anew from the sums."""
    places = Counter[str]()
    for part in done:
        places.update(part.places)
    own: dict[str, tuple[float, float | None]] = {
        f"tier {tier.name}: parts done": (len(done), tier.parts),
        "minutes, all parts": (round(sum(part.minutes for part in done), 1), None),
        "minutes of CPU, all parts": (round(sum(part.cpu_minutes for part in done), 1), None),
        "others at work on the machine, worst": (max((part.load_before for part in done), default=0), None),
        "findings": (sum(part.findings for part in done), TARGETS["findings"]),
        "kills at failpoints": (sum(places.values()), tier.counts.places + tier.counts.migrations),
        "failpoints that killed": (sum(1 for count in places.values() if count), len(places)),
        "kills at failpoints that never came": (sum(done[-1].missed.values()) if done else 0, 0),
    }
    summed = added_up(part.figures for part in done)
    for kind in sorted({kind for part in done for kind in part.recoveries}):
        seconds = [each for part in done for each in part.recoveries.get(kind, ())]
        half = round(median(seconds) * 1000)
        own[f"recovery of {kind}, p50 of all {len(seconds)} in ms"] = (half, HALF_BACK.get(kind))
    judged = {name: (value, TARGETS.get(name)) for name, value in summed.items()}
    killed = {f"killed at {name}": (float(count), None) for name, count in places.items()}
    return [
        {"figure": name, "value": value, "target": target}
        for name, (value, target) in {**own, **judged, **killed}.items()
    ]


def added_up(parts: Iterable[Figures]) -> dict[str, int | float]:
    found: dict[str, int | float] = {}
    for figures in parts:
        for name, value in figures.items():
            if not isinstance(value, int | float) or name == "seed" or BOUND in name:
                continue
            worst = any(word in name for word in WORST)
            found[name] = max(found.get(name, 0), value) if worst else found.get(name, 0) + value
    for what, among in (("events lost", "accepted"), ("messages doubled", "messages accepted")):
        if found.get(among):
            found[f"{what}, {BOUND}"] = 3 / found[among]
    return found


def keep(told: Sequence[Mapping[str, Any]], path: Path) -> None:
    """For machines, and printed for people."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=2) + "\n")
    for row in told:
        wanted = "" if row["target"] is None else f"wanted: {row['target']:g}"
        print(f"{row['figure']:<64} {row['value']:>12,.6g} {wanted}".rstrip())
