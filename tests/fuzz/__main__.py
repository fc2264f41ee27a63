"""`make fuzz`: every parser under atheris, one after the other, each with our samples to start from.

Resumable: what is done stands in build/fuzz/done.json and is not done again, what was learnt in build/fuzz/corpus. What
breaks a parser, or takes it more than 50 ms, is kept in build/fuzz/found; once mended it belongs into
tests/samples/found/<parser>/, where every test run reads it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

from tests.support.parsers import PARSERS, Parser, parser_named

HOME = Path("build/fuzz")
DONE = HOME / "done.json"
LONGEST_BODY = 16 * 1024
"""Of what the fuzzer invents: longer ones make it slow and reach no more; `tests.fuzz.clock` makes the long ones."""


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz every parser.")
    arguments.add_argument("names", nargs="*", help="parsers; all of them when none is named")
    arguments.add_argument("--executions", type=int, default=1_000_000)
    given = arguments.parse_args()
    broken = [
        parser.name
        for parser in [parser_named(name) for name in given.names] or PARSERS
        if _done().get(parser.name, {}).get("executions", 0) < given.executions and not _fuzz(parser, given.executions)
    ]
    print(f"{len(broken)} parsers broke: {', '.join(broken)}" if broken else "no parser broke")
    return int(bool(broken))


def _fuzz(parser: Parser, executions: int) -> bool:
    """Whether it held; then it is done for so many executions."""
    corpus, found = HOME / "corpus" / parser.name, HOME / "found" / parser.name
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    for sample in parser.samples:
        (corpus / hashlib.sha256(sample).hexdigest()[:40]).write_bytes(sample)
    print(f"{parser.name}: {executions} executions", flush=True)
    started = time.monotonic()
    libfuzzer = [f"-runs={executions}", f"-max_len={min(parser.longest, LONGEST_BODY)}", f"-artifact_prefix={found}/"]
    options = ["-verbosity=0", "-timeout=30", "-rss_limit_mb=2048", "-print_final_stats=1"]
    command = [sys.executable, "-m", "tests.fuzz.target", parser.name, str(corpus), *libfuzzer, *options]
    held = subprocess.run(command, check=False).returncode == 0
    seconds = time.monotonic() - started
    print(f"{parser.name}: {'held' if held else 'BROKE'}, {executions / seconds:.0f} executions/s", flush=True)
    if held:
        DONE.write_text(json.dumps({**_done(), parser.name: {"executions": executions, "seconds": round(seconds)}}))
    return held


def _done() -> dict[str, dict[str, int]]:
    done: dict[str, dict[str, int]] = json.loads(DONE.read_text()) if DONE.exists() else {}
    return done


if __name__ == "__main__":
    sys.exit(main())
