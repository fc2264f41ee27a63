"""The life of one message, as a table. At most once from our side, always; nothing ends without a reason.

    standby -> planned -> frozen -> claimed -> in_flight -> accepted -> delivered | read | bounced
    side exits: failed  unknown  superseded  suppressed  expired

`in_flight` is committed before the first byte leaves, and no way leads back from it to an earlier state but one: the
channel's own certain word that nothing was sent. What is found in flight after a crash is `unknown`, for good or until
a receipt or the provider itself resolves it (`AGAIN`); it is never sent again blindly.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from shared.contracts.vocabulary import Channel, Verdict


class State(StrEnum):
    STANDBY = "standby"
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

HELD_BACK = WAITING | {State.STANDBY}
"""All that an erasure or the buyer's own word can still call off."""

_CALLED_OFF = frozenset({State.SUPERSEDED, State.SUPPRESSED, State.EXPIRED, State.FAILED})

TRANSITIONS: Mapping[State, frozenset[State]] = {
    # Another channel of its group tells; this one takes over when that one cannot.
    State.STANDBY: frozenset({State.PLANNED, State.SUPERSEDED, State.SUPPRESSED, State.EXPIRED}),
    State.PLANNED: _CALLED_OFF | {State.FROZEN},
    # Planned anew: another provider writes it, or it was never tried and is to be worded otherwise.
    State.FROZEN: _CALLED_OFF | {State.CLAIMED, State.PLANNED},
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

AGAIN: Mapping[State, frozenset[State]] = {State.UNKNOWN: frozenset({State.IN_FLIGHT, State.FROZEN})}
"""The doors out of doubt that lead to another attempt, each with its own key, and apart from `TRANSITIONS`.

`in_flight`: the same bytes under the same key, to a provider that recognises it. `frozen`: the provider, looked up,
never took it; or the shop wished that a message on which the buyer must act is sent again (once).
"""

VERDICT_OF: Mapping[State, Verdict] = {
    State.STANDBY: Verdict.SUPPRESSED,
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


def sources_of(state: State) -> frozenset[State]:
    """The states from which this one can be reached."""
    return frozenset(source for source, targets in TRANSITIONS.items() if state in targets)


def receipt_sources(state: State, channel: Channel) -> frozenset[State]:
    """The states from which a receipt may lead to this one, so that receipts in any order end in the same state.

    A handset's word that it has the message outweighs any failure. A mailbox may take a mail and return it: there a
    bounce outweighs a delivery, and only being read outweighs both.
    """
    if channel is not Channel.EMAIL:
        return sources_of(state) - ({State.DELIVERED} if state is State.BOUNCED else set())
    return sources_of(state) - ({State.BOUNCED} if state is State.DELIVERED else set())
