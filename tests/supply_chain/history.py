"""Every commit's message and patch, and what is not committed yet, as files for the scan of secrets."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.supply_chain.leaked_secrets import PART_HISTORY, in_patches, patches
from tests.supply_chain.verdict import Outcome, Tool, Verdict

PLAIN = ("--patch", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv")
NOT_COMMITTED = "not-committed"


def in_the_history(tool: Tool, root: Path, folder: Path) -> Verdict:
    """`--cc` shows what a merge itself brought in; a plain log says nothing of merges."""
    if _git(root, "rev-parse", "--is-inside-work-tree") is None:
        return Verdict(PART_HISTORY, Outcome.NOT_RUN, ("this is no clone: there is no history",))
    commits = dict(patches(_git(root, "log", "--cc", *PLAIN, "--format=commit:%H%n%B", "HEAD") or ""))
    for commit, patch in (*commits.items(), (NOT_COMMITTED, _git(root, "diff", *PLAIN, "HEAD") or "")):
        (folder / f"{commit}.patch").write_text(patch, "utf-8")
    count = len(commits)
    verdict = in_patches(tool, folder, f"none in {count} commits")
    if (
        verdict.outcome is Outcome.CLEAN
        and (_git(root, "rev-parse", "--is-shallow-repository") or "").strip() == "true"
    ):
        return Verdict(PART_HISTORY, Outcome.NOT_RUN, (f"none in {count} commits, but the clone holds no more",))
    return verdict


def _git(root: Path, *arguments: str) -> str | None:
    """Bytes that are no text are replaced: a picture has no key that a scan for text could see."""
    ran = subprocess.run(["git", *arguments], cwd=root, capture_output=True, timeout=300, check=False)
    return ran.stdout.decode("utf-8", "replace") if ran.returncode == 0 else None
