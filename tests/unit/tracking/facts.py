"""Builders for the facts of one order in March 2026: they name only what matters to the story being told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from uuid import NAMESPACE_OID, uuid5

from services.tracking.domain.order import Decision, advance
from services.tracking.domain.promise import TimeFact
from services.tracking.domain.shipment import ParcelFact, ParcelKey, ParcelState
from services.tracking.domain.snapshot import ShopFact
from services.tracking.domain.telling import StepDue, Told
from services.tracking.domain.walk import walk_parcel
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, PaymentState, ShopState, Stage

SEUR = ParcelKey("seur", "12345678901234")
CORREOS = ParcelKey("correos", "PQ4E8K0000001230128001X")


def at(day: int, clock: str = "10:00") -> datetime:
    """A day and a UTC time in March 2026."""
    return datetime.fromisoformat(f"2026-03-{day:02}T{clock}:00").replace(tzinfo=UTC)


def scan(
    stage: str,
    day: int,
    clock: str = "10:00",
    *,
    condition: str | None = None,
    by: str | None = None,
    to: str | None = None,
    city: str | None = None,
    eta: datetime | None = None,
    of: ParcelKey = SEUR,
) -> ParcelFact:
    identity = f"{of}|{stage}|{day}|{clock}|{condition}|{by}|{to}|{city}"
    return ParcelFact(
        id=uuid5(NAMESPACE_OID, identity),
        occurred_at=at(day, clock),
        stage=Stage(stage),
        condition=Condition(condition) if condition else None,
        action_by=Actor(by) if by else None,
        delivered_to=DeliveredTo(to) if to else None,
        city=city,
        eta_until=eta,
    )


def fold_parcel(facts: Iterable[ParcelFact]) -> ParcelState:
    """The state that all these facts together make."""
    return walk_parcel(facts).state


def says(
    state: str,
    sequence: int = 1,
    *,
    day: int = 2,
    clock: str = "09:00",
    parcels: Sequence[ParcelKey] = (),
    paid: str | None = None,
    promise: date | None = None,
    more_to_come: bool = False,
    zone: str = "Europe/Madrid",
    home_zone: str = "Europe/Madrid",
    content: str | None = None,
) -> ShopFact:
    """The shop's snapshot. `content` is what tells two contents under one sequence apart."""
    digest = content if content is not None else f"{state}|{parcels}|{paid}|{promise}|{more_to_come}"
    return ShopFact(
        id=uuid5(NAMESPACE_OID, f"snapshot|{sequence}|{digest}"),
        sequence=sequence,
        time=at(day, clock),
        digest=digest,
        state=ShopState(state),
        placed_at=at(2, "08:00"),
        zone=zone,
        payment=PaymentState(paid) if paid else None,
        parcels=tuple(parcels),
        promise_until=promise,
        lines_pending=more_to_come,
        home_zone=home_zone,
    )


def decide(
    shop: ShopFact | Sequence[ShopFact],
    seur: Iterable[ParcelFact] = (),
    correos: Iterable[ParcelFact] = (),
    time_facts: Iterable[TimeFact] = (),
    told: Iterable[Told] | Mapping[Told, datetime | None] = (),
) -> Decision:
    """`advance` for the one or two parcels that these stories have."""
    snapshots = [shop] if isinstance(shop, ShopFact) else shop
    parcels: Mapping[ParcelKey, Sequence[ParcelFact]] = {SEUR: tuple(seur), CORREOS: tuple(correos)}
    known = told if isinstance(told, Mapping) else dict.fromkeys(told)
    return advance(snapshots, {key: facts for key, facts in parcels.items() if facts}, time_facts, known)


def heard(steps: Iterable[StepDue]) -> list[str]:
    """What the buyer is told, in order: the steps that are still true."""
    return [due.step.value for due in steps if due.still_true]


def recorded(steps: Iterable[StepDue]) -> list[str]:
    """What goes on record only, for it is no longer true."""
    return [due.step.value for due in steps if not due.still_true]


class Buyer:
    """Takes part in a story as it unfolds: keeps what was told, and hears what is new."""

    def __init__(self) -> None:
        self.told: dict[Told, datetime | None] = {}

    def hears(
        self,
        shop: ShopFact | Sequence[ShopFact],
        seur: Iterable[ParcelFact] = (),
        correos: Iterable[ParcelFact] = (),
        time_facts: Iterable[TimeFact] = (),
    ) -> list[str]:
        steps = decide(shop, seur, correos, time_facts, self.told).steps
        self.told |= {due.identity: due.occurred_at if due.still_true else None for due in steps}
        return heard(steps)
