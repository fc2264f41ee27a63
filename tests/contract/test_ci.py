"""CI runs what a developer runs, on pinned actions and with no more rights than reading the code."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from tests.support.deployment import ROOT, SERVICES

CI, AUDIT = "ci.yml", "audit.yml"
FOLDER = ".github/workflows"
every_workflow = pytest.mark.parametrize("name", sorted(file.name for file in (ROOT / FOLDER).iterdir()))


def workflow(name: str = CI) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / FOLDER / name).read_text("utf-8"))
    return loaded


def steps(name: str = CI) -> list[dict[str, Any]]:
    return [step for job in workflow(name)["jobs"].values() for step in job["steps"]]


@every_workflow
def test_a_workflow_follows_the_schema_of_github(name: str) -> None:
    path = f"{FOLDER}/{name}"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", path]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_it_runs_the_targets_that_developers_run() -> None:
    called = re.findall(r"^make ([a-z-]+)$", "\n".join(step.get("run", "") for step in steps()), re.MULTILINE)
    assert called == ["setup", "lint", "test", "test-chaos"]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(called) <= targets


def test_the_audit_leaves_nothing_out_and_sees_the_whole_history() -> None:
    assert "make audit ARGS=--complete" in [step.get("run") for step in steps(AUDIT)]
    (checkout,) = (step for step in steps(AUDIT) if step.get("uses", "").startswith("actions/checkout@"))
    assert checkout["with"]["fetch-depth"] == 0


@every_workflow
def test_it_may_only_read_and_ends_by_itself(name: str) -> None:
    assert workflow(name)["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 60 and "permissions" not in job for job in workflow(name)["jobs"].values())


@every_workflow
def test_actions_are_pinned_and_leave_no_token_behind(name: str) -> None:
    used = [step for step in steps(name) if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+(\.\d+)*", step["uses"]) for step in used)
    checkouts = [step for step in used if step["uses"].startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_it_builds_the_image_of_every_service() -> None:
    assert workflow()["jobs"]["image"]["strategy"]["matrix"]["service"] == list(SERVICES)
