"""What was told of a parcel before its carrier turned out to be another one: it goes by the right key from then on.

A step on record keeps its event and is not told again. What was told while it was true is amended, so that a message
that still waits names the right carrier, or does not leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking.decided import Outcome
from services.tracking.domain.telling import StepDue, Told
from services.tracking.domain.which_carrier import names_now
from services.tracking.rows import parcel_from_text
from services.tracking.store import OrderKey
from shared.contracts.vocabulary import Clock, Step
from shared.database import Row, columns, fetch


class Amended(NamedTuple):
    """A step that was told with another carrier, by its event, and as it would be told now."""

    event: UUID
    due: StepDue


async def told_of_another_carrier(
    tx: AsyncConnection, outcomes: Iterable[Outcome]
) -> Mapping[OrderKey, Sequence[Amended]]:
    """Rewrite the steps on record, and answer those to amend, in the order in which they were told."""
    changed = {each.key: each for each in outcomes if _turned(each)}
    if not changed:
        return {}
    renamed = await _rename(tx, [row for outcome in changed.values() for row in _renames(outcome)])
    found: dict[OrderKey, list[Amended]] = {}
    for row in sorted(renamed, key=lambda row: int(row["sequence"])):
        key = OrderKey(row["shop"], row["order_id"])
        if row["still_true"]:
            found.setdefault(key, []).append(_amended(row, changed[key]))
    return found


def _turned(outcome: Outcome) -> bool:
    lots = outcome.decision.fold.basis.lots
    return bool(lots) and (outcome.before.fold is None or outcome.before.fold.basis.lots != lots)


def _renames(outcome: Outcome) -> list[dict[str, Any]]:
    names = names_now(outcome.decision.fold.basis.lots)
    return [{**outcome.key._asdict(), "was": str(was), "now": str(now)} for was, now in names.items()]


async def _rename(tx: AsyncConnection, names: Sequence[Row]) -> Sequence[Row]:
    """A step on record under both names stays so."""
    return await fetch(
        tx,
        "UPDATE steps s SET parcel = k.now FROM unnest(CAST(:shop AS text[]), CAST(:order_id AS text[]), "
        "CAST(:was AS text[]), CAST(:now AS text[])) AS k (shop, order_id, was, now) "
        "WHERE s.shop = k.shop AND s.order_id = k.order_id AND s.parcel = k.was "
        "AND NOT EXISTS (SELECT 1 FROM steps o WHERE o.shop = s.shop AND o.order_id = s.order_id "
        "AND o.step = s.step AND o.occurrence = s.occurrence AND o.parcel = k.now) "
        "RETURNING s.shop, s.order_id, s.step, s.occurrence, s.parcel, s.sequence, s.occurred_at, s.still_true, "
        "s.event_id",
        **columns(names, "shop", "order_id", "was", "now"),
    )


def _amended(row: Row, outcome: Outcome) -> Amended:
    """What is not true of the right carrier's parcel is amended by that."""
    told = Told(Step(row["step"]), row["occurrence"], parcel_from_text(row["parcel"]))
    assert told.parcel is not None, "only steps about a parcel are renamed"
    event = UUID(int=row["event_id"].int)
    for due in outcome.decision.retold:
        if due.identity == told:
            return Amended(event, due)
    seen = outcome.decision.parcels[told.parcel]
    return Amended(event, StepDue(*told[:2], told.parcel, row["occurred_at"], Clock.EXACT, None, False, seen))
