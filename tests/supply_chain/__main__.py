"""`make audit`: what the project brings along from others, and whether a secret got into it.

Ends with 1 when something was found. A check that cannot be made here says NOT RUN and why, and ends with 0; with
`--complete`, as the weekly workflow runs it, that is a failure too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.supply_chain.bill_of_materials import bill, written
from tests.supply_chain.cyclonedx_schema import fault
from tests.supply_chain.history import in_the_history
from tests.supply_chain.leaked_secrets import BASELINE, in_what_is_shipped
from tests.supply_chain.licences import declared, judged, table
from tests.supply_chain.locks import ROOT, SERVICES, lock_of, locks, pins
from tests.supply_chain.verdict import Verdict, exit_code, run_tool
from tests.supply_chain.vulnerabilities import asking, known_vulnerabilities

BILLS = ROOT / "build/sbom"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.supply_chain", description=__doc__)
    arguments.add_argument("--complete", action="store_true", help="fail when a check cannot be made")
    complete: bool = arguments.parse_args().complete
    verdicts = []
    with tempfile.TemporaryDirectory() as folder:
        for verdict in _verdicts(Path(folder)):
            print(verdict, flush=True)
            verdicts.append(verdict)
    return exit_code(verdicts, complete=complete)


def _verdicts(scratch: Path) -> Iterator[Verdict]:
    yield from known_vulnerabilities(asking(run_tool), locks(), scratch / "canary.txt")
    yield from _materials(scratch / "pyproject.toml")
    yield in_what_is_shipped(run_tool, BASELINE.read_text("utf-8"))
    history = scratch / "history"
    history.mkdir()
    yield in_the_history(run_tool, ROOT, history)


def _materials(project: Path) -> Iterator[Verdict]:
    locked = {service: pins(lock_of(service).read_text("utf-8")) for service in SERVICES}
    used: dict[str, list[str]] = {}
    for service, of_service in locked.items():
        for pin in of_service.values():
            if pin.is_in_an_image:
                used.setdefault(pin.name, []).append(service)
    licences = declared(run_tool, ROOT / ".venv/bin/python", sorted(used))
    for service, of_service in locked.items():
        document = bill(run_tool, service, of_service.values(), licences, project)
        yield written(service, document, of_service.values(), fault, BILLS)
    (BILLS / "licences.md").write_text(table(used, licences), "utf-8")
    yield judged(used, licences)


if __name__ == "__main__":
    sys.exit(main())
