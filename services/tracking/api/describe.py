"""From an order's story to the answers about it."""

from __future__ import annotations

from collections.abc import Iterator

from services.tracking.announce import Announcer, parcel_facts, shipment_of
from services.tracking.api.answers import (
    MessageAnswer,
    OrderAnswer,
    PromiseAnswer,
    ShipmentAnswer,
    StepAnswer,
    Timeline,
    TimelineEntry,
    Why,
    WhyFact,
    WhyMessage,
    WhyStep,
)
from services.tracking.domain.order import promise_is_broken
from services.tracking.domain.promise import NeverSeen, PromiseBroken, Stalled, broken_on
from services.tracking.domain.shipment import ParcelKey, in_true_order
from services.tracking.queries import OrderStatus, OrderStory
from shared.contracts.shipments import Location
from shared.contracts.vocabulary import Clock
from shared.database import Row


def describe_order(story: OrderStatus, announcer: Announcer) -> OrderAnswer:
    order, decision = story.order, story.decision
    promise = order.promise
    return OrderAnswer(
        shop=order.shop,
        order_id=order.order_id,
        state=decision.state,
        placed_at=order.placed_at,
        sequence=order.sequence,
        parcels_total=decision.parcels_total,
        parcels_delivered=decision.parcels_delivered,
        shipments=tuple(_shipment(story, key, announcer) for key in decision.shop.parcels),
        lines=order.lines,
        payment=order.payment,
        promise=PromiseAnswer(
            deliver_from=promise.deliver_from,
            deliver_until=promise.deliver_until,
            broken=promise_is_broken(decision),
        )
        if promise
        else None,
        tracking_url=announcer.tracking_url(order.shop, order.order_id),
        steps=tuple(_step(row) for row in story.steps),
        messages=tuple(_message(row) for row in story.messages),
    )


def _shipment(story: OrderStatus, key: ParcelKey, announcer: Announcer) -> ShipmentAnswer:
    state = story.decision.parcels[key]
    shop = announcer.shops[story.order.shop]
    facts = parcel_facts(shop, announcer.directory, key, shipment_of(story.order, key), state)
    return ShipmentAnswer(
        carrier=facts.carrier,
        carrier_name=facts.carrier_name,
        reference=facts.reference,
        phone=facts.contact.phone,
        phone_of_shop=facts.contact.of_shop,
        carrier_url=facts.carrier_url,
        stage=facts.stage,
        condition=facts.condition,
        action_by=facts.action_by,
        delivered_to=facts.delivered_to,
        location=facts.location,
        eta=facts.eta,
        since=state.since,
        lines=facts.lines,
    )


def _step(row: Row) -> StepAnswer:
    return StepAnswer(
        step=row["step"],
        occurrence=row["occurrence"],
        parcel=row["parcel"] or None,
        occurred_at=row["occurred_at"],
        told_while_true=row["still_true"],
    )


def _message(row: Row) -> MessageAnswer:
    return MessageAnswer(
        id=row["message"],
        step=row["step"],
        occurrence=row["occurrence"],
        parcel=row["parcel"],
        recipient=row["recipient"],
        channel=row["channel"],
        verdict=row["verdict"],
        reason=row["reason"],
        language=row["language"],
        at=row["occurred_at"],
    )


def describe_timeline(story: OrderStory) -> Timeline:
    """Every fact in the order in which it happened, whichever came in first."""
    entries = [*_scans(story), *_snapshots(story), *_time(story)]
    return Timeline(entries=tuple(sorted(entries, key=lambda e: (e.at, e.kind, str(e.fact)))))


def _ignored(story: OrderStory) -> dict[object, str]:
    return {ignored.fact: ignored.reason for ignored in story.decision.ignored}


def _scans(story: OrderStory) -> Iterator[TimelineEntry]:
    ignored = _ignored(story)
    for key, facts in story.facts.items():
        for fact in in_true_order(facts):
            place = (fact.city, fact.postal_code, fact.country)
            yield TimelineEntry(
                at=fact.occurred_at,
                clock=fact.clock,
                kind="carrier",
                parcel=str(key),
                stage=fact.stage,
                condition=fact.condition,
                location=Location(city=place[0], postal_code=place[1], country=place[2]) if any(place) else None,
                carrier_code=fact.code,
                carrier_text=fact.text,
                ignored=ignored.get(fact.id),
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


def _time(story: OrderStory) -> Iterator[TimelineEntry]:
    zone = story.decision.shop.zone
    for fact in story.time_facts:
        match fact:
            case PromiseBroken():
                at, kind = broken_on(fact.promised_until, zone), "promise_broken"
            case NeverSeen():
                at, kind = fact.at, "never_scanned"
            case Stalled():
                at, kind = fact.at, "stalled"
        yield TimelineEntry(at=at, clock=Clock.EXACT, kind=kind, parcel=str(fact.parcel) if fact.parcel else None)


def describe_why(story: OrderStory) -> Why:
    """Every event with what followed from it, down to one verdict for each recipient and channel.

    A step that only the passing of time brought about has no event: it goes by its parcel and its instant.
    """
    messages: dict[tuple[str, str, str], list[WhyMessage]] = {}
    for row in story.messages:
        said = WhyMessage(
            recipient=row["recipient"],
            channel=row["channel"],
            verdict=row["verdict"],
            reason=row["reason"],
            at=row["occurred_at"],
        )
        messages.setdefault((row["step"], row["occurrence"], row["parcel"] or ""), []).append(said)
    steps: dict[object, list[WhyStep]] = {}
    for row in story.steps:
        step = WhyStep(
            step=row["step"],
            occurrence=row["occurrence"],
            told_while_true=row["still_true"],
            messages=tuple(messages.get((row["step"], row["occurrence"], row["parcel"]), ())),
        )
        steps.setdefault(row["caused_by"] or (row["parcel"], row["occurred_at"]), []).append(step)
    return Why(decisions=tuple(_why(entry, steps) for entry in describe_timeline(story).entries))


def _why(entry: TimelineEntry, steps: dict[object, list[WhyStep]]) -> WhyFact:
    """A contradicting snapshot shares its id with the one that stands, and brought about nothing."""
    followed = () if entry.ignored == "conflict" else steps.get(entry.fact or (entry.parcel or "", entry.at), ())
    return WhyFact(
        event=entry.fact,
        kind=entry.kind,
        at=entry.at,
        parcel=entry.parcel,
        what=str(entry.stage or entry.state or entry.kind),
        ignored=entry.ignored,
        steps=tuple(followed),
    )
