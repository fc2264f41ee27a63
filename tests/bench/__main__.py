"""`make bench`: every figure beside its baseline in the same run, as a table and as build/bench.json.

`make bench ARGS=tracking` runs one part. Machines differ and are noisy: the ratio is the figure, the absolute numbers
are for scale.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench import failpoints, fold, tracing
from tests.bench.carrier_gateway import figures as polling
from tests.bench.carrier_gateway import push_figures
from tests.bench.notifier import figures as notifier
from tests.bench.rows import Row, table
from tests.bench.tracking import figures

OUTPUT = Path("build/bench.json")
PARTS = ("failpoints", "fold", "polling", "tracing", "tracking", "notifier", "carrier_gateway")


async def measure(parts: Sequence[str]) -> Mapping[str, list[Row]]:
    """Each part's rows, in the order of PARTS."""
    measured: dict[str, list[Row]] = {}
    if "failpoints" in parts:
        measured["failpoints"] = failpoints.measure()
    if "fold" in parts:
        measured["fold"] = fold.measure()
    if "polling" in parts:
        measured["polling"] = polling.measure()
    if "tracing" in parts:
        measured["tracing"] = tracing.measure()
    if "tracking" in parts:
        measured["tracking"] = await figures.measure()
    if "notifier" in parts:
        measured["notifier"] = await notifier.measure()
    if "carrier_gateway" in parts:
        measured["carrier_gateway"] = await push_figures.measure()
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure, beside a baseline.")
    parser.add_argument("parts", nargs="*", help=f"some of: {', '.join(PARTS)}; all of them when none is named")
    parts = parser.parse_args().parts or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    measured = asyncio.run(measure(parts))
    rows = [row for part in measured.values() for row in part]
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps([row.as_json() for row in rows], indent=2) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
