"""What the table says of a mutant: caught by a rule that should, survived, or never judged."""

from __future__ import annotations

import pytest

from tests.mutants.__main__ import Task, is_good, line
from tests.mutants.mutant import Mutant
from tests.mutants.trying import Tried

MUTANT = Mutant("anything", "a promise", (), "a day", frozenset({"state.order", "loss.lost"}))


def told(rules: set[str], mutant: Mutant | None = MUTANT, broken: str = "") -> dict[str, object]:
    return Task("a day", mutant).outcome(Tried(frozenset(rules), len(rules), 1.0, broken))


def test_a_mutant_is_caught_by_a_rule_that_should() -> None:
    caught = told({"loss.lost", "loss.why"})
    assert is_good(caught)
    assert (caught["by"], caught["also"]) == (["loss.lost"], ["loss.why"])
    assert "caught by loss.lost" in line(caught)


def test_a_finding_of_another_kind_catches_nothing() -> None:
    survived = told({"hygiene.memory"})
    assert not is_good(survived)
    assert "SURVIVED" in line(survived)


def test_the_product_as_it_is_must_not_have_any_finding() -> None:
    assert is_good(told(set(), mutant=None))
    assert not is_good(told({"hygiene.memory"}, mutant=None))


@pytest.mark.parametrize("mutant", [MUTANT, None])
def test_a_run_that_came_to_no_end_proves_nothing(mutant: Mutant | None) -> None:
    broken = told({"loss.lost"} if mutant else set(), mutant, broken="a traceback")
    assert not is_good(broken)
    assert "CAME TO NO END" in line(broken)
