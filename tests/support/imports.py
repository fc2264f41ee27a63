"""Follows imports from a service through `shared/`: which files and libraries its processes need. Runs no code."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path


def reachable(root: Path, seeds: Iterable[Path]) -> tuple[set[Path], set[str]]:
    """Files of ours that the seeds import, directly or not, and the top-level names of the libraries these import."""
    files: set[Path] = set()
    libraries: set[str] = set()
    waiting = list(seeds)
    while waiting:
        file = waiting.pop()
        if file in files:
            continue
        files.add(file)
        for name in _imported_names(file):
            ours = list(_files_of(root, name))
            waiting.extend(ours)
            top = name.partition(".")[0]
            if not ours and top not in sys.stdlib_module_names and not (root / top).is_dir():
                libraries.add(top)
    return files, libraries


def _imported_names(file: Path) -> Iterator[str]:
    for node in _executed(ast.parse(file.read_text("utf-8"), str(file))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those under `if TYPE_CHECKING:`, which never run."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _executed(node)


def _files_of(root: Path, name: str) -> Iterator[Path]:
    """The file of a module of ours and the `__init__` of each package above it; nothing for a library."""
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        path = root.joinpath(*parts[:depth])
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if candidate.is_file():
                yield candidate
