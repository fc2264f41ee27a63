"""Our own source as data, for the rules of the house."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("services", "shared", "sandbox")
_MADE_BY_TOOLS = frozenset({"build", "__pycache__"})


@dataclass(frozen=True)
class Source:
    """One Python file; `path` is relative to the project, with slashes."""

    path: str
    text: str
    tree: ast.Module

    @classmethod
    def of(cls, path: str, text: str) -> Source:
        return cls(path, text, ast.parse(text, path))

    @property
    def nodes(self) -> Iterator[ast.AST]:
        return ast.walk(self.tree)

    @property
    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        return (node for node in self.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    @property
    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call with the last part of what is called: `sleep` for `asyncio.sleep(1)`."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield last_name(node.func), node

    @property
    def imports(self) -> Iterator[tuple[str, int]]:
        """Every imported module, and every `module.name` of a from-import, with its line."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module, node.lineno
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def last_name(node: ast.AST) -> str:
    """`commit` for `tx.commit`, `commit` for `commit`, nothing for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


@cache
def python_sources() -> tuple[Source, ...]:
    """Product and tests, without migrations: those are a record of the past."""
    return tuple(source for source in _all_sources() if "/migrations/" not in source.path)


def migrations() -> tuple[Source, ...]:
    return tuple(source for source in _all_sources() if "/migrations/" in source.path)


@cache
def _all_sources() -> tuple[Source, ...]:
    return tuple(
        Source.of(path, (ROOT / path).read_text("utf-8"))
        for path in project_files()
        if path.endswith(".py") and path.startswith((*PRODUCT, "tests"))
    )


@cache
def project_files() -> tuple[str, ...]:
    """Everything that is in the repository or would be after `git add --all`; outside git, all that no tool made."""
    if not (ROOT / ".git").exists():
        return tuple(sorted(_walk(ROOT)))
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return tuple(sorted(path for path in set(listed.stdout.split("\0")) if path and (ROOT / path).is_file()))


def _walk(folder: Path) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.name.startswith(".") and entry.name not in _MADE_BY_TOOLS:
            yield from _walk(entry)
        elif entry.is_file():
            yield entry.relative_to(ROOT).as_posix()
