"""A mutant as data, and how it is put into a tree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class DoesNotApply(Exception):
    """The code has moved on: the text stands in the file not exactly once. Mend the mutant."""


@dataclass(frozen=True)
class Edit:
    """`text` stands in `file` exactly once."""

    file: str
    text: str
    instead: str

    def applied(self, before: str) -> str:
        """Raises DoesNotApply."""
        times = before.count(self.text)
        if times != 1:
            raise DoesNotApply(f"{self.file}: stands there {times} times: {self.text.strip()[:80]!r}")
        return before.replace(self.text, self.instead)


@dataclass(frozen=True)
class Mutant:
    """`breaks`: the promise. `shown_by`: rules of the oracle, at least one of which must find something.

    Where one wall stands behind another, a mutant takes down all of them: each alone would harm nobody.
    """

    name: str
    breaks: str
    edits: tuple[Edit, ...]
    scenario: str
    shown_by: frozenset[str]

    def spoil(self, tree: Path) -> None:
        """Raises DoesNotApply."""
        for name, text in self.texts(tree).items():
            path = tree / name
            path.unlink()  # it may be a link to the file that it was copied from
            path.write_text(text, encoding="utf-8")

    def texts(self, tree: Path) -> dict[str, str]:
        """Each file that it spoils, as it reads then. Raises DoesNotApply."""
        spoilt: dict[str, str] = {}
        for edit in self.edits:
            before = spoilt.get(edit.file) or (tree / edit.file).read_text(encoding="utf-8")
            spoilt[edit.file] = edit.applied(before)
        return spoilt
