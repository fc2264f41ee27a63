"""What it can mean that a parcel is late, and where that is news. One page of tables, beside `lifecycle.py`."""

from __future__ import annotations

from enum import StrEnum

from shared.contracts.vocabulary import Condition, Stage


class Lateness(StrEnum):
    """Ways in which a parcel can be late: the first word of the occurrence of `delayed`.

    At most one of them is told in an episode, whatever the order in which they come about.
    """

    DELAY = "delay"
    """The carrier says so."""
    ETA = "eta"
    """The carrier expects it after the promised day."""
    PROMISE = "promise"
    """The promised day is over."""
    FIRST_SCAN = "first_scan"
    """The shop says that it was sent, and the carrier has not seen it."""
    STALLED = "stalled"
    """Nobody has scanned it for too long."""


AGAINST_THE_PROMISE = frozenset({Lateness.ETA, Lateness.PROMISE})
"""Their episode ends when the parcel goes out, arrives, or is promised anew; that of the others with any movement."""

ON_THE_ROAD = frozenset({Stage.REGISTERED, Stage.ACCEPTED, Stage.IN_TRANSIT})
"""Being late is news only here: elsewhere the buyer has just heard something better, or must act already."""

CAN_STALL = frozenset({Stage.ACCEPTED, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY})
"""Silence means something here. Before the first scan another clock runs; afterwards the buyer or the shop is asked."""

PAUSED = frozenset({Condition.HELD})
"""Nothing is expected to move, and somebody wished it so."""
