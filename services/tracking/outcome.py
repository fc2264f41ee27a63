"""From a decision to the rows and events that record it: state, links, steps, messages to others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking import store_writes
from services.tracking.announce import Announcer, Document
from services.tracking.checkpoint import write_basis, write_fold
from services.tracking.corrections import Amended, told_of_another_carrier
from services.tracking.decided import Outcome
from services.tracking.domain.lifecycle import FINAL
from services.tracking.domain.order import Decision, is_late
from services.tracking.domain.promise import deadlines
from services.tracking.domain.snapshot import ShopFact
from services.tracking.ops.conflicts import mark_conflicts
from services.tracking.rows import shop_fact_to_json
from services.tracking.store import OrderKey
from services.tracking.watches import watch_events
from shared.contracts.envelope import Outgoing
from shared.contracts.vocabulary import OrderState
from shared.messaging.outbox import append

FINISHED = frozenset({OrderState.DELIVERED, OrderState.CANCELLED, OrderState.RETURNED})


@dataclass
class _Rows:
    orders: list[dict[str, Any]] = field(default_factory=list)
    standing: list[dict[str, Any]] = field(default_factory=list)
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    contested: set[OrderKey] = field(default_factory=set)
    outgoing: list[Outgoing] = field(default_factory=list)
    amended: Mapping[OrderKey, Sequence[Amended]] = field(default_factory=dict)


async def write_outcomes(
    tx: AsyncConnection, outcomes: Iterable[Outcome], traces: Mapping[UUID, str | None], announcer: Announcer
) -> None:
    rows, outcomes = _Rows(), tuple(outcomes)
    rows.amended = await told_of_another_carrier(tx, outcomes)
    for outcome in outcomes:
        _announce(rows, outcome, traces, announcer)
        _record(rows, outcome, announcer)
    await store_writes.write_orders(tx, rows.orders)
    await store_writes.write_links(tx, rows.links)
    await store_writes.write_steps(tx, rows.steps)
    if rows.snapshots:
        await store_writes.write_snapshots(tx, rows.snapshots)
        await store_writes.keep_documents(tx, rows.standing)
        await mark_conflicts(tx, rows.contested)
    if rows.standing:
        await store_writes.write_standing(tx, rows.standing)
    await append(tx, rows.outgoing)


def _announce(rows: _Rows, outcome: Outcome, traces: Mapping[UUID, str | None], announcer: Announcer) -> None:
    decision, document = outcome.decision, outcome.document
    if document is None:
        assert not decision.steps, "a step is told with the order it is about"
        return
    amended = rows.amended.get(outcome.key, ())
    for nth, (event_id, due) in enumerate(amended, start=outcome.before.steps_announced + 1):
        rows.outgoing.append(announcer.outgoing_step(document, decision, due, nth, traces, amends=event_id)[1])
    for nth, due in enumerate(decision.steps, start=outcome.before.steps_announced + len(amended) + 1):
        identity, event = announcer.outgoing_step(document, decision, due, nth, traces)
        rows.outgoing.append(event)
        rows.steps.append(
            {
                "shop": outcome.key.shop,
                "order_id": outcome.key.order_id,
                "step": due.step,
                "occurrence": due.occurrence,
                "parcel": str(due.parcel) if due.parcel else "",
                "sequence": nth,
                "occurred_at": due.occurred_at,
                "still_true": due.still_true,
                "event_id": identity,
                "caused_by": due.caused_by,
            }
        )
    before = outcome.before.fold
    rows.outgoing.extend(watch_events(announcer.directory, document, decision, before, outcome.wanted_by_others))


def _record(rows: _Rows, outcome: Outcome, announcer: Announcer) -> None:
    decision = outcome.decision
    announced = len(rows.amended.get(outcome.key, ())) + len(decision.steps)
    rows.orders.append(_order_row(outcome, announcer, announced))
    rows.links.extend(_link_rows(outcome))
    before = outcome.before.fold
    if before is None or before.basis != decision.fold.basis:
        rows.standing.append(_standing_row(outcome))
    if any(ignored.reason in ("conflict", "stale") for ignored in decision.ignored):
        rows.contested.add(outcome.key)
    for fact in outcome.snapshots:
        stands = (fact.sequence, fact.digest) == (decision.shop.sequence, decision.shop.digest)
        rows.snapshots.append(_snapshot_row(outcome.key, fact, outcome.document if stands else None))


def _standing_row(outcome: Outcome) -> dict[str, Any]:
    basis, document = outcome.decision.fold.basis, outcome.document
    assert document is not None, "a snapshot is applied with its document"
    return {
        "shop": outcome.key.shop,
        "order_id": outcome.key.order_id,
        "sequence": basis.shop.sequence,
        "digest": basis.shop.digest,
        "placed_at": datetime.fromisoformat(document["placed_at"]),
        "email": email.lower() if (email := document["buyer"].get("email")) else None,
        "phone": document["buyer"].get("phone"),
        "basis": write_basis(basis),
    }


def _snapshot_row(key: OrderKey, fact: ShopFact, document: Document | None) -> dict[str, Any]:
    return {
        "shop": key.shop,
        "order_id": key.order_id,
        "sequence": fact.sequence,
        "digest": fact.digest,
        "event_id": fact.id,
        "said_at": fact.time,
        "fact": orjson.dumps(shop_fact_to_json(fact)).decode(),
        "document": orjson.dumps(document).decode() if document is not None else None,
    }


def _link_rows(outcome: Outcome) -> list[dict[str, Any]]:
    """Those that changed of all parcels the order ever had; position -1: the standing snapshot does not name it."""
    decision, before = outcome.decision, outcome.before.fold
    same_parcels = (
        before is not None
        and not outcome.snapshots
        and set(before.walks) == set(decision.parcels)
        and before.shop.parcels == decision.shop.parcels
    )
    positions = {parcel: nth for nth, parcel in enumerate(decision.shop.parcels)}
    rows = []
    for parcel, state in sorted(decision.parcels.items()):
        if same_parcels and before is not None:
            known = before.walks[parcel].state
            if known.stage is state.stage and known.condition is state.condition:
                continue
        rows.append(
            {
                "shop": outcome.key.shop,
                "order_id": outcome.key.order_id,
                "carrier": parcel.carrier,
                "reference": parcel.reference,
                "position": positions.get(parcel, -1),
                "stage": state.stage,
                "condition": state.condition,
            }
        )
    return rows


def _order_row(outcome: Outcome, announcer: Announcer, announced: int) -> dict[str, Any]:
    decision, key = outcome.decision, outcome.key
    finished = decision.state in FINISHED
    return {
        "shop": key.shop,
        "order_id": key.order_id,
        "state": decision.state,
        "late": not finished and is_late(decision),
        "steps_announced": outcome.before.steps_announced + announced,
        "finished_at": _finished_at(decision) if finished else None,
        "check_at": None if finished else _check_at(decision, key, announcer),
        "fold": write_fold(decision.fold),
    }


def _finished_at(decision: Decision) -> datetime:
    seen = [state.seen_at for state in decision.parcels.values() if state.seen_at and state.stage in FINAL]
    return max((*seen, decision.shop.time))


def _check_at(decision: Decision, key: OrderKey, announcer: Announcer) -> datetime | None:
    """When somebody has to look again whether something is late; None when time alone will tell nothing more."""
    fold, patience = decision.fold, announcer.patience[key.shop]
    due = deadlines(fold.shop, decision.parcels, fold.basis.sent, fold.told, patience)
    return min((each.at for each in due), default=None)
