"""Who hears a step, on which channel, now or later, or not and why. Pure: one verdict for every recipient and channel.

A group of channels tells a recipient once, through its first channel that reaches them. What a later step has made
untrue is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from services.notifier.domain.delivery import WAITING, State
from services.notifier.domain.phone_costs import PHONE_CHANNELS
from services.notifier.domain.urgency import Quiet, Urgency, may_leave_at, quiet_again_at, true_for, urgency_of
from shared.contracts.vocabulary import Channel, Step

BUYER = "buyer"

NEEDS_CONSENT = frozenset({Channel.WHATSAPP})
"""Meta asks for an opt-in before the first message. Mail and SMS about an order rest on the contract itself."""

ERASED = "erased"
"""The reason of every message that was waiting, or came up later, when its buyer's contact was erased."""

QUIET_TOO_LONG = "quiet_until_too_late"
"""The reason of a message that is not worth telling any more when the quiet hours end: told late is worse than not."""
OPTED_OUT, NO_CONSENT = "buyer_opted_out", "no_consent"

_ABOUT_MONEY = frozenset({Step.PAYMENT_RECEIVED, Step.REFUNDED})
_RECEIPTS = frozenset({Step.ORDER_CONFIRMED, Step.PAYMENT_RECEIVED, Step.REFUNDED, Step.ORDER_CANCELLED})
_ON_THE_WAY = frozenset({Step.SHIPPED, Step.IN_TRANSIT, Step.DELAYED, Step.CUSTOMS})
_ENDS = frozenset({Step.DELIVERED, Step.RETURNING, Step.RETURNED, Step.LOST, Step.ORDER_CANCELLED})
_SURVIVES_BEING_ON_THE_WAY = frozenset({Step.FAILED_ATTEMPT})
_TAKES_BACK_A_DELIVERY = frozenset(
    {Step.FAILED_ATTEMPT, Step.READY_FOR_PICKUP, Step.DELIVERED, Step.RETURNING, Step.RETURNED, Step.LOST}
)
"""Nothing less does: a shop may say "delivered" while the carrier still drives, and it is not announced twice."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person to tell. `reachable` are the channels they have an address for; `consents` what they agreed to.

    `opted_out`: channels they want to hear nothing on. `necessary_only`: those on which they do without what is
    optional. `dead`: channels whose address is known to reach nobody.
    `phone_refused`: why their phone costs too much to write to (`domain/phone_costs.py`).
    """

    role: str
    reachable: frozenset[Channel]
    consents: frozenset[Channel]
    opted_out: frozenset[Channel] = frozenset()
    necessary_only: frozenset[Channel] = frozenset()
    dead: frozenset[Channel] = frozenset()
    phone_refused: str | None = None


@dataclass(frozen=True, slots=True)
class StepFacts:
    """As much of a step as planning needs. `zone` is the buyer's, an IANA name."""

    step: Step
    parcel: str
    sequence: int
    occurred_at: datetime
    still_true: bool
    silenced: bool
    buyer_must_act: bool
    zone: str
    erased: bool = False
    """The contact was erased on request: nobody is told of this order any more."""
    gift: bool = False

    @property
    def urgency(self) -> Urgency:
        return urgency_of(self.step, buyer_must_act=self.buyer_must_act)


@dataclass(frozen=True, slots=True)
class Rules:
    """A shop's wishes. `quiet` is (begin, end) in local time; begin may lie after end."""

    groups: tuple[tuple[Channel, ...], ...]
    groups_for_step: tuple[tuple[Channel, ...], ...]
    installed: frozenset[Channel]
    quiet: tuple[time, time] | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One message: planned to be sent, or not and why. The times matter to those that may still leave.

    It may leave from `not_before` until just before `quiet_at`, when it has to be put off, and before `expires_at`.
    """

    recipient: str
    channel: Channel
    state: State
    reason: str
    not_before: datetime
    expires_at: datetime
    urgency: Urgency
    quiet: Quiet | None = None
    quiet_at: datetime | None = None
    group: int = 0
    rank: int = 0
    """Which of the shop's groups of channels it belongs to, and the channel's place in it."""
    held_until: datetime | None = None
    """So long it also holds back what comes after it: it waits for news, not for the morning."""


def plan(step: StepFacts, recipients: Sequence[Recipient], rules: Rules, now: datetime) -> tuple[Planned, ...]:
    """One verdict for every recipient and every channel the shop uses."""
    expires_at = step.occurred_at + true_for(step.step)
    quiet = None if rules.quiet is None else Quiet(step.zone, *rules.quiet)
    not_before = may_leave_at(step.urgency, now, quiet, now)
    whole = _verdict_for_all(step, not_before, expires_at, now)
    quiet_at = quiet_again_at(step.urgency, not_before, quiet)
    return tuple(
        Planned(
            recipient.role,
            channel,
            *(whole or verdict),
            not_before,
            expires_at,
            step.urgency,
            quiet,
            quiet_at,
            *place,
        )
        for recipient in recipients
        for channel, verdict, place in _verdicts(step, recipient, rules)
    )


def _verdict_for_all(
    step: StepFacts, not_before: datetime, expires_at: datetime, now: datetime
) -> tuple[State, str] | None:
    if step.erased:
        return State.SUPPRESSED, ERASED
    if not step.still_true:
        return State.SUPERSEDED, "later_facts_known"
    if step.silenced:
        return State.SUPPRESSED, "shop_asked_for_silence"
    if expires_at <= now:
        return State.EXPIRED, "too_old_to_tell"
    if expires_at <= not_before:
        return State.EXPIRED, QUIET_TOO_LONG
    return None


def _verdicts(
    step: StepFacts, recipient: Recipient, rules: Rules
) -> Iterator[tuple[Channel, tuple[State, str], tuple[int, int]]]:
    for nth, group in enumerate(rules.groups):
        told_by: Channel | None = None
        for rank, channel in enumerate(group):
            reason = why_not(step, channel, recipient, rules)
            if reason is not None:
                yield channel, (State.SUPPRESSED, reason), (nth, rank)
            elif told_by is None:
                told_by = channel
                yield channel, (State.PLANNED, "due"), (nth, rank)
            else:
                yield channel, (State.STANDBY, f"told_by_{told_by}"), (nth, rank)


def why_not(step: StepFacts, channel: Channel, recipient: Recipient, rules: Rules) -> str | None:
    """Why this step cannot be told to this recipient through this channel; None when it can."""
    if channel not in {channel for group in rules.groups_for_step for channel in group}:
        return "not_for_this_step"
    if channel not in rules.installed:
        return "channel_not_installed"
    if channel not in recipient.reachable:
        return "no_address"
    if step.gift and recipient.role != BUYER and step.step in _ABOUT_MONEY:
        return "gift_hides_money"
    if channel in recipient.opted_out or (step.urgency is Urgency.OPTIONAL and channel in recipient.necessary_only):
        return OPTED_OUT
    if channel in NEEDS_CONSENT and channel not in recipient.consents:
        return NO_CONSENT
    if channel in recipient.dead:
        return "address_unreachable"
    if channel in PHONE_CHANNELS:
        return recipient.phone_refused
    return None


@dataclass(frozen=True, slots=True)
class Told:
    """One message of an order, old or new, as far as one can make another untrue."""

    recipient: str
    channel: Channel
    step: Step
    parcel: str
    sequence: int
    buyer_must_act: bool
    state: State


def overtake(messages: Iterable[Told]) -> dict[int, str]:
    """Which of one order's messages are overtaken, by position, and by what first. Only such as are still waiting."""
    known = list(messages)
    overtaken: dict[int, str] = {}
    for position, old in enumerate(known):
        if old.state not in WAITING:
            continue
        by = min(((new.sequence, new.step) for new in known if overtakes(new, old)), default=None)
        if by is not None:
            overtaken[position] = f"overtaken_by_{by[1]}"
    return overtaken


def overtakes(new: Told, old: Told) -> bool:
    """Whether the old message must not leave any more because of the new one."""
    if new.sequence <= old.sequence or new.recipient != old.recipient:
        return False
    if new.state is State.SUPERSEDED:  # not true itself: announced late, or overtaken by what overtakes the old one too
        return False
    if new.state in (State.SUPPRESSED, State.EXPIRED, State.FAILED) and new.step not in _ENDS:
        return False
    if new.channel is not old.channel and new.step not in _ENDS:
        return False
    return _makes_untrue(new, old)


def _makes_untrue(new: Told, old: Told) -> bool:
    if new.step is Step.ORDER_CANCELLED:
        return old.step in _ON_THE_WAY | {Step.ORDER_CONFIRMED, Step.PAYMENT_RECEIVED, Step.PREPARING}
    if old.step is Step.PREPARING:
        return new.step.about_parcel
    if old.step in _RECEIPTS or new.step in _RECEIPTS or new.parcel != old.parcel:
        return False
    if not new.step.about_parcel:
        return False
    if old.step is Step.DELIVERED:
        return new.step in _TAKES_BACK_A_DELIVERY
    survives = old.buyer_must_act or old.step in _SURVIVES_BEING_ON_THE_WAY
    return not (survives and new.step in _ON_THE_WAY)
