"""The oracle imports the standard library and pydantic, and nothing that the product or its tests could have wrong."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.source_files import ROOT, Source

ORACLE = ROOT / "tests" / "oracle"
ALLOWED = sys.stdlib_module_names | {"pydantic"}


def strangers(source: Source) -> list[str]:
    modules = {module for module, _ in source.imports}
    return sorted(m for m in modules if m.split(".")[0] not in ALLOWED and not m.startswith("tests.oracle"))


def test_it_imports_nothing_of_ours() -> None:
    files = sorted(ORACLE.rglob("*.py"))
    assert len(files) > 20
    assert [(file.name, strangers(read(file))) for file in files if strangers(read(file))] == []


def test_an_import_of_ours_would_be_noticed() -> None:
    assert strangers(Source.of("x.py", "from tests.support import year\nimport shared.web, json")) == [
        "shared.web",
        "tests.support",
        "tests.support.year",
    ]


def read(file: Path) -> Source:
    return Source.of(file.name, file.read_text("utf-8"))
