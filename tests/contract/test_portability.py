"""The project speaks of itself alone: what is in the repository holds on any machine."""

from __future__ import annotations

import re

import pytest

from tests.support.source_files import ROOT, project_files

_OF_ONE_MACHINE = (
    (re.compile(r"(?<![\w.}~/-])/(?:work|root|home/\w+|Users/\w+)(?![\w-])"), "a folder of one machine"),
    (re.compile(r"\.\./shared\b"), "a folder beside the project"),
    (
        re.compile(r"\b(?:pypi\.org|pythonhosted\.org|npmjs\.org|repo1?\.maven(?:\.apache)?\.org|proxy\.golang\.org)"),
        "the host of a package registry",
    ),
)


def pointers(path: str, text: str) -> list[str]:
    """Where a file of the project says something that only holds on one machine."""
    return [
        f"{path}:{number}: {what}: {found[0]}"
        for number, line in enumerate(text.splitlines(), 1)
        for pattern, what in _OF_ONE_MACHINE
        if (found := pattern.search(line))
    ]


def test_no_file_points_at_one_machine_or_one_registry() -> None:
    breaches = []
    for path in project_files():
        try:
            breaches += pointers(path, (ROOT / path).read_text("utf-8"))
        except UnicodeDecodeError:
            continue  # a picture says nothing about folders
    assert not breaches, "\n".join(
        (*breaches, "Use a path relative to the project, and leave the registry to whoever installs.")
    )


@pytest.mark.parametrize(
    "text", ["cd /wo" + "rk/main", "--index-url https://py" + "pi.org/simple", "see .." + "/shared/x"]
)
def test_a_pointer_at_one_machine_would_be_noticed(text: str) -> None:
    assert len(pointers("README.md", text)) == 1


@pytest.mark.parametrize("text", [".github/workflows/ci.yml", "https://example.com/work", "COPY shared/ /app/shared/"])
def test_an_ordinary_path_is_no_pointer(text: str) -> None:
    assert pointers("README.md", text) == []
