"""The oracle's own proof: whatever is spoilt in a perfect run, it finds exactly that."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle import judge
from tests.support.perfect_run import perfect_run
from tests.support.spoilt_runs import CHECKS, SPOILT, Spoilt, spoilt_for


@pytest.mark.parametrize("spoilt", SPOILT, ids=str)
def test_it_finds_exactly_that(spoilt: Spoilt, tmp_path: Path) -> None:
    run = perfect_run()
    spoilt.spoil(run)
    judged = judge(run.write(tmp_path))
    assert {finding.rule for finding in judged.findings} == spoilt.rules, [str(found) for found in judged.findings]


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_is_proven_by_two_spoilt_runs_at_least(check: str) -> None:
    assert len(list(spoilt_for(check))) >= 2


@pytest.mark.parametrize("spoilt", SPOILT, ids=str)
def test_no_finding_names_an_address(spoilt: Spoilt, tmp_path: Path) -> None:
    run = perfect_run()
    spoilt.spoil(run)
    told = " ".join(str(finding) for finding in judge(run.write(tmp_path)).findings)
    assert "@example.com" not in told
    assert "+346" not in told
