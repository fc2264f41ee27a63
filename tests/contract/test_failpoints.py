"""Every place for faults that is named stands in the code exactly once, and no deployment ever arms one."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from shared.failpoints import POINTS, VARIABLE
from tests.support.source_files import ROOT, python_sources

DEPLOYED = ("deploy", "config", "docker-compose.yml", "sandbox")


def placed() -> list[str]:
    """The name at every call of failpoint() in the product."""
    found = []
    for source in python_sources():
        if source.path.startswith(("services/", "shared/")):
            for name, call in source.calls:
                if name == "failpoint":
                    assert isinstance(call.args[0], ast.Constant), f"{source.path}:{call.lineno}: name it in place"
                    found.append(str(call.args[0].value))
    return found


def files_under(path: Path) -> list[Path]:
    return [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]


def test_every_place_is_named_once_and_stands_in_the_code_once() -> None:
    assert Counter(placed()) == Counter(POINTS)
    assert len(POINTS) >= 24


def test_no_deployment_and_no_sandbox_arms_a_place() -> None:
    files = [file for name in DEPLOYED for file in files_under(ROOT / name) if "__pycache__" not in file.parts]
    assert files
    armed = [file for file in files if VARIABLE.encode() in file.read_bytes()]
    assert armed == []
