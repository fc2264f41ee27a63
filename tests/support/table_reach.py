"""Which rows of a carrier's code table no payload reaches: a code misspelt in its own table would never be met.

For each row, a sample is changed until an event means what the row says, under the row's code: the code stands in for
one of the sample's values, its parts (`X/48`) for two, or a row of wordings is met by an example of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import permutations

from services.carrier_gateway.parts.base import Carrier, Malformed, Meaning, Parsed, Row, Skip
from services.carrier_gateway.parts.plain_text import code_text
from shared.contracts.shipments import ShipmentEvent
from tests.support.carrier_samples import Sample, samples_of
from tests.support.payload_fields import Path, leaves, with_value

MOST_VALUES = 25
"""Of a sample, for pairs of them to be tried."""
_ANY = "*"

Way = tuple[Sample, tuple[Path, ...]]


def unreached(carrier: Carrier) -> list[str]:
    """The codes of such rows."""
    samples = sorted(
        (sample for sample in samples_of(carrier) if carrier.parse(sample.payload).events),
        key=lambda sample: sample.case != "unknown_code",
    )
    told = [event for sample in samples for event in carrier.parse(sample.payload).events]
    ways: list[Way] = []
    return [
        code
        for code, meaning in carrier.codes.items()
        if not _is_told(told, code, meaning) and not _reach(carrier, code, meaning, samples, ways)
    ]


def _reach(carrier: Carrier, code: str, meaning: Meaning, samples: list[Sample], ways: list[Way]) -> bool:
    """Tries what has worked for other rows first; keeps what works."""
    for way in (*ways, *_all_ways(samples, {len(spelt) for spelt in _spellings(carrier, code)})):
        for spelt in _spellings(carrier, code):
            if len(spelt) == len(way[1]) and _shows(carrier, code, meaning, way, spelt):
                if way not in ways:
                    ways.append(way)
                return True
    return False


def _all_ways(samples: list[Sample], lengths: set[int]) -> Iterator[Way]:
    for length in sorted(lengths):
        for sample in samples:
            spots = list(leaves(sample.payload))
            if length == 1 or len(spots) <= MOST_VALUES:
                yield from ((sample, places) for places in permutations(spots, length))


def _spellings(carrier: Carrier, code: str) -> list[tuple[str, ...]]:
    """How a payload may hold it."""
    examples = {wording.name: wording.examples for wording in carrier.wordings}
    whole: list[tuple[str, ...]] = [(text,) for text in (code, *examples.get(code, ()))]
    first, slash, second = code.partition("/")
    if not slash:
        return whole
    return [*whole, *((first, text) for text in ("whatever" if second == _ANY else second, *examples.get(second, ())))]


def _shows(carrier: Carrier, code: str, meaning: Meaning, way: Way, spelt: tuple[str, ...]) -> bool:
    sample, places = way
    body = sample.payload
    for place, text in zip(places, spelt, strict=True):
        body = with_value(body, place, text)
    try:
        parsed: Parsed = carrier.parse(body)
    except Malformed:
        return False
    if isinstance(meaning, Skip):
        return parsed.skipped > carrier.parse(sample.payload).skipped
    return _is_told(parsed.events, code, meaning)


def _is_told(events: tuple[ShipmentEvent, ...] | list[ShipmentEvent], code: str, meaning: Meaning) -> bool:
    return isinstance(meaning, Row) and any(
        Row(event.stage, event.condition, event.action_by, event.delivered_to) == meaning
        and _is_code(event.carrier_code, code)
        for event in events
    )


def _is_code(shown: str | None, code: str) -> bool:
    """A wording that had a say is shown behind the code; a row for whatever follows is shown with what followed."""
    if shown is None:
        return code_text(code) is None
    return shown == code or shown.startswith(f"{code}/") or fnmatchcase(shown, code)
