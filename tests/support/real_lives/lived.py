"""A life as tracking takes it in: its facts in domain words, and what its buyers hear while it happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from services.tracking.domain.telling import StepDue
from services.tracking.translate import parcel_fact, parcel_key, patience_of, shop_fact
from shared.contracts.base import Contract
from shared.contracts.orders import Order
from shared.contracts.shipments import ShipmentEvent
from shared.messaging.inbox import Delivery
from tests.support.model_tracking import Arrival, ModelTracking, Said, Scanned
from tests.support.real_lives import LIVES
from tests.support.real_lives.script import Life, Moment, parcel
from tests.support.tracking_world import FARO


def arrivals_of(moment: Moment, tracking: ModelTracking) -> Sequence[Arrival]:
    """One line as the consumer or, where it only looks at the clock, the watch would bring it in now."""
    if moment.fact is None:
        return tracking.due(moment.at, patience_of(FARO))
    delivery = moment.delivery()
    if isinstance(delivery.data, Order):
        return [Said(delivery.data.order_id, shop_fact(cast("Delivery[Order]", delivery), FARO))]
    assert isinstance(delivery.data, ShipmentEvent)
    return [Scanned(parcel_key(delivery.data), parcel_fact(cast("Delivery[ShipmentEvent]", delivery)))]


def live_through(life: Life, tag: str = "") -> tuple[ModelTracking, list[Arrival], list[tuple[str, ...]]]:
    """Tell it line by line, as it happened: where that ends, every fact, and what was heard at each line."""
    tracking, facts, heard = ModelTracking(), list[Arrival](), list[tuple[str, ...]]()
    for moment in life.moments(tag):
        arrivals = arrivals_of(moment, tracking)
        facts += arrivals
        heard.append(_heard(tracking.take(arrivals)))
    return tracking, facts, heard


def messages(lives: Sequence[Life] = LIVES) -> list[Delivery[Contract]]:
    """Everything that shops and carriers say in these lives; their names are told apart by the number of the life."""
    moments = (moment for nth, life in enumerate(lives) for moment in life.moments(f"-{nth}"))
    return [moment.delivery() for moment in moments if moment.fact is not None]


def _heard(announced: Mapping[str, Sequence[StepDue]]) -> tuple[str, ...]:
    return tuple(
        due.step if name == "A" else f"{name}:{due.step}"
        for name, steps in announced.items()
        for due in steps
        if due.still_true
    )


def truth_of(tracking: ModelTracking, life: Life) -> dict[str, str]:
    """What is true of each thing that the life's end speaks of."""
    return {subject: _truth(tracking, subject) for subject in life.truth}


def _truth(tracking: ModelTracking, subject: str) -> str:
    order, is_parcel, alias = subject.partition(":")
    if not is_parcel and subject in tracking.orders:
        decision = tracking.orders[subject].decision
        return str(decision.state) if decision is not None else "nothing"
    decisions = [known.decision for name, known in tracking.orders.items() if not is_parcel or name == order]
    stages = {
        str(state.stage)
        for decision in decisions
        if decision is not None
        for key, state in decision.parcels.items()
        if key == parcel(alias or subject)
    }
    return "/".join(sorted(stages))
