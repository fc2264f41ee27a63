"""Where one parcel stands, as a pure function of the set of facts heard of it.

Any permutation and any duplication of the same facts gives the same state. A fact that changes nothing is returned as
`Ignored` with its reason, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.tracking.domain.lifecycle import FINAL, RANK, UNDER_WAY, may_follow
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, Stage

BEFORE_THE_ORDER = timedelta(days=2)
"""Clocks differ and labels are printed early; what is older than this belongs to an earlier use of the reference."""

REUSED_AFTER = timedelta(days=90)
"""Carriers give references out again: a scan this long after the last of a finished parcel is about another one."""


class ParcelKey(NamedTuple):
    """A parcel is a carrier's id and that carrier's reference. As text: `carrier/reference`."""

    carrier: str
    reference: str

    def __str__(self) -> str:
        return f"{self.carrier}/{self.reference}"


@dataclass(frozen=True, slots=True)
class ParcelFact:
    """One carrier event in domain words. `occurred_at`, `eta_from` and `eta_until` are aware instants."""

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


@dataclass(frozen=True, slots=True)
class ParcelState:
    """What is true of a parcel now. A parcel nobody scanned yet is `registered` and has no `ruling` fact.

    `since`: when the present stage began. `seen_at`: the last scan that counted, by id `ruling`. `delivered_at`: the
    first of the present run of delivered scans. Place, eta and taker are the newest known, kept when a scan names none.
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


NEVER_SCANNED = ParcelState()


@dataclass(frozen=True, slots=True)
class Ignored:
    """This fact changed nothing, and why: a short fixed word, fit for a metric's label."""

    reason: str
    fact: UUID


@dataclass(frozen=True, slots=True)
class Walk:
    """One parcel's life: where it ended, all its facts as they happened, those that counted and those that did not."""

    state: ParcelState
    facts: tuple[ParcelFact, ...]
    counted: tuple[ParcelFact, ...]
    ignored: tuple[Ignored, ...]


def in_true_order(facts: Iterable[ParcelFact]) -> tuple[ParcelFact, ...]:
    """Each fact once, as they happened: by instant, then rank of the stage, then id. This is the timeline's order.

    Two contents under one id (a carrier's table was mended between two deliveries): the one with the higher rank stays.
    """
    by_id: dict[UUID, ParcelFact] = {}
    for fact in facts:
        known = by_id.get(fact.id)
        if known is None or (known != fact and _outranks(fact, known)):
            by_id[fact.id] = fact
    return tuple(sorted(by_id.values(), key=lambda f: (f.occurred_at, RANK[f.stage], f.id)))


def _outranks(fact: ParcelFact, known: ParcelFact) -> bool:
    return (RANK[fact.stage], repr(fact)) > (RANK[known.stage], repr(known))


def fold_parcel(facts: Iterable[ParcelFact]) -> ParcelState:
    """The state that all these facts together make."""
    return walk_parcel(facts).state


def walk_parcel(facts: Iterable[ParcelFact]) -> Walk:
    """Go through the facts as they happened and let each one count that may follow what was said before."""
    state = NEVER_SCANNED
    counted: list[ParcelFact] = []
    ignored: list[Ignored] = []
    ordered = in_true_order(facts)
    for fact in ordered:
        reason = _why_ignored(state, fact)
        if reason is None:
            state = _after(state, fact)
            counted.append(fact)
        else:
            ignored.append(Ignored(reason, fact.id))
    return Walk(state, ordered, tuple(counted), tuple(ignored))


def facts_of_order(
    facts: Iterable[ParcelFact], placed_at: datetime
) -> tuple[tuple[ParcelFact, ...], tuple[Ignored, ...]]:
    """Leave out what happened well before the order existed: the reference served another order then."""
    kept: list[ParcelFact] = []
    ignored: dict[UUID, Ignored] = {}
    for fact in facts:
        if fact.occurred_at < placed_at - BEFORE_THE_ORDER:
            ignored[fact.id] = Ignored("reference_reused", fact.id)
        else:
            kept.append(fact)
    return tuple(kept), tuple(ignored[key] for key in sorted(ignored))


def _why_ignored(state: ParcelState, fact: ParcelFact) -> str | None:
    if fact.stage is Stage.UNKNOWN:
        return "unmapped_code"
    if state.seen_at is not None and state.stage in FINAL and fact.occurred_at - state.seen_at > REUSED_AFTER:
        return "reference_reused"
    if not may_follow(state.stage, fact.stage, fact.delivered_to):
        return f"late_scan_after_{state.stage.value}"
    return None


def _after(state: ParcelState, fact: ParcelFact) -> ParcelState:
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
        since=state.since if same_stage else fact.occurred_at,
        seen_at=fact.occurred_at,
        ruling=fact.id,
        first_scan_at=state.first_scan_at or (fact.occurred_at if fact.stage in UNDER_WAY else None),
        delivered_at=_delivered_at(state, fact),
    )


def _delivered_at(state: ParcelState, fact: ParcelFact) -> datetime | None:
    if fact.stage is not Stage.DELIVERED:
        return None
    return state.delivered_at or fact.occurred_at


def as_told_by(state: ParcelState, fact: ParcelFact) -> ParcelState:
    """The parcel as a message about `fact` shows it: what the fact says, with place and eta as they are known now."""
    same_stage = state.stage is fact.stage
    return replace(
        state,
        stage=fact.stage,
        condition=fact.condition,
        action_by=fact.action_by,
        delivered_to=fact.delivered_to or (state.delivered_to if same_stage else None),
    )
