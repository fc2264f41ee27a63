"""A carrier is added as the README says: the recipe is followed to the letter, in a copy of the project."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.followed_recipe import REGISTRY, Recipe, copy_of_the_project, files_in, follow, run

RECIPE = Recipe.of_the_readme()
ADAPTER = next(path for path in RECIPE.files if path.endswith(".py"))
CARRIER = Path(ADAPTER).stem
SAMPLES = f"tests/samples/carriers/{CARRIER}/"
MOST_LINES = 30


@dataclass(frozen=True)
class Followed:
    project: Path
    changed: dict[str, str]
    """By path, what the files hold that are new or other than before."""
    lines_before: int
    """Of the registry."""
    said: str


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    project = copy_of_the_project(tmp_path_factory.mktemp("project"))
    before = files_in(project)
    follow(RECIPE, project)
    done = run(project, "sh", "-u", "-c", RECIPE.commands)
    after = files_in(project)
    changed = {path: text for path, text in after.items() if before.get(path) != text}
    assert set(before) <= set(after)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return Followed(project, changed, len(before[REGISTRY].splitlines()), done.stdout)


def test_three_places_are_touched_with_under_30_lines_beside_the_samples(followed: Followed) -> None:
    beside = {path: text for path, text in followed.changed.items() if not path.startswith(SAMPLES)}
    written = len(beside[ADAPTER].splitlines()) + len(beside[REGISTRY].splitlines()) - followed.lines_before

    assert set(beside) == {ADAPTER, REGISTRY}
    assert set(followed.changed) - set(beside)
    assert written < MOST_LINES
    assert f"under {MOST_LINES} lines" in RECIPE.text


def test_the_contract_suite_tests_the_new_carrier_without_a_new_test(followed: Followed) -> None:
    (passed,) = re.findall(r"(\d+) passed", followed.said)

    assert int(passed) > 50
    assert "failed" not in followed.said
    assert "error" not in followed.said


def test_the_commands_write_beside_each_sample_what_buyers_will_be_told(followed: Followed) -> None:
    told = {
        path.removeprefix(SAMPLES): [json.loads(line)["stage"] for line in text.splitlines()]
        for path, text in followed.changed.items()
        if path.endswith(".events.jsonl")
    }

    assert told == {
        "whole_life.events.jsonl": ["accepted", "failed_attempt", "delivered"],
        "unknown_code.events.jsonl": ["unknown"],
    }


@pytest.mark.parametrize(("case", "code"), [("whole_life", 0), ("unknown_code", 4)])
def test_the_new_carrier_can_be_translated(followed: Followed, case: str, code: int) -> None:
    payload = followed.changed[f"{SAMPLES}{case}.json"]

    done = run(followed.project, "python", "-m", "services.carrier_gateway", "translate", CARRIER, given=payload)

    assert done.returncode == code
    assert done.stdout == followed.changed[f"{SAMPLES}{case}.events.jsonl"]
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "check",
    [
        ("ruff", "check", "--no-cache", ADAPTER, REGISTRY),
        ("ruff", "format", "--no-cache", "--check", ADAPTER, REGISTRY),
        ("mypy", "--cache-dir=build/mypy", ADAPTER, REGISTRY),
    ],
    ids=" ".join,
)
def test_what_the_recipe_writes_passes_as_it_stands(followed: Followed, check: tuple[str, ...]) -> None:
    done = run(followed.project, *check)

    assert done.returncode == 0, done.stdout + done.stderr
