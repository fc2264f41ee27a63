"""Figures of the parts become figures of the tier without flattering anybody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.rig.figures import Done, added_up, keep, rows
from tests.rig.tiers import tier_named


def row(told: list[dict[str, Any]], name: str) -> tuple[float, float | None]:
    (found,) = (each for each in told if each["figure"] == name)
    return found["value"], found["target"]


def test_counts_add_up_and_of_times_the_worst_counts() -> None:
    parts = [
        {"accepted": 100, "recovery of services, from kill to work, max in ms": 900},
        {"accepted": 50, "recovery of services, from kill to work, max in ms": 400},
    ]
    found = added_up(parts)

    assert (found["accepted"], found["recovery of services, from kill to work, max in ms"]) == (150, 900)


def test_half_of_all_kills_of_a_tier_were_mended_in_the_median_of_all_of_them() -> None:
    done = [Done(0, 1.0, 0, recoveries={"services": [1.0, 6.0]}), Done(1, 1.0, 0, recoveries={"services": [2.0]})]
    assert row(rows(tier_named("2"), done), "recovery of services, p50 of all 3 in ms") == (2000, 5000)


def test_a_bound_on_a_rate_is_made_from_the_sums() -> None:
    found = added_up([{"accepted": 200, "events lost, at most (95 %)": 0.015}, {"accepted": 100}])
    assert found["events lost, at most (95 %)"] == 3 / 300


def test_what_a_tier_did_is_told_beside_what_it_should_have_done() -> None:
    done = [
        Done(
            0,
            2.0,
            0,
            places={"relay.after_mark": 3, "relay.before_mark": 0},
            missed={"notifier.send at relay.before_mark": 1},
        )
    ]
    told = rows(tier_named("1"), done)

    assert row(told, "kills at failpoints") == (3, 33)
    assert row(told, "failpoints that killed") == (1, 2)
    assert row(told, "kills at failpoints that never came") == (1, 0)
    assert row(told, "findings") == (0, 0)


def test_they_are_kept_for_machines(tmp_path: Path) -> None:
    told = rows(tier_named("1"), [Done(0, 1.0, 2)])
    keep(told, tmp_path / "build" / "chaos.json")
    assert row(json.loads((tmp_path / "build" / "chaos.json").read_text()), "findings") == (2, 0)
