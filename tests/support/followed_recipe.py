"""The README's recipe for a carrier as data, and a copy of the project in which it can be followed to the letter."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.support.source_files import ROOT, project_files

REGISTRY = "services/carrier_gateway/carriers/__init__.py"
_HEADING = "## Add a carrier\n"
_BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
_PATH = re.compile(r"`((?:services|tests)/[\w/]+\.\w+)`")
_NEEDED = ("services/", "shared/", "sandbox/", "tests/", "config/", "pyproject.toml")


@dataclass(frozen=True)
class Recipe:
    """What a reader of the README types: files by path, the registry's new lines, and the commands."""

    text: str

    @classmethod
    def of_the_readme(cls) -> Recipe:
        return cls((ROOT / "README.md").read_text("utf-8").split(_HEADING)[1].split("\n## ")[0])

    @cached_property
    def files(self) -> dict[str, str]:
        """Each Python or JSON block goes into the file that was named last before it."""
        return {
            _PATH.findall(self.text[: block.start()])[-1]: block[2]
            for block in _BLOCK.finditer(self.text)
            if block[1] in ("python", "json")
        }

    @cached_property
    def registry_lines(self) -> list[str]:
        (diff,) = self._blocks("diff")
        return [line.removeprefix("+") for line in diff.splitlines()]

    @cached_property
    def commands(self) -> str:
        (commands,) = self._blocks("sh")
        return commands

    def _blocks(self, language: str) -> list[str]:
        return [text for kind, text in _BLOCK.findall(self.text) if kind == language]


def copy_of_the_project(folder: Path) -> Path:
    """Without what tools made, beside the environment that runs these tests."""
    for path in project_files():
        if path.startswith(_NEEDED):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, folder / path)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def follow(recipe: Recipe, project: Path) -> None:
    """Type in everything but the commands."""
    for path, text in recipe.files.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, "utf-8")
    imported, entered = recipe.registry_lines
    lines = (project / REGISTRY).read_text("utf-8").splitlines()
    lines.insert(lines.index(")", lines.index("CARRIERS: tuple[Carrier, ...] = (")), entered)
    imports = [number for number, line in enumerate(lines) if line.startswith("from services.")]
    lines.insert(next(number for number in imports if lines[number] > imported), imported)
    (project / REGISTRY).write_text("\n".join(lines) + "\n", "utf-8")


def files_in(project: Path) -> dict[str, str]:
    """What a person may have written there, by path."""
    return {
        path.relative_to(project).as_posix(): path.read_text("utf-8")
        for folder in ("services", "shared", "tests")
        for path in (project / folder).rglob("*")
        if path.is_file() and path.suffix in (".py", ".json", ".jsonl", ".csv", ".toml", ".xml", ".txt")
    }


def run(project: Path, command: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """In the project, with nothing of this run's environment but where programs are."""
    return subprocess.run(
        [str(project / ".venv/bin" / command) if command != "sh" else "/bin/sh", *arguments],
        cwd=project,
        input=given,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
