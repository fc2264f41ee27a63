"""The life of one message, as a table. At most once from our side, always; nothing ends without a reason.

    planned -> frozen -> claimed -> in_flight -> accepted -> delivered | read | bounced
    side exits: failed  unknown  superseded  suppressed  expired

`in_flight` is committed before the first byte leaves, and no way leads back from it to an earlier state but one: the
channel's own certain word that nothing was sent. What is found in flight after a crash is `unknown`, for good or until
a receipt resolves it; it is never sent again blindly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.contracts.vocabulary import Verdict


class State(StrEnum):
    PLANNED = "planned"
    FROZEN = "frozen"
    CLAIMED = "claimed"
    IN_FLIGHT = "in_flight"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    BOUNCED = "bounced"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SUPERSEDED = "superseded"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"


WAITING = frozenset({State.PLANNED, State.FROZEN, State.CLAIMED})
"""Nothing has left yet: the message can still be called off."""

_CALLED_OFF = frozenset({State.SUPERSEDED, State.SUPPRESSED, State.EXPIRED, State.FAILED})

TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.PLANNED: _CALLED_OFF | {State.FROZEN},
    State.FROZEN: _CALLED_OFF | {State.CLAIMED, State.PLANNED},  # back only while nobody has tried it
    State.CLAIMED: _CALLED_OFF | {State.IN_FLIGHT, State.FROZEN},
    # Back to frozen only on NOT_SENT or THROTTLED. A receipt can be here before our own answer is.
    State.IN_FLIGHT: frozenset(
        {State.FROZEN, State.ACCEPTED, State.DELIVERED, State.READ, State.BOUNCED, State.FAILED, State.UNKNOWN}
    ),
    State.ACCEPTED: frozenset({State.DELIVERED, State.READ, State.BOUNCED}),
    State.DELIVERED: frozenset({State.READ, State.BOUNCED}),  # a mailbox may take a mail and return it later
    State.UNKNOWN: frozenset({State.ACCEPTED, State.DELIVERED, State.READ, State.BOUNCED}),
    State.READ: frozenset(),
    State.BOUNCED: frozenset({State.DELIVERED, State.READ}),  # a "failed" that came first and was wrong
    State.FAILED: frozenset(),
    State.SUPERSEDED: frozenset(),
    State.SUPPRESSED: frozenset(),
    State.EXPIRED: frozenset(),
}

VERDICT_OF: Mapping[State, Verdict] = {
    State.PLANNED: Verdict.PLANNED,
    State.ACCEPTED: Verdict.SENT,
    State.DELIVERED: Verdict.DELIVERED,
    State.READ: Verdict.READ,
    State.BOUNCED: Verdict.FAILED,
    State.FAILED: Verdict.FAILED,
    State.UNKNOWN: Verdict.UNKNOWN,
    State.SUPERSEDED: Verdict.SUPERSEDED,
    State.SUPPRESSED: Verdict.SUPPRESSED,
    State.EXPIRED: Verdict.EXPIRED,
}
"""What is told to the order. Frozen, claimed and in flight are our own affair."""

STATE_OF_RECEIPT: Mapping[Verdict, State] = {
    Verdict.SENT: State.ACCEPTED,
    Verdict.DELIVERED: State.DELIVERED,
    Verdict.READ: State.READ,
    Verdict.FAILED: State.BOUNCED,
}


def may_become(state: State, then: State) -> bool:
    return then in TRANSITIONS[state]


def sources_of(state: State) -> frozenset[State]:
    """The states from which this one can be reached."""
    return frozenset(source for source, targets in TRANSITIONS.items() if state in targets)


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """How long to wait before the nth further attempt, and after which the message fails. Jitter is added on top."""

    pauses: tuple[timedelta, ...]

    def pause_after(self, attempts: int) -> timedelta | None:
        """None: no further attempt. `attempts` counts those made."""
        return self.pauses[attempts - 1] if attempts <= len(self.pauses) else None


RETRIES = RetrySchedule(
    (
        timedelta(seconds=2),
        timedelta(seconds=10),
        timedelta(seconds=30),
        timedelta(minutes=2),
        timedelta(minutes=10),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=6),
    )
)
"""For attempts of which the channel is certain that nothing was sent."""

LONGEST_RETRY_AFTER = timedelta(hours=1)
"""A provider's Retry-After is honoured up to this."""
