"""Copies of the project's tree, one for each mutant: what runs, runs from there, down to the harness."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("services", "shared", "sandbox", "config", "tests")


def copy_tree(to: Path) -> None:
    """Files are linked, not copied: whoever changes one has to take its link away first (`Mutant.spoil`)."""
    shutil.rmtree(to, ignore_errors=True)
    for name in COPIED:
        shutil.copytree(ROOT / name, to / name, copy_function=os.link)
