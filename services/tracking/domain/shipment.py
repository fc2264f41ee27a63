"""One parcel: what a carrier said of it, one fact at a time, and what is true of it after the next one.

A fact that changes nothing is answered with its reason, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from services.tracking.domain.lifecycle import ARRIVED, FINAL, RANK, UNDER_WAY, may_follow
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, Stage

REUSED_AFTER = timedelta(days=90)
"""Carriers give references out again: a scan this long after the last one is about another parcel."""

BEGUN_ANEW_AFTER = timedelta(days=14)
"""And so is a first scan (label data, hand-over) this long after a parcel came to its end."""

_BEGINNINGS = frozenset({Stage.REGISTERED, Stage.ACCEPTED})

CLOCK_SKEW = timedelta(minutes=15)
"""Nobody can have heard of a scan before it happened. What is further ahead than this is dated by when it was heard."""


class ParcelKey(NamedTuple):
    """A parcel is a carrier's id and that carrier's reference. As text: `carrier/reference`."""

    carrier: str
    reference: str

    def __str__(self) -> str:
        return f"{self.carrier}/{self.reference}"


Place = tuple[datetime, int, UUID, datetime]
"""Where a fact stands among all facts of its parcel: instant, rank of its stage, id, and the instant it claimed."""


class ParcelFact(NamedTuple):
    """One carrier event in domain words.

    `occurred_at` is the carrier's own instant. `heard_at` is set only where that instant lay in the future: the fact
    then counts as of when it was heard. `silent_since`: it is no scan but says that nothing new has come since then,
    and that the carrier is not asked any more. All instants are aware.
    """

    id: UUID
    occurred_at: datetime
    stage: Stage
    condition: Condition | None = None
    action_by: Actor | None = None
    delivered_to: DeliveredTo | None = None
    clock: Clock = Clock.EXACT
    city: str | None = None
    country: str | None = None
    postal_code: str | None = None
    code: str | None = None
    text: str | None = None
    eta_from: datetime | None = None
    eta_until: datetime | None = None
    heard_at: datetime | None = None
    silent_since: datetime | None = None

    @property
    def at(self) -> datetime:
        """When it happened, as far as we can believe it."""
        return self.heard_at or self.occurred_at

    @property
    def place(self) -> Place:
        return (self.heard_at or self.occurred_at, RANK[self.stage], self.id, self.occurred_at)


class ParcelState(NamedTuple):
    """What is true of a parcel now. A parcel nobody scanned yet is `registered` and has no `ruling` fact.

    `since`: when the present stage began. `seen_at`: the last scan that counted, by id `ruling`. `delivered_at`: the
    first of the present run of delivered scans. `arrived_at`: when it first reached, or tried to reach, the buyer.
    Place, eta and taker are the newest known, kept when a scan names none. `silent_since`: the carrier is no longer
    asked, for it has said nothing new since then; any scan that counts ends that.
    """

    stage: Stage = Stage.REGISTERED
    condition: Condition | None = None
    action_by: Actor | None = None
    delivered_to: DeliveredTo | None = None
    city: str | None = None
    country: str | None = None
    postal_code: str | None = None
    eta_from: datetime | None = None
    eta_until: datetime | None = None
    since: datetime | None = None
    seen_at: datetime | None = None
    ruling: UUID | None = None
    first_scan_at: datetime | None = None
    delivered_at: datetime | None = None
    arrived_at: datetime | None = None
    silent_since: datetime | None = None


NEVER_SCANNED = ParcelState()


class Ignored(NamedTuple):
    """This fact changed nothing, and why: a short fixed word, fit for a metric's label."""

    reason: str
    fact: UUID


def in_true_order(facts: Iterable[ParcelFact]) -> tuple[ParcelFact, ...]:
    """Each fact once, as they happened: by instant, then rank of the stage, then id. This is the timeline's order.

    Two contents under one id (a carrier's table was mended between two deliveries) are two facts.
    """
    known = dict.fromkeys(facts)
    if len(known) == 1:
        return tuple(known)
    ordered = sorted(known, key=_place)
    if any(a.occurred_at == b.occurred_at and a.id == b.id for a, b in pairwise(ordered)):
        ordered.sort(key=lambda fact: (fact.place, repr(fact)))
    return tuple(ordered)


def _place(fact: ParcelFact) -> Place:
    return fact.place


def begins_anew(state: ParcelState, fact: ParcelFact) -> bool:
    """True when so much time has passed that the carrier has given the reference to another parcel."""
    if state.seen_at is None:
        return False
    since = fact.at - state.seen_at
    over = state.stage in FINAL and fact.stage in _BEGINNINGS
    return since > (BEGUN_ANEW_AFTER if over else REUSED_AFTER)


def why_ignored(state: ParcelState, fact: ParcelFact) -> str | None:
    """None when the fact counts."""
    if may_follow(state.stage, fact.stage, fact.delivered_to):
        return None
    return f"late_scan_after_{state.stage.value}"


def why_not_silent(state: ParcelState, fact: ParcelFact) -> str | None:
    """None when the silence holds: nothing that counted has happened after it began."""
    if state.stage in FINAL:
        return f"silent_after_{state.stage.value}"
    if state.seen_at is not None and fact.silent_since is not None and state.seen_at > fact.silent_since:
        return "silence_was_broken"
    return None


def after(state: ParcelState, fact: ParcelFact) -> ParcelState:
    """What is true once a fact that counts has happened."""
    same_stage = state.stage is fact.stage and state.ruling is not None
    over = fact.stage in FINAL or fact.stage is Stage.RETURNING
    has_eta = fact.eta_until is not None
    has_place = fact.city is not None or fact.country is not None or fact.postal_code is not None
    return ParcelState(
        stage=fact.stage,
        condition=fact.condition,
        action_by=fact.action_by,
        delivered_to=fact.delivered_to or (state.delivered_to if same_stage else None),
        city=fact.city if has_place else state.city,
        country=fact.country if has_place else state.country,
        postal_code=fact.postal_code if has_place else state.postal_code,
        eta_from=None if over else fact.eta_from if has_eta else state.eta_from,
        eta_until=None if over else fact.eta_until if has_eta else state.eta_until,
        since=state.since if same_stage else fact.at,
        seen_at=fact.at,
        ruling=fact.id,
        first_scan_at=state.first_scan_at or (fact.at if fact.stage in UNDER_WAY else None),
        delivered_at=_delivered_at(state, fact),
        arrived_at=state.arrived_at or (fact.at if fact.stage in ARRIVED else None),
    )


def _delivered_at(state: ParcelState, fact: ParcelFact) -> datetime | None:
    if fact.stage is not Stage.DELIVERED:
        return None
    return state.delivered_at or fact.at


def as_told_by(state: ParcelState, fact: ParcelFact) -> ParcelState:
    """The parcel as a message about `fact` shows it: what the fact says, with place and eta as they are known now."""
    same_stage = state.stage is fact.stage
    return state._replace(
        stage=fact.stage,
        condition=fact.condition,
        action_by=fact.action_by,
        delivered_to=fact.delivered_to or (state.delivered_to if same_stage else None),
    )
