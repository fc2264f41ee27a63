"""`make bench`: every figure beside its baseline in the same run, as a table and as build/bench.json.

Machines differ and are noisy: the ratio is the figure, the absolute numbers are for scale.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.bench import fold, rendering, taking_in
from tests.bench.rows import Row, table

OUTPUT = Path("build/bench.json")


async def run_all() -> list[Row]:
    rows = [*fold.measure(), *rendering.measure()]
    return [*rows, *await taking_in.measure()]


def main() -> None:
    rows = asyncio.run(run_all())
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps([row.as_json() for row in rows], indent=2) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
