"""Secrets that must not be in the repository, by detect-secrets, which looks and never asks anybody (`--no-verify`).

Two nets. Fine, over what is shipped: shapes of known keys, words such as `password = `, addresses with a password, and
text that looks like chance; what a person looked at and found harmless is in .secrets.baseline. Coarse, over the whole
history and what is not committed yet: shapes of known keys only, without exceptions, because history cannot be mended.
Tests invent secrets all day, so they are in the coarse net alone. A file that git does not know is in none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from tests.supply_chain.locks import ROOT
from tests.supply_chain.verdict import Outcome, Tool, Verdict

BASELINE = ROOT / ".secrets.baseline"
NOT_SHIPPED = ("^tests/", r"^requirements/.*\.lock$", r"^\.secrets\.baseline$")
GUESSES = ("Base64HighEntropyString", "HexHighEntropyString", "KeywordDetector", "BasicAuthDetector")
NO_SECRET = "IPPublicDetector"
PLANTED = "planted"
AN_INVENTED_KEY = "AKIA" + "QWERTYUIOPASDFGH"
"""Has the shape of an Amazon key; put together here so that no scan of this file sees it."""
COMMIT = re.compile(r"^commit:([0-9a-f]{40,64})\n", re.MULTILINE)
PART_SHIPPED, PART_HISTORY = "secrets in what is shipped", "secrets in the history"


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    kind: str
    fingerprint: str
    line: int = 0

    @property
    def what(self) -> tuple[str, str]:
        """Without its place: a moved file or an edit above it must not bring it back."""
        return self.kind, self.fingerprint


def findings(answer: str) -> list[Finding]:
    return sorted(
        Finding(path, one["type"], one["hashed_secret"], one.get("line_number", 0))
        for path, found in json.loads(answer)["results"].items()
        for one in found
    )


def in_what_is_shipped(tool: Tool, baseline: str) -> Verdict:
    excluded = [word for pattern in NOT_SHIPPED for word in ("--exclude-files", pattern)]
    command = ("detect-secrets", "--cores", "2", "scan", "--no-verify", "--disable-plugin", NO_SECRET, *excluded)
    told = tool(command, "")
    if told.code:
        return Verdict(PART_SHIPPED, Outcome.FOUND, (f"detect-secrets broke: {told.last_word}",))
    looked_at, found = {one.what for one in findings(baseline)}, findings(told.answer)
    if looked_at and not found:
        return Verdict(PART_SHIPPED, Outcome.FOUND, ("detect-secrets sees nothing, not even what the baseline has",))
    new = [one for one in found if one.what not in looked_at]
    lines = tuple(f"{one.path}:{one.line}: {one.kind}" for one in new)
    mend = "take it out and revoke it; if it is none, end its line with `pragma: allowlist secret`"
    return _verdict(PART_SHIPPED, lines, mend, f"nothing but the {len(looked_at)} of .secrets.baseline")


def in_patches(tool: Tool, folder: Path, seen: str) -> Verdict:
    """`folder`: one patch for each commit, named after it; `seen` says how many there are."""
    (folder / f"{PLANTED}.patch").write_text(f"diff --git a/x b/x\n+key = {AN_INVENTED_KEY}\n", "utf-8")
    disabled = [word for plugin in (*GUESSES, NO_SECRET) for word in ("--disable-plugin", plugin)]
    root = ("-C", str(folder))  # what is outside its root it passes over, and says nothing
    told = tool(("detect-secrets", *root, "--cores", "2", "scan", "--no-verify", "--all-files", *disabled, "."), "")
    if told.code:
        return Verdict(PART_HISTORY, Outcome.FOUND, (f"detect-secrets broke: {told.last_word}",))
    found = findings(told.answer)
    if not any(Path(one.path).stem == PLANTED for one in found):
        return Verdict(PART_HISTORY, Outcome.FOUND, ("detect-secrets does not see a key that was planted for it",))
    real = [one for one in found if Path(one.path).stem != PLANTED]
    lines = tuple(f"{_where(folder / Path(one.path).name, one.line)}: {one.kind}" for one in real)
    return _verdict(PART_HISTORY, lines, "revoke it: who cloned the repository has it", seen)


def _where(patch: Path, line: int) -> str:
    """The commit and the file that the line of the patch belongs to; a commit's message comes before its first file."""
    before = patch.read_text("utf-8").splitlines()[:line]
    named = [text.split()[-1].removeprefix("b/") for text in before if text.startswith("diff --")]
    return f"{patch.stem} {named[-1] if named else 'message'}"


def _verdict(part: str, lines: tuple[str, ...], mend: str, clean: str) -> Verdict:
    return Verdict(part, Outcome.FOUND, (mend, *lines)) if lines else Verdict(part, Outcome.CLEAN, (clean,))


def patches(log: str) -> Iterator[tuple[str, str]]:
    """(commit, message and patch) of each in `git log --patch` with the format of history.py."""
    starts = [*COMMIT.finditer(log)]
    for start, following in zip_longest(starts, starts[1:]):
        yield start[1], log[start.end() : following.start() if following else None]
