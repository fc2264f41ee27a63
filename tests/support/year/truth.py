"""What is true of a life, read off its record: which promises stood, what kept or voided them, what is good news."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.contracts.vocabulary import Actor, ShopState, Stage
from tests.support.year.lives import Life, Notice, Parcel, Said, Scan

_FOREVER = datetime.max.replace(tzinfo=UTC)
_ARRIVED = (Stage.DELIVERED, Stage.FAILED_ATTEMPT, Stage.READY_FOR_PICKUP)
_GIVEN_UP = (Stage.RETURNING, Stage.RETURNED, Stage.LOST, Stage.CANCELLED)
_AT_THE_DOOR = (*_ARRIVED, Stage.OUT_FOR_DELIVERY)
_ON_THE_WAY = (Stage.ACCEPTED, Stage.IN_TRANSIT)


class Promised(NamedTuple):
    """A day that the shop promised, and that was over before it named another.

    `broken_at`: the first instant of the next day. `parcels`: those that the shop had named by then.
    """

    until: date
    said_at: datetime
    replaced_at: datetime
    broken_at: datetime
    parcels: tuple[Parcel, ...]


def begins(day: date, zone: str, days: int = 0, at: time = time.min) -> datetime:
    """When clocks in `zone` show `at`, so many days after `day`; in UTC."""
    return datetime.combine(day + timedelta(days=days), at, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def new_promises(life: Life) -> list[Said]:
    """The first snapshot, and each that promises another day than the one before."""
    changes: list[Said] = []
    for said in life.said:
        if not changes or changes[-1].promise_until != said.promise_until:
            changes.append(said)
    return changes


def promises_of(life: Life) -> list[Promised]:
    """Every promise that still stood when its day was over."""
    found, changes = [], new_promises(life)
    ends = [*(said.at for said in changes[1:]), _FOREVER]
    for said, replaced_at in zip(changes, ends, strict=True):
        if said.promise_until is None:
            continue
        broken_at = begins(said.promise_until, life.zone, days=1)
        if said.at <= broken_at < replaced_at:
            found.append(Promised(said.promise_until, said.at, replaced_at, broken_at, named(life, at=broken_at)))
    return found


def named(life: Life, *, at: datetime) -> tuple[Parcel, ...]:
    """The parcels of the newest snapshot by then. Raises IndexError before the first."""
    return [said for said in life.said if said.at <= at][-1].parcels


def has_arrived(life: Life, parcel: Parcel, *, before: datetime, heard_by: datetime = _FOREVER) -> bool:
    """It was delivered, attempted or waited at a point; and tracking knew."""
    return any(
        scan.stage in _ARRIVED and scan.occurred_at < before and scan.heard_at[0] <= heard_by
        for scan in life.scans[parcel]
    )


def was_called_off(life: Life, parcel: Parcel | None, *, before: datetime, heard_by: datetime = _FOREVER) -> bool:
    """The shop cancelled the order, or the parcel was lost, called off or on its way back; and tracking knew."""
    if any(said.state in (ShopState.CANCELLED, ShopState.RETURNED) and said.at < before for said in life.said):
        return True
    return parcel is not None and any(
        scan.stage in _GIVEN_UP and scan.occurred_at < before and scan.heard_at[0] <= heard_by
        for scan in life.scans[parcel]
    )


def went_out(life: Life, parcel: Parcel, *, after: datetime, heard_by: datetime) -> bool:
    return any(
        scan.stage is Stage.OUT_FOR_DELIVERY and scan.occurred_at >= after and scan.heard_at[0] <= heard_by
        for scan in life.scans[parcel]
    )


def buyer_must_act(life: Life, parcel: Parcel, *, heard_by: datetime) -> bool:
    """The newest scan that tracking knew says so."""
    known = [scan for scan in life.scans[parcel] if scan.heard_at[0] <= heard_by]
    newest = max(known, key=lambda scan: scan.occurred_at, default=None)
    return newest is not None and newest.action_by is Actor.BUYER


def ends_episode(life: Life, notice: Notice, scan: Scan) -> bool:
    """Good news after this notice: it is at the door; or it moves again; or the carrier names a day that holds."""
    kind, _, rest = notice.occurrence.partition(":")
    if scan.stage in _AT_THE_DOOR:
        return True
    if kind == "promise":
        return False
    if kind == "eta":
        promised = date.fromisoformat(rest[:10])
        return scan.eta_until is not None and scan.eta_until < begins(promised, life.zone, days=1)
    return scan.stage in _ON_THE_WAY and scan.condition is None
