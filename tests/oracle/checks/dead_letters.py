"""Each thing that nobody can take in is one dead letter at its own place on Kafka, and nothing else is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.oracle.run import WholeRun
from tests.oracle.verdicts import Finding, Tally

Place = tuple[str | None, int | None, int | None]


def of_run(run: WholeRun, tally: Tally) -> Iterator[Finding]:
    """One that was sent without an answer may have arrived, at a place that nobody knows."""
    expected, unsure = set[Place](), 0
    for line in run.ledger.buried:
        if line.taken and line.topic is None:
            yield Finding("dead_letters.taken", f"sent line {line.n}", "refused", f"answered {line.status}")
        elif line.taken:
            expected.add((line.topic, line.partition, line.offset))
        elif line.topic is not None:
            unsure += 1
    letters = Counter[Place]((letter.topic, letter.partition, letter.offset) for letter in run.dead)
    tally["dead letters"] = letters.total()
    tally["dead letters expected"] = len(expected)
    for place in sorted(expected, key=str):
        if letters[place] != 1:
            yield Finding("dead_letters.once", _words(place), "one dead letter", str(letters[place]))
    surplus = sorted(letters.keys() - expected, key=str)
    for place in surplus if len(surplus) > unsure else ():
        yield Finding("dead_letters.valid", _words(place), "taken in", "a dead letter")


def _words(place: Place) -> str:
    topic, partition, offset = place
    return f"{topic}, partition {partition}, offset {offset}"
