"""How much processor time a parser takes for a body, without a fuzzer's instruments: `python -m tests.fuzz.clock`.

With a parser's name and a file it ends with 1 when the file takes too long. Without a file it times the heaviest bodies
that can be made of the samples of each parser (or of those named), prints the worst, and keeps those that are too slow.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tests.support.grown_samples import grown
from tests.support.parsers import PARSERS, Parser, parser_named

LONGEST = timedelta(milliseconds=50)
TRIES = 5
KEPT = Path("build/fuzz/slow")


def taken(parser: Parser, body: bytes, tries: int = 1) -> timedelta:
    """The best of the tries: a neighbour on the machine makes one slower, never faster."""
    best = timedelta.max
    for _ in range(tries):
        started = time.process_time()
        parser.survives(body)
        best = min(best, timedelta(seconds=time.process_time() - started))
        if best <= LONGEST:
            break
    return best


def worst_of(parser: Parser) -> tuple[timedelta, bytes]:
    bodies = [body for sample in parser.samples for body in (sample, *grown(sample, parser.longest))]
    parser.survives(bodies[0])
    timed = [(taken(parser, body, TRIES), body) for body in bodies]
    return max(timed)


def main(arguments: Sequence[str]) -> int:
    if len(arguments) == 2 and Path(arguments[1]).is_file():
        parser, body = parser_named(arguments[0]), Path(arguments[1]).read_bytes()
        parser.survives(parser.samples[0])
        return int(taken(parser, body, TRIES) > LONGEST)
    slow = 0
    for parser in [parser_named(name) for name in arguments] or PARSERS:
        best, body = worst_of(parser)
        print(f"{parser.name:24}{best / timedelta(milliseconds=1):8.1f} ms for {len(body)} bytes", flush=True)
        if best > LONGEST:
            slow += 1
            KEPT.mkdir(parents=True, exist_ok=True)
            (KEPT / parser.name).write_bytes(body)
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
