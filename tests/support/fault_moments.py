"""The moves of the ledger at which processes are killed, just before and just after their commit."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.ledger_moves import PLANNING, Moment, allowed


def _moments(*moves: tuple[str, str]) -> Sequence[Moment]:
    """Of the moves that the ledger knows."""
    known = [move for move in moves if allowed(*move)]
    return tuple(Moment(was, became, committed) for was, became in known for committed in (False, True))


PLANNED = _moments((PLANNING, "planned"))
"""By the consumer."""
SENT = _moments(
    ("planned", "frozen"),
    ("frozen", "claimed"),
    ("claimed", "frozen"),  # of what the one before it left behind
    ("claimed", "in_flight"),
    ("in_flight", "accepted"),
    ("in_flight", "unknown"),
    ("in_flight", "failed"),
    ("in_flight", "frozen"),
    ("unknown", "in_flight"),
    ("unknown", "frozen"),
    ("standby", "planned"),
)
"""By the sender."""
RECEIVED = _moments(
    ("accepted", "delivered"),
    ("delivered", "read"),
    ("accepted", "bounced"),
    ("in_flight", "accepted"),
    ("in_flight", "delivered"),
    ("unknown", "accepted"),
    ("unknown", "delivered"),
)
"""By the API that takes receipts."""
