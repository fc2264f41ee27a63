"""The codes a carrier used that have no row, each with the newest text beside it, as far as it may be kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from services.carrier_gateway.parts.plain_text import code_text, plain
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Stage

_NUMBER = re.compile(r"\d(?:[ ()./+-]?\d){5,}")
"""Six digits and more are a phone, a parcel or a person, and no carrier's code."""


@dataclass
class UnmappedSample:
    code: str | None
    text: str | None
    count: int
    last_at: datetime


class UnmappedCodes:
    """At most `most` codes; the one not seen for longest gives way. Counts how often each was told, repeats too."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._samples: dict[str | None, UnmappedSample] = {}
        self.forgotten = 0

    def note(self, event: ShipmentEvent, now: datetime) -> None:
        """Adapters hand out cleaned words only; here they are cleaned once more, and long numbers go."""
        if event.stage is not Stage.UNKNOWN:
            return
        code, text = without_numbers(code_text(event.carrier_code)), without_numbers(plain(event.carrier_text))
        sample = self._samples.pop(code, None) or UnmappedSample(code, text, 0, now)
        sample.text, sample.count, sample.last_at = text or sample.text, sample.count + 1, now
        self._samples[code] = sample
        if len(self._samples) > self._most:
            self._samples.pop(next(iter(self._samples)))
            self.forgotten += 1

    @property
    def samples(self) -> tuple[UnmappedSample, ...]:
        """The newest first."""
        return tuple(reversed(self._samples.values()))


def without_numbers(text: str | None) -> str | None:
    return _NUMBER.sub("…", text) if text else None
