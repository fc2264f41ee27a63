"""Each seeded mutant of tests/mutants still applies to the code of today, and is a program that can run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.mutants.mutant import DoesNotApply, Edit, Mutant
from tests.mutants.scenarios import SCENARIOS
from tests.mutants.seeded import MUTANTS
from tests.support.source_files import ROOT

ORACLE = ROOT / "tests" / "oracle" / "checks"


def rules_of_the_oracle() -> set[str]:
    """As they stand in its checks."""
    text = "".join(file.read_text(encoding="utf-8") for file in ORACLE.glob("*.py"))
    return set(re.findall(r'"([a-z_]+\.[a-z_]+)"', text))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_each_mutant_applies_to_the_code_of_today_and_compiles(mutant: Mutant) -> None:
    for name, text in mutant.texts(ROOT).items():
        assert text != (ROOT / name).read_text(encoding="utf-8")
        if name.endswith(".py"):
            compile(text, name, "exec")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_each_mutant_is_shown_by_rules_that_there_are_in_a_scenario_that_there_is(mutant: Mutant) -> None:
    assert mutant.shown_by
    assert mutant.shown_by <= rules_of_the_oracle()
    assert mutant.scenario in {scenario.name for scenario in SCENARIOS}


def test_there_are_fifteen_mutants_at_least_and_no_two_have_a_name() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 15


@pytest.mark.parametrize("text", ["never there", "the same"])
def test_a_mutant_whose_text_is_gone_or_stands_twice_does_not_apply(text: str) -> None:
    with pytest.raises(DoesNotApply):
        Edit("some.py", text, "").applied("the same, the same")


def test_a_spoilt_file_is_no_link_to_the_real_one_any_more(tmp_path: Path) -> None:
    real, linked = tmp_path / "real" / "a.py", tmp_path / "linked" / "a.py"
    for file in (real, linked):
        file.parent.mkdir()
    real.write_text("x = 1\n")
    linked.hardlink_to(real)
    Mutant("any", "any", (Edit("a.py", "1", "2"),), "any", frozenset({"any"})).spoil(linked.parent)
    assert (real.read_text(), linked.read_text()) == ("x = 1\n", "x = 2\n")
