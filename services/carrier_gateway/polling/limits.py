"""How much a carrier may be asked: what its adapter knows, unless the environment says better, for contracts differ.

CARRIER_<ID>_DAILY_QUOTA           questions a day (UTC), of all pollers together
CARRIER_<ID>_MINIMUM_GAP_SECONDS   between two questions, of all pollers together
CARRIER_<ID>_CONCURRENCY           questions on their way at once, of each poller
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.carrier_gateway.parts.pull import Pull
from shared.settings import BrokenConfiguration

MOST_A_DAY = 10_000_000
MOST_AT_ONCE = 100
LONGEST_GAP = timedelta(hours=1)
SHORTEST_GAP = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Limits:
    daily_quota: int
    minimum_gap: timedelta
    concurrency: int = 1


def read_limits(pull: Pull, prefix: str, environ: Mapping[str, str]) -> Limits:
    """Raises BrokenConfiguration naming the variable that cannot be right."""
    gap = _seconds(f"{prefix}_MINIMUM_GAP_SECONDS", environ, pull.minimum_gap)
    return Limits(
        daily_quota=_whole(f"{prefix}_DAILY_QUOTA", environ, pull.daily_quota, MOST_A_DAY),
        minimum_gap=max(gap, SHORTEST_GAP),
        concurrency=_whole(f"{prefix}_CONCURRENCY", environ, pull.concurrency, MOST_AT_ONCE),
    )


def _whole(variable: str, environ: Mapping[str, str], usual: int, most: int) -> int:
    text = environ.get(variable, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
        raise BrokenConfiguration(f"environment: {variable}: is not a whole number from 1 to {most}")
    return int(text)


def _seconds(variable: str, environ: Mapping[str, str], usual: timedelta) -> timedelta:
    text = environ.get(variable, "").strip()
    if not text:
        return usual
    longest = LONGEST_GAP.total_seconds()
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= longest:
        raise BrokenConfiguration(f"environment: {variable}: is not a number of seconds from 0 to {longest:.0f}")
    return timedelta(seconds=seconds)
