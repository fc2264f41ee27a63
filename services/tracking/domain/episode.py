"""At most one notice in an episode of being late: what the buyer has heard already is not told in other words.

An episode begins with a notice and ends with good news. Being late against the promise ends at the buyer's door, or
when the shop or the carrier names a day that holds; a silence or a delay ends with any movement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.tracking.domain.lateness import AGAINST_THE_PROMISE, Lateness
from services.tracking.domain.shipment import ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.domain.telling import StepDue, Told
from services.tracking.domain.walk import NOT_BEGUN, Walk
from shared.contracts.vocabulary import Step

AsTold = Mapping[Told, datetime | None]
"""Every step ever announced. The instant it is dated, or None where it went on record only."""

_KINDS = frozenset(str(kind) for kind in Lateness)


def tells_of_lateness(told: Told) -> bool:
    return told.step is Step.DELAYED and told.occurrence.partition(":")[0] in _KINDS


def once_in_an_episode(
    dues: Iterable[StepDue],
    told: AsTold,
    shop: ShopFact,
    walks: Mapping[ParcelKey, Walk],
    promised_at: datetime | None,
) -> tuple[StepDue, ...]:
    """The same steps; of those that are about being late the ones the buyer knows about are for the record only.

    `promised_at`: when the shop first named the day that it promises now: a new hope, whatever was told before.
    """
    notices = {what: at for what, at in told.items() if at is not None and tells_of_lateness(what)}
    kept: list[StepDue] = []
    for due in dues:
        if due.still_true and tells_of_lateness(due.identity):
            walk = walks.get(due.parcel, NOT_BEGUN) if due.parcel is not None else NOT_BEGUN
            known = ((what, at) for what, at in notices.items() if what.parcel in (due.parcel, None))
            if any(_goes_on(what, at, shop, walk, promised_at) for what, at in known):
                due = due._replace(still_true=False)
            else:
                notices[due.identity] = due.occurred_at
        kept.append(due)
    return tuple(kept)


def _goes_on(notice: Told, at: datetime, shop: ShopFact, walk: Walk, promised_at: datetime | None) -> bool:
    kind, _, rest = notice.occurrence.partition(":")
    if promised_at is not None and promised_at > at:
        return False
    if walk.good_at is not None and walk.good_at > at:
        return False
    if kind not in AGAINST_THE_PROMISE:
        return walk.moved_at is None or walk.moved_at <= at
    if shop.promise_until is None or not rest.startswith(shop.promise_until.isoformat()):
        return False
    label, _, run = notice.occurrence.rpartition(":")
    return kind != Lateness.ETA or (label in walk.unbroken and walk.runs[label] == int(run))
