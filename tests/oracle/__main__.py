"""`python -m tests.oracle <run folder>`: the figures, then every finding; exit code 1 when there is one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.oracle.judge import Judgement, judge

SHOWN = 50


def tell(judgement: Judgement) -> None:
    for name, value in judgement.figures.items():
        print(f"{name:<60} {value:.1e}" if isinstance(value, float) else f"{name:<60} {value}")
    for finding in judgement.findings[:SHOWN]:
        print(finding)
    if len(judgement.findings) > SHOWN:
        print(f"... and {len(judgement.findings) - SHOWN} more")
    print(f"{len(judgement.findings)} findings")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle")
    parser.add_argument("folder", type=Path)
    judgement = judge(parser.parse_args().folder)
    tell(judgement)
    return 0 if judgement.good else 1


if __name__ == "__main__":
    sys.exit(main())
