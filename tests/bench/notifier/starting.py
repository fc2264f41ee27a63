"""What `send` needs before it connects to anything, in CPU time: `python -m tests.bench.notifier.starting [shops]`.

It reads its words, tries every text and knows its templates. Baseline: a process that imports the same and ends.
"""

from __future__ import annotations

import importlib
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

from services.notifier.wording.catalog import MESSAGES
from services.notifier.wording.proofread import load_catalog
from services.notifier.wording.template_contract import called
from shared.shops import load_shops
from tests.bench.rows import Row, table

STARTS = 5
SHOPS = Path("tests/load/shops")
_IMPORTS = "import services.notifier.__main__"


def measure(shops: Path) -> Row:
    """In turns, so that what else the machine does meets both."""
    trying = (sys.executable, "-m", "tests.bench.notifier.starting", str(shops), "once")
    turns = [(_cpu_seconds(*trying), _cpu_seconds(sys.executable, "-c", _IMPORTS)) for _ in range(STARTS)]
    values, baselines = zip(*turns, strict=True)
    case = "CPU time of a start of `send`, all texts tried"
    return Row("notifier", case, median(values), "s", median(baselines), "importing the same modules")


def try_once(folder: Path) -> None:
    """As `send` does."""
    importlib.import_module("services.notifier.__main__")
    shops = load_shops(folder)
    assert called(load_catalog(MESSAGES, shops), shops)


def _cpu_seconds(*command: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    given = sys.argv[1:]
    folder = Path(given[0]) if given else SHOPS
    if given[1:] == ["once"]:
        try_once(folder)
    else:
        print(table([measure(folder)]))
