"""The load in chunks of a few orders: chunk k of a seed is always the same, so a run can stop and go on anywhere.

Nothing is kept between two chunks. Within one, events come in waves: wave 3 is the fourth event of each of its orders,
and what comes late, twice or not at all as it should be. All of it happened in the eleven hours before `start`, for a
step is not worth telling for long: a run of this load should be over within three hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from shared.contracts.envelope import Outgoing
from shared.contracts.shipments import ShipmentEvent
from tests.load.lives import LATE_SCAN, SHOP_KNOWS_BETTER, Moment
from tests.load.noise import flaw_of, of_no_parcel, of_no_shop, spoilt, spoilt_call
from tests.load.orders import Fact, Plan, facts_of, plan_order
from tests.load.recipe import Recipe
from tests.load.sending import Call, Kind, Sending, call, record

ORDERS_A_CHUNK = 100
ROOM_OF_A_CHUNK = 10_000
"""Numbers that a chunk may use for what it sends."""


@dataclass(frozen=True)
class Load:
    """All that is sent in a run of so many orders."""

    seed: int
    orders: int
    start: datetime
    recipe: Recipe = field(default_factory=Recipe)

    @property
    def chunks(self) -> range:
        return range(-(-self.orders // ORDERS_A_CHUNK))

    def chunk(self, number: int) -> list[Sending]:
        """Raises IndexError beyond the last one."""
        first = self.chunks[number] * ORDERS_A_CHUNK
        orders = range(first, min(first + ORDERS_A_CHUNK, self.orders))
        chance = Random(f"chunk/{self.seed}/{number}")
        plans = [plan_order(self.seed, order, self.start, self.recipe) for order in orders]
        return _numbered(list(_slots(plans, chance, self.recipe)), number * ROOM_OF_A_CHUNK)

    def __iter__(self) -> Iterator[Sending]:
        for number in self.chunks:
            yield from self.chunk(number)


@dataclass(frozen=True, eq=False)
class _Slot:
    """`place`: the wave, and in its fraction where in it."""

    place: float
    kind: Kind
    letter: Outgoing | Call
    fact: Fact | None = None
    strange: ShipmentEvent | None = None
    repeats: _Slot | None = None


def _slots(plans: Sequence[Plan], chance: Random, recipe: Recipe) -> Iterator[_Slot]:
    unique = sum(len(plan.life.moments) for plan in plans)

    def some(share: float) -> int:
        """So many of the unique events: a remainder is left to chance."""
        wanted = share * unique
        return int(wanted) + (chance.random() < wanted % 1)

    late, conflicting = _chosen(plans, some(recipe.late), chance), _chosen(plans, some(recipe.conflicting), chance)
    firsts = [slot for plan in plans for slot in _told(plan, _more(plan, late, conflicting), chance, recipe)]
    yield from _displaced(firsts, some(recipe.displaced), chance, recipe)
    facts = [slot.fact for slot in firsts if slot.fact is not None]
    for _ in range(some(recipe.corrupt)):
        yield _corrupt(chance.choice(facts), chance, recipe)
    for _ in range(some(recipe.foreign)):
        yield _foreign(facts, chance)
    yield from _repeats(firsts, some(recipe.exact_repeats), some(recipe.new_deliveries), chance)


def _chosen(plans: Sequence[Plan], count: int, chance: Random) -> set[int]:
    return {plan.number for plan in chance.sample(plans, min(count, len(plans)))}


def _more(plan: Plan, late: set[int], conflicting: set[int]) -> tuple[Moment, ...]:
    told: tuple[Moment, ...] = (LATE_SCAN,) if plan.number in late else ()
    return (*told, SHOP_KNOWS_BETTER) if plan.number in conflicting else told


def _told(plan: Plan, more: tuple[Moment, ...], chance: Random, recipe: Recipe) -> Iterator[_Slot]:
    for wave, fact in enumerate(facts_of(plan, more)):
        by_http = fact.by_webhook and chance.random() < recipe.by_http
        kind: Kind = "scan" if isinstance(fact.says, ShipmentEvent) else "order"
        yield _Slot(wave + chance.random() / 2, kind, call(fact) if by_http else record(fact), fact)


def _displaced(slots: list[_Slot], count: int, chance: Random, recipe: Recipe) -> list[_Slot]:
    """In place: so many of them come some waves later than they should."""
    for index in chance.sample(range(len(slots)), min(count, len(slots))):
        slot = slots[index]
        slots[index] = _Slot(slot.place + chance.randint(1, recipe.furthest), slot.kind, slot.letter, slot.fact)
    return slots


def _corrupt(fact: Fact, chance: Random, recipe: Recipe) -> _Slot:
    place, flaw = chance.uniform(0, 8), flaw_of(chance, recipe)
    by_http = fact.by_webhook and chance.random() < recipe.by_http
    return _Slot(place, "corrupt", spoilt_call(fact) if by_http else spoilt(fact, flaw))


def _foreign(facts: Sequence[Fact], chance: Random) -> _Slot:
    fact, place = chance.choice(facts), chance.uniform(0, 8)
    nowhere = of_no_shop(fact)
    if nowhere is not None:
        return _Slot(place, "foreign", nowhere)
    found = of_no_parcel(fact, chance.randrange(10**12))
    assert found is not None, "what is not of a shop is of a parcel"
    letter, strange = found
    return _Slot(place, "foreign", letter, strange=strange)


def _repeats(slots: Sequence[_Slot], exact: int, delivered_anew: int, chance: Random) -> Iterator[_Slot]:
    """Up to three waves later: the very same, or the same content in a delivery of its own."""
    for slot in chance.sample(slots, min(exact, len(slots))):
        yield _Slot(_after(slot, chance), slot.kind, slot.letter, slot.fact, repeats=slot)
    able = [slot for slot in slots if slot.fact is not None and slot.fact.by_webhook]
    for slot in chance.sample(able, min(delivered_anew, len(able))):
        assert slot.fact is not None, "chosen by its fact"
        scan = isinstance(slot.fact.says, ShipmentEvent)
        by_call = scan or chance.random() < 1 / 2
        letter = call(slot.fact, "-again") if by_call else record(slot.fact, "-again")
        yield _Slot(_after(slot, chance), slot.kind, letter, slot.fact, repeats=slot)


def _after(slot: _Slot, chance: Random) -> float:
    return int(slot.place) + chance.randint(0, 3) + chance.uniform(1 / 2, 1)


def _numbered(slots: list[_Slot], first: int) -> list[Sending]:
    slots.sort(key=lambda slot: slot.place)
    numbers = {id(slot): first + nth for nth, slot in enumerate(slots)}
    assert len(slots) <= ROOM_OF_A_CHUNK, "numbers of two chunks would meet"
    return [_sending(slot, numbers) for slot in slots]


def _sending(slot: _Slot, numbers: dict[int, int]) -> Sending:
    fact, says = slot.fact, slot.strange or (slot.fact.says if slot.fact else None)
    parcel = says if isinstance(says, ShipmentEvent) else None
    return Sending(
        n=numbers[id(slot)],
        wave=int(slot.place),
        kind=slot.kind,
        letter=slot.letter,
        shop=fact.plan.shop if fact else None,
        order=fact.plan.order_id if fact else None,
        carrier=parcel.carrier if parcel else None,
        reference=parcel.reference if parcel else None,
        event_id=str(says.event_id) if says else None,
        payload=fact.payload if fact else None,
        repeat_of=numbers[id(slot.repeats)] if slot.repeats else None,
    )
