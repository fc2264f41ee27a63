"""From an order's story to its timeline and to the reasons for what was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from uuid import UUID

from services.tracking import store
from services.tracking.api.answers import Timeline, TimelineEntry, Why, WhyFact, WhyMessage, WhyStep
from services.tracking.domain.lifecycle import SHOP_TELLS
from services.tracking.domain.promise import NeverSeen, PromiseBroken, Stalled, TimeFact, broken_on
from services.tracking.domain.shipment import in_true_order
from services.tracking.domain.telling import Told
from services.tracking.domain.which_carrier import as_known_now, is_another, names_now, turns_of
from services.tracking.queries import OrderStory
from shared.contracts.shipments import Location
from shared.contracts.vocabulary import Clock, Step
from shared.database import Row

ANOTHER_CARRIER = "another_carrier"
"""Why a scan changed nothing: the reference is that carrier's, too, and another one has the order's parcel."""

_KINDS: Mapping[type[TimeFact], str] = {
    PromiseBroken: "promise_broken",
    NeverSeen: "never_scanned",
    Stalled: "stalled",
}


def describe_timeline(story: OrderStory) -> Timeline:
    """Every fact in the order in which it happened, whichever came in first."""
    return Timeline(entries=tuple(entry for entry, _ in _entries(story)))


def _entries(story: OrderStory) -> list[tuple[TimelineEntry, Told | None]]:
    """In their order; with what time has told of, which has no event, goes the step that it brought about."""
    facts = chain(_scans(story), _snapshots(story), _carriers(story))
    entries = [*((entry, None) for entry in facts), *_time(story)]
    return sorted(entries, key=lambda pair: (pair[0].at, pair[0].kind, str(pair[0].fact)))


def _ignored(story: OrderStory) -> dict[object, str]:
    return {ignored.fact: ignored.reason for ignored in story.decision.ignored}


def _scans(story: OrderStory) -> Iterator[TimelineEntry]:
    ignored = _ignored(story)
    lots = story.decision.fold.basis.lots
    for key, facts in story.facts.items():
        another = ANOTHER_CARRIER if is_another(key, lots) else None
        for fact in in_true_order(facts):
            place = (fact.city, fact.postal_code, fact.country)
            yield TimelineEntry(
                at=fact.occurred_at,
                clock=fact.clock,
                kind="carrier" if fact.silent_since is None else "silence",
                parcel=str(key),
                stage=fact.stage,
                condition=fact.condition,
                location=Location(city=place[0], postal_code=place[1], country=place[2]) if any(place) else None,
                carrier_code=fact.code,
                carrier_text=fact.text,
                ignored=another or ignored.get(fact.id),
                fact=fact.id,
            )


def _snapshots(story: OrderStory) -> Iterator[TimelineEntry]:
    standing = story.decision.shop
    ignored = _ignored(story)
    for fact in story.snapshots:
        stands = fact.sequence == standing.sequence and fact.digest == standing.digest
        older = "stale" if fact.sequence < standing.sequence else "conflict"
        yield TimelineEntry(
            at=fact.time,
            clock=Clock.EXACT,
            kind="shop",
            state=fact.state,
            sequence=fact.sequence,
            ignored=None if stands else ignored.get(fact.id, older),
            fact=fact.id,
        )


def _time(story: OrderStory) -> Iterator[tuple[TimelineEntry, Told]]:
    zone = story.decision.shop.zone
    for fact in story.time_facts:
        at = broken_on(fact.promised_until, zone) if isinstance(fact, PromiseBroken) else fact.at
        parcel = str(fact.parcel) if fact.parcel else None
        yield TimelineEntry(at=at, clock=Clock.EXACT, kind=_KINDS[type(fact)], parcel=parcel), fact.identity


def _carriers(story: OrderStory) -> Iterator[TimelineEntry]:
    """When one knew, or knew better, who has a parcel that the shop named without its carrier."""
    basis = story.decision.fold.basis
    for lot in basis.lots:
        for turn in turns_of(lot, story.snapshots, story.facts, basis.placed_at):
            yield TimelineEntry(
                at=turn.at,
                clock=Clock.EXACT,
                kind=turn.what,
                parcel=str(turn.parcel),
                before=str(turn.before) if turn.before else None,
            )


def _waiting(story: OrderStory) -> dict[UUID | None, tuple[Step, ...]]:
    """By snapshot: the steps of parcels that nobody can be told of while their carrier is not known."""
    names = names_now(story.decision.fold.basis.lots)
    known = [as_known_now(each, names) for each in story.snapshots if each.open]
    return {
        each.id: tuple(step for step in SHOP_TELLS[each.state] if step.about_parcel)
        for each in known
        if len(each.told_of) < len(each.parcels)
    }


def describe_why(story: OrderStory) -> Why:
    """Every event with what followed from it, down to one verdict for each recipient and channel.

    A step that only the passing of time brought about has no event: it goes by itself.
    """
    names = {str(was): str(now) for was, now in names_now(story.decision.fold.basis.lots).items()}
    messages: dict[tuple[str, str, str], list[WhyMessage]] = {}
    for row in story.messages:
        said = WhyMessage(
            recipient=row["recipient"],
            channel=row["channel"],
            verdict=row["verdict"],
            reason=row["reason"],
            at=row["occurred_at"],
        )
        parcel = row["parcel"] or ""
        messages.setdefault((row["step"], row["occurrence"], names.get(parcel, parcel)), []).append(said)
    entries = _entries(story)
    facts = [entry for entry, _ in entries]
    steps: dict[UUID | Told | None, list[WhyStep]] = {}
    for row in story.steps:
        step = WhyStep(
            step=row["step"],
            occurrence=row["occurrence"],
            told_while_true=row["still_true"],
            messages=tuple(messages.get((row["step"], row["occurrence"], row["parcel"]), ())),
        )
        steps.setdefault(_cause(row, facts) or store.told_from_row(row), []).append(step)
    waiting = _waiting(story)
    return Why(
        decisions=tuple(
            _why(entry, steps.get(entry.fact or told, ()), waiting.get(entry.fact, ())) for entry, told in entries
        )
    )


def _cause(row: Row, entries: Sequence[TimelineEntry]) -> UUID | None:
    """The fact on the timeline that brought the step about, None where only time passed.

    A snapshot delivered again under another id may have taken the place of the delivery that told of the step: the
    record keeps the first id of equal ones, whichever came first. Then it is the last thing the shop had said by then.
    """
    cause: UUID | None = row["caused_by"]
    if cause is None or any(entry.fact == cause for entry in entries):
        return cause
    said = [entry for entry in entries if entry.kind == "shop" and entry.ignored != "conflict"]
    return next((entry.fact for entry in reversed(said) if entry.at <= row["occurred_at"]), None)


def _why(entry: TimelineEntry, followed: Sequence[WhyStep], waits: tuple[Step, ...]) -> WhyFact:
    """A contradicting snapshot shares its id with the one that stands, and brought about nothing."""
    return WhyFact(
        event=entry.fact,
        kind=entry.kind,
        at=entry.at,
        parcel=entry.parcel,
        what=str(entry.stage or entry.state or entry.kind),
        ignored=entry.ignored,
        steps=() if entry.ignored == "conflict" else tuple(followed),
        waits=waits if entry.fact is not None else (),
    )
