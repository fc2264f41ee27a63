"""CI runs what a developer runs, on pinned actions and with no more rights than reading the code."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import yaml

from tests.support.deployment import ROOT, SERVICES

WORKFLOW = ".github/workflows/ci.yml"


def workflow() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / WORKFLOW).read_text("utf-8"))
    return loaded


def steps() -> list[dict[str, Any]]:
    return [step for job in workflow()["jobs"].values() for step in job["steps"]]


def test_the_workflow_follows_the_schema_of_github() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", WORKFLOW]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_it_runs_the_targets_that_developers_run() -> None:
    called = re.findall(r"^make ([a-z-]+)$", "\n".join(step.get("run", "") for step in steps()), re.MULTILINE)
    assert called == ["setup", "lint", "test"]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(called) <= targets


def test_it_may_only_read_and_ends_by_itself() -> None:
    assert workflow()["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 60 and "permissions" not in job for job in workflow()["jobs"].values())


def test_actions_are_pinned_and_leave_no_token_behind() -> None:
    used = [step for step in steps() if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+(\.\d+)*", step["uses"]) for step in used)
    checkouts = [step for step in used if step["uses"].startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_it_builds_the_image_of_every_service() -> None:
    assert workflow()["jobs"]["image"]["strategy"]["matrix"]["service"] == list(SERVICES)
