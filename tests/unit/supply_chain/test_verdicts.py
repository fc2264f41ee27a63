"""The audit says what it found, what is clean, and what it could not look at, and never takes one for another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.supply_chain.bill_of_materials import bill, completed, written
from tests.supply_chain.leaked_secrets import PLANTED, in_patches, in_what_is_shipped, patches
from tests.supply_chain.licences import judged, permitted, table
from tests.supply_chain.locks import pins
from tests.supply_chain.verdict import Outcome, Told, Verdict, exit_code
from tests.supply_chain.vulnerabilities import KNOWN_TO_BE_VULNERABLE, known_vulnerabilities

ADVISORY = {"id": "CVE-2025-27516", "fix_versions": ["3.1.6"]}
COMMIT = "a" * 40


def library(**said: Any) -> dict[str, Any]:
    return {"name": "jinja2", "version": "3.1.5", **said}


def outcomes(tmp_path: Path, canary: Told, lock: Told) -> list[Outcome]:
    """Of one lock, with what pip-audit says of the release known to be vulnerable, and of the lock."""

    def ask(listed: Path) -> Told:
        return canary if KNOWN_TO_BE_VULNERABLE in listed.read_text("utf-8") else lock

    locked = tmp_path / "some.lock"
    locked.write_text("jinja2==3.1.6\n", "utf-8")
    return [found.outcome for found in known_vulnerabilities(ask, [locked], tmp_path / "canary.txt")]


def answer(*libraries: Mapping[str, Any]) -> Told:
    return Told(json.dumps({"dependencies": libraries}), "", 0)


KNOWS = answer(library(vulns=[ADVISORY]))
SILENT = Told("", "ConnectionError: no such host", 1)


@pytest.mark.parametrize(
    ("canary", "lock", "outcome"),
    [
        (KNOWS, answer(library(vulns=[])), Outcome.CLEAN),
        (KNOWS, answer(library(vulns=[ADVISORY])), Outcome.FOUND),
        (KNOWS, answer(library(skip_reason="not found")), Outcome.NOT_RUN),
        (KNOWS, answer(), Outcome.NOT_RUN),
        (KNOWS, SILENT, Outcome.FOUND),
        (SILENT, answer(library(vulns=[])), Outcome.NOT_RUN),
        (answer(library(skip_reason="not found")), answer(library(vulns=[])), Outcome.NOT_RUN),
    ],
)
def test_none_known_counts_only_from_a_database_that_knows_one(
    tmp_path: Path, canary: Told, lock: Told, outcome: Outcome
) -> None:
    assert outcomes(tmp_path, canary, lock) == [outcome]


@pytest.mark.parametrize(
    ("outcome", "complete", "code"),
    [
        (Outcome.CLEAN, True, 0),
        (Outcome.FOUND, False, 1),
        (Outcome.NOT_RUN, False, 0),
        (Outcome.NOT_RUN, True, 1),
    ],
)
def test_what_could_not_be_looked_at_fails_only_a_complete_audit(outcome: Outcome, complete: bool, code: int) -> None:
    verdicts = [Verdict("one", Outcome.CLEAN, ("fine",)), Verdict("other", outcome, ("why", "where"))]
    assert exit_code(verdicts, complete=complete) == code
    assert str(verdicts[1]) == f"other: {outcome}: why\n    where"


@pytest.mark.parametrize(
    ("declaration", "may"),
    [
        ("MIT", True),
        ("Mozilla Public License 2.0 (MPL 2.0)", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("Apache Software License; BSD License", True),
        ("GPL-3.0-only", False),
        ("MIT AND AGPL-3.0-or-later", False),
        ("UNKNOWN", False),
    ],
)
def test_a_licence_that_nobody_permitted_is_noticed(declaration: str, may: bool) -> None:
    assert permitted(declaration) is may
    verdict = judged({"x": ["tracking"]}, {"x": declaration})
    assert verdict.outcome is (Outcome.CLEAN if may else Outcome.FOUND)


def test_a_library_that_is_not_installed_is_not_called_permitted() -> None:
    assert judged({"x": ["tracking"]}, {}).outcome is Outcome.NOT_RUN
    assert "| x | not read | tracking |" in table({"x": ["tracking"]}, {})


def secrets(*found: tuple[str, str]) -> str:
    """What detect-secrets writes: (path, fingerprint) of each."""
    return json.dumps({
        "results": {path: [{"type": "Key", "hashed_secret": mark, "line_number": 3}] for path, mark in found}
    })  # fmt: skip


def saying(said: str) -> Any:
    def tool(command: Sequence[str], given: str) -> Told:
        assert "--no-verify" in command, "or what it finds would be sent to somebody else"
        return Told(said, "", 0)

    return tool


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        (secrets(("a.py", "1")), Outcome.CLEAN),
        (secrets(("moved.py", "1")), Outcome.CLEAN),
        (secrets(("a.py", "1"), ("b.py", "2")), Outcome.FOUND),
        (secrets(("a.py", "2")), Outcome.FOUND),
        (secrets(), Outcome.FOUND),
    ],
)
def test_only_what_was_looked_at_is_passed_over_and_a_blind_scan_is_no_clean_one(now: str, outcome: Outcome) -> None:
    assert in_what_is_shipped(saying(now), secrets(("a.py", "1"))).outcome is outcome


def test_a_secret_in_the_history_is_told_with_its_commit_and_file(tmp_path: Path) -> None:
    (tmp_path / f"{COMMIT}.patch").write_text("a message\ndiff --git a/x.env b/x.env\n+KEY\n", "utf-8")
    told = secrets((f"{PLANTED}.patch", "0"), (f"{COMMIT}.patch", "1"))
    verdict = in_patches(saying(told), tmp_path, "none in 1 commit")
    assert verdict.outcome is Outcome.FOUND
    assert verdict.lines[1:] == (f"{COMMIT} x.env: Key",)


@pytest.mark.parametrize(
    ("told", "outcome"),
    [(secrets((f"{PLANTED}.patch", "0")), Outcome.CLEAN), (secrets(), Outcome.FOUND)],
)
def test_the_history_is_clean_only_where_a_planted_key_was_seen(tmp_path: Path, told: str, outcome: Outcome) -> None:
    assert in_patches(saying(told), tmp_path, "none in 1 commit").outcome is outcome


def test_a_log_is_taken_apart_into_its_commits() -> None:
    other = "b" * 40
    log = f"commit:{COMMIT}\nfirst\n+commit:{other} in a file\ncommit:{other}\nsecond\n"
    assert dict(patches(log)) == {COMMIT: f"first\n+commit:{other} in a file\n", other: "second\n"}


LOCK = f"""
here==1.0 \\
    --hash=sha256:{"0" * 64}
elsewhere==2.0 ; sys_platform == 'win32' \\
    --hash=sha256:{"1" * 64}
"""


def test_a_bill_of_materials_lists_what_the_image_installs(tmp_path: Path) -> None:
    def tool(command: Sequence[str], given: str) -> Told:
        assert given == f"here==1.0 --hash=sha256:{'0' * 64}\n"
        return Told(json.dumps({"components": [{"name": "here", "version": "1.0", "description": "here==1.0"}]}), "", 0)

    document = bill(tool, "tracking", pins(LOCK).values(), {"here": "MIT"}, tmp_path / "pyproject.toml")
    assert json.loads(document)["components"] == [
        {"name": "here", "version": "1.0", "licenses": [{"license": {"name": "MIT"}}]}
    ]
    assert 'name = "hito-tracking"' in (tmp_path / "pyproject.toml").read_text("utf-8")
    assert written("tracking", document, pins(LOCK).values(), lambda _: None, tmp_path).outcome is Outcome.CLEAN


def test_a_bill_of_materials_that_is_short_or_not_valid_is_noticed(tmp_path: Path) -> None:
    empty = json.dumps(completed({"components": []}, {}))
    assert written("tracking", empty, pins(LOCK).values(), lambda _: None, tmp_path).lines[1:] == ("here is not in it",)
    assert written("tracking", empty, (), lambda _: "not valid", tmp_path).outcome is Outcome.FOUND
