"""What `send` needs before it connects to anything, in CPU time: `python -m tests.bench.notifier.starting [shops]`.

It reads its words, tries every text and knows its templates. Baseline: a process that imports the same and ends.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from statistics import median

from tests.bench.rows import Row, table

STARTS = 5
SHOPS = "tests/load/shops"
_IMPORTS = "import services.notifier.__main__"
_TRIES = f"""
{_IMPORTS}
import sys
from pathlib import Path
from services.notifier.wording.catalog import MESSAGES
from services.notifier.wording.proofread import load_catalog
from services.notifier.wording.template_contract import called
from shared.shops import load_shops
shops = load_shops(Path(sys.argv[1]))
called(load_catalog(MESSAGES, shops), shops)
"""
"""As `run_send` does, in a process of its own that has read nothing else in."""


def measure(shops: str) -> Row:
    """In turns, so that what else the machine does meets both."""
    turns = [(_cpu_seconds(_TRIES, shops), _cpu_seconds(_IMPORTS)) for _ in range(STARTS)]
    values, baselines = zip(*turns, strict=True)
    case = "CPU time of a start of `send`, all texts tried"
    return Row("notifier", case, median(values), "s", median(baselines), "importing the same modules")


def _cpu_seconds(program: str, *arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run((sys.executable, "-c", program, *arguments), check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    print(table([measure(sys.argv[1] if sys.argv[1:] else SHOPS)]))
