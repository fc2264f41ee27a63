"""One parser under atheris: `python -m tests.fuzz.target NAME` and libFuzzer's own arguments. Run by `tests.fuzz`.

Instruments make everything slower, so what seems slow here is timed again without them before it counts.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
import time
from datetime import timedelta

import atheris

SUSPECT = timedelta(milliseconds=50)


class TooSlow(Exception):
    """A body that takes more than 50 ms of processor time without instruments."""


def main() -> None:
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["services", "shared"]):
        parsers = importlib.import_module("tests.support.parsers")
    parser = parsers.parser_named(name)
    slowest = SUSPECT

    def read(body: bytes) -> None:
        nonlocal slowest
        started = time.process_time()
        parser.survives(body[: parser.longest])
        passed = timedelta(seconds=time.process_time() - started)
        if passed > slowest:
            slowest = passed * 1.2
            _time_again(name, body[: parser.longest])

    atheris.Setup(sys.argv, read)
    atheris.Fuzz()


def _time_again(name: str, body: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        timed = subprocess.run([sys.executable, "-m", "tests.fuzz.clock", name, file.name], check=False)
    if timed.returncode:
        raise TooSlow(name)


if __name__ == "__main__":
    main()
