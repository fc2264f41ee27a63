"""Everything a parcel message can be about: each step with each condition, actor and place, with data at its worst."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import product
from typing import Any

from services.notifier.wording.situation import RecipientView
from services.notifier.wording.specimens import rich, specimen_shop
from services.notifier.wording.variants import NO_PARCEL, VARIANTS, variant_of
from shared.contracts.orders import Line
from shared.contracts.steps import Contact, StepReached
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage, Step

BUYER = RecipientView("María de los Ángeles Fernández-Villaverde y Ruiz de Alarcón 🌸", "buyer", None)
RECEIVER = RecipientView("Tomás 🎁", "receiver", None)
SHOP = specimen_shop("es")
"""Its name has two accents and an emoji."""

OWN_COURIER = {
    "carrier": "own",
    "carrier_name": "Reparto de la Librería 🚲",
    "contact": Contact(phone=SHOP.support_phone, of_shop=True),
    "carrier_url": None,
}
PLACES: Mapping[str, Mapping[str, Any]] = {
    "home": {},
    "pickup": {"delivered_to": DeliveredTo.PICKUP_POINT},
    "neighbour": {"delivered_to": DeliveredTo.NEIGHBOUR},
    "locker": {"delivered_to": DeliveredTo.LOCKER},
    "own_courier": OWN_COURIER,
}
_OCCURRENCES = {
    Step.DELAYED: ("delay:1", "promise:2026-09-21", "eta:2026-09-22:1", "stalled:2026-09-16T09:15:00Z", "first_scan")
}
_STAGES = {Step.SHIPPED: (Stage.REGISTERED, Stage.ACCEPTED)}


def situations(step: Step) -> Iterator[tuple[str, StepReached]]:
    """Each with its place: step x condition x action_by x place, in each way of being late and, once sent, scanned."""
    plain = rich(step, None)
    if plain.parcel is None:
        yield "home", with_worst_data(plain)
        return
    if NO_PARCEL in VARIANTS[step]:
        yield "home", with_worst_data(rich(step, NO_PARCEL))
    for stage, occurrence in product(_STAGES.get(step, (Stage.IN_TRANSIT,)), _OCCURRENCES.get(step, ("1",))):
        for condition, actor in product((None, *Condition), (None, *Actor)):
            for place, facts in PLACES.items():
                changes = {"stage": stage, "condition": condition, "action_by": actor, **facts}
                yield place, with_worst_data(plain, occurrence=occurrence, **changes)


@cache
def told_apart(step: Step) -> dict[tuple[str | None, str], StepReached]:
    """One situation for each wording and place. `test_render_matrix` proves that the others read the same."""
    found: dict[tuple[str | None, str], StepReached] = {}
    for place, reached in situations(step):
        found.setdefault((variant_of(reached), place), reached)
    return found


def with_worst_data(step: StepReached, *, occurrence: str = "1", **parcel: Any) -> StepReached:
    lines = tuple(
        Line(id=str(n), title=f"Cuaderno 📓 n.º {n}, con un título que no se acaba", quantity=n) for n in (1, 2)
    )
    return step.model_copy(
        update={
            "occurrence": occurrence,
            "occurred_at": datetime(2026, 9, 22, 10, 40, tzinfo=UTC),
            "parcel": step.parcel and step.parcel.model_copy(update=parcel),
            "order": step.order.model_copy(update={"lines": lines}),
        }
    )
