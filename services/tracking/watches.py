"""Which parcels the gateway has to ask for: a watch while it travels with a polled carrier, then a tombstone.

A parcel that its order no longer names is no longer asked for, unless another order still does. One that was named
without its carrier is asked for at each carrier that may have it, until one of them has.
One that has been silent for so long that the gateway gave it up is asked for again once somebody else scans it.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from datetime import datetime

from services.tracking.announce import SOURCE, Document, shipment_in
from services.tracking.directory import Directory
from services.tracking.domain.fold import Fold
from services.tracking.domain.lifecycle import FINAL
from services.tracking.domain.order import Decision
from services.tracking.domain.shipment import ParcelKey, ParcelState
from shared.contracts.envelope import Envelope, Outgoing
from shared.contracts.topics import TRACKING_WATCHES
from shared.contracts.watches import Watch


def may_need_watching(directory: Directory, before: Fold | None, decision: Decision) -> bool:
    """True when a parcel of a polled carrier is new or has changed its stage."""
    known = before.walks if before is not None else {}
    return any(
        directory.polled(key.carrier) and (key not in known or not _same(known[key].state, state))
        for key, state in decision.parcels.items()
    )


def watch_events(
    directory: Directory, document: Document, decision: Decision, before: Fold | None, wanted_by_others: Set[ParcelKey]
) -> Iterator[Outgoing]:
    """A watch for each parcel that is new or changed its stage, a tombstone for each that has just come to its end or
    is silent.
    """
    named = before.asked_for if before is not None else frozenset()
    wanted = decision.fold.asked_for
    for key, state in sorted(decision.parcels.items()):
        if not directory.polled(key.carrier):
            continue
        watch, was_named = _watch(document, key, state), key in named
        if key not in wanted:
            if was_named and key not in wanted_by_others:
                yield _tombstone(watch)
        elif before is not None and was_named and _same(before.walks[key].state, state):
            continue
        elif state.stage in FINAL or state.silent_since is not None:
            yield _tombstone(watch)
        else:
            yield Outgoing.of(
                TRACKING_WATCHES, watch, key=watch.key, id=watch.event_id, time=watch.since, source=SOURCE
            )


def _same(before: ParcelState, now: ParcelState) -> bool:
    return before.stage is now.stage and before.silent_since == now.silent_since


def _watch(document: Document, key: ParcelKey, state: ParcelState) -> Watch:
    bound_for = (shipment_in(document, key) or {}).get("destination") or {}
    return Watch(
        carrier=key.carrier,
        reference=key.reference,
        since=datetime.fromisoformat(document["placed_at"]),
        stage=state.stage,
        country=bound_for.get("country"),
        postal_code=bound_for.get("postal_code"),
    )


def _tombstone(watch: Watch) -> Outgoing:
    envelope = Envelope(watch.event_id, SOURCE, TRACKING_WATCHES.event_type, watch.since)
    return Outgoing(TRACKING_WATCHES.name, watch.key.encode(), None, envelope.to_headers())
