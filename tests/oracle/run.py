"""What the checks of the whole run look at, and how much patience they have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tests.oracle.folder import AcceptLog, RunFolder
from tests.oracle.ledger import Ledger
from tests.oracle.records import DeadLetter, Op

FAULTS = frozenset({"kill", "pause", "resume", "restart", "fault_on", "fault_off"})
TROUBLE = FAULTS - {"fault_off", "resume"}


@dataclass(frozen=True)
class Limits:
    """The targets of a run. `settle`: from the last fault, or the last thing sent, until nothing moves any more."""

    settle: timedelta = timedelta(minutes=5)
    service_back: timedelta = timedelta(seconds=20)
    service_back_usually: timedelta = timedelta(seconds=5)
    postgres_back: timedelta = timedelta(seconds=10)
    broker_back: timedelta = timedelta(seconds=30)
    rss_growth_bytes_a_minute: float = 1024 * 1024
    warm_up: timedelta = timedelta(minutes=2)
    shortest_slope: timedelta = timedelta(minutes=3)


@dataclass(frozen=True)
class WholeRun:
    folder: RunFolder
    ledger: Ledger
    log: AcceptLog
    ops: list[Op]
    dead: list[DeadLetter]
    claimed: frozenset[str]
    """The ids of all messages that some order knows."""
    limits: Limits = Limits()
