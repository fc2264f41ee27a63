"""`python -m shared.contracts`: writes the JSON Schema of every topic; with `--check` only says whether they are right.

Either way a change that is not additive is refused with exit code 1 and nothing is written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from shared.contracts.json_schemas import FOLDER, Finding, disagreements, write

_BREAKING = (
    "Within a version a contract only grows: add an optional field beside the old, or a topic of the next version.\n"
    "While nobody outside depends on the version yet: delete the schema file and run `make contracts`."
)
_STALE = "Run `make contracts` and commit what it writes."


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shared.contracts", description="JSON Schemas of all topics")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not as it should be")
    options = parser.parse_args(arguments)
    found = list(disagreements(folder))
    breaking = [finding for finding in found if finding.breaking]
    if breaking or (options.check and found):
        _complain(breaking or found)
        return 1
    for file in write(folder):
        print(f"wrote {file.name}")
    return 0


def _complain(findings: Sequence[Finding]) -> None:
    for finding in findings:
        print(f"shared/contracts/schemas/{finding.file}: {finding.what}", file=sys.stderr)
    print(_BREAKING if findings[0].breaking else _STALE, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
