"""Order of arrival does not matter: any permutation, duplication and batching of the same facts ends in the same state,
the same timeline and the same set of steps, and no step is announced twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.tracking.domain.lifecycle import FINAL, RANK, STEP_OF, UNDER_WAY
from services.tracking.domain.order import Decision, advance
from services.tracking.domain.shipment import Ignored, ParcelFact, ParcelKey, in_true_order
from services.tracking.domain.snapshot import ShopFact, judge_snapshot
from services.tracking.domain.telling import Told
from services.tracking.domain.walk import fold_parcel, walk_parcel
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, PaymentState, ShopState, Stage
from tests.unit.tracking.facts import CORREOS, SEUR, at

PLACED_AT = at(2, "08:00")
Arrival = ShopFact | tuple[ParcelKey, ParcelFact]

half_hours = st.integers(min_value=-60, max_value=14 * 48)
parcel_facts = st.builds(
    ParcelFact,
    id=st.uuids(version=4),
    occurred_at=half_hours.map(lambda n: PLACED_AT + timedelta(minutes=30 * n)),
    stage=st.sampled_from(Stage),
    condition=st.sampled_from([None, None, *Condition]),
    action_by=st.sampled_from([None, *Actor]),
    delivered_to=st.sampled_from([None, None, *DeliveredTo]),
    city=st.sampled_from([None, "Getafe", "Zaragoza"]),
    clock=st.just(Clock.EXACT),
    country=st.none(),
    postal_code=st.none(),
    code=st.none(),
    text=st.none(),
    eta_from=st.none(),
    eta_until=st.none(),
    heard_at=st.none(),
)
lives = st.lists(parcel_facts, max_size=12)


def snapshot(
    sequence: int, minute: int, state: ShopState, paid: PaymentState | None, keys: list[ParcelKey]
) -> ShopFact:
    return ShopFact(
        id=UUID(int=sequence),
        sequence=sequence,
        time=PLACED_AT + timedelta(minutes=minute),
        digest=f"{state}{paid}{keys}",
        state=state,
        placed_at=PLACED_AT,
        zone="Europe/Madrid",
        payment=paid,
        parcels=tuple(keys),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Arrival]:
    """All facts of one order: a few snapshots under different sequences, and the scans of up to two parcels."""
    count = draw(st.integers(1, 4))
    arrivals: list[Arrival] = [
        snapshot(
            sequence,
            draw(st.integers(0, 14 * 24 * 60)),
            draw(st.sampled_from(ShopState)),
            draw(st.sampled_from([None, *PaymentState])),
            draw(st.lists(st.sampled_from([SEUR, CORREOS]), unique=True)),
        )
        for sequence in range(count)
    ]
    arrivals += [(SEUR, fact) for fact in draw(lives)]
    arrivals += [(CORREOS, fact) for fact in draw(lives)]
    return arrivals


@dataclass
class Intake:
    """Takes facts in batch by batch as the consumer does: keeps the snapshot that stands, every fact of every parcel
    that was ever named, and what was told; facts of parcels nobody has named yet are parked."""

    stands: ShopFact | None = None
    named: set[ParcelKey] = field(default_factory=set)
    facts: dict[ParcelKey, dict[UUID, ParcelFact]] = field(default_factory=lambda: {SEUR: {}, CORREOS: {}})
    told: dict[Told, datetime | None] = field(default_factory=dict)
    last: Decision | None = None

    def take(self, batch: Sequence[Arrival]) -> None:
        fresh = [arrival for arrival in batch if isinstance(arrival, ShopFact)]
        for arrival in batch:
            if not isinstance(arrival, ShopFact):
                self.facts[arrival[0]][arrival[1].id] = arrival[1]
        snapshots = ([self.stands] if self.stands else []) + fresh
        if not snapshots:
            return
        self.named |= {key for each in fresh for key in each.parcels}
        parcels = {key: tuple(self.facts[key].values()) for key in self.named}
        self.last = advance(snapshots, parcels, (), self.told)
        self.stands = self.last.shop
        identities = [due.identity for due in self.last.steps]
        assert len(identities) == len(set(identities)), "one decision announces a step once"
        assert not set(self.told) & set(identities), "what was told is not announced again"
        self.told |= {due.identity: due.occurred_at if due.still_true else None for due in self.last.steps}


@settings(max_examples=400, deadline=None)
@given(data=st.data(), history=histories())
def test_any_arrival_order_ends_in_the_same_state_and_the_same_steps(
    data: st.DataObject, history: list[Arrival]
) -> None:
    at_once = Intake()
    at_once.take(history)

    duplicates = data.draw(st.lists(st.sampled_from(history), max_size=6))
    arrivals = data.draw(st.permutations([*history, *duplicates]))
    piecemeal = Intake()
    while arrivals:
        size = data.draw(st.integers(1, len(arrivals)))
        piecemeal.take(arrivals[:size])
        arrivals = arrivals[size:]

    assert at_once.last is not None
    assert piecemeal.last is not None
    assert piecemeal.last.shop == at_once.last.shop
    assert piecemeal.last.state == at_once.last.state
    assert piecemeal.last.parcels == at_once.last.parcels
    assert set(piecemeal.told) == set(at_once.told)


@given(history=histories())
def test_of_a_parcel_that_ended_nothing_but_its_end_is_still_true(history: list[Arrival]) -> None:
    intake = Intake()
    intake.take(history)
    assert intake.last is not None
    ended = {key for key, state in intake.last.parcels.items() if state.stage in (*FINAL, Stage.RETURNING)}
    for due in intake.last.steps:
        if due.still_true and due.parcel in ended:
            assert due.step is STEP_OF[intake.last.parcels[due.parcel].stage]


@given(data=st.data(), facts=lives)
def test_a_timeline_is_the_same_from_any_order_of_arrival(data: st.DataObject, facts: list[ParcelFact]) -> None:
    shuffled = data.draw(st.permutations(facts + facts))
    assert in_true_order(shuffled) == in_true_order(facts)
    assert walk_parcel(shuffled) == walk_parcel(facts)


@given(facts=lives)
def test_every_fact_either_counts_or_is_ignored_with_a_reason(facts: list[ParcelFact]) -> None:
    walk = walk_parcel(facts)
    accounted = [fact.id for fact in walk.counted] + [ignored.fact for ignored in walk.ignored]
    assert sorted(accounted) == sorted(fact.id for fact in facts)
    assert all(ignored.reason for ignored in walk.ignored)


@given(facts=lives, minutes=st.integers(1, 20 * 24 * 60), stage=st.sampled_from(Stage))
def test_a_delivery_is_taken_back_only_by_a_correction(facts: list[ParcelFact], minutes: int, stage: Stage) -> None:
    arrived = ParcelFact(
        UUID(int=1), PLACED_AT + timedelta(days=20), Stage.DELIVERED, delivered_to=DeliveredTo.RECIPIENT
    )
    later = ParcelFact(UUID(int=2), arrived.occurred_at + timedelta(minutes=minutes), stage)
    after = fold_parcel([*facts, later, arrived])
    corrections = {Stage.FAILED_ATTEMPT, Stage.READY_FOR_PICKUP, Stage.RETURNING, Stage.RETURNED, Stage.LOST}
    assert fold_parcel([*facts, arrived]).stage is Stage.DELIVERED
    assert after.stage is (stage if stage in corrections else Stage.DELIVERED)


@given(facts=lives)
def test_unmapped_codes_are_as_if_they_had_never_been_said(facts: list[ParcelFact]) -> None:
    assert fold_parcel(facts) == fold_parcel([fact for fact in facts if fact.stage is not Stage.UNKNOWN])


@given(facts=lives)
def test_a_state_is_that_of_its_ruling_fact(facts: list[ParcelFact]) -> None:
    state = fold_parcel(facts)
    ruling = next((fact for fact in facts if fact.id == state.ruling), None)
    if ruling is None:
        assert not [fact for fact in facts if fact.stage in UNDER_WAY]
    else:
        assert (ruling.stage, ruling.condition, ruling.occurred_at) == (state.stage, state.condition, state.seen_at)


@given(facts=st.lists(parcel_facts, min_size=1, max_size=6))
def test_at_one_instant_the_rank_alone_decides(facts: list[ParcelFact]) -> None:
    same_time = [fact._replace(occurred_at=PLACED_AT) for fact in facts]
    ranks = [RANK[fact.stage] for fact in in_true_order(same_time)]
    assert ranks == sorted(ranks)


@given(data=st.data(), states=st.lists(st.sampled_from(ShopState), min_size=2, max_size=6))
def test_any_arrival_order_of_snapshots_conflicts_too_ends_with_the_same_one(
    data: st.DataObject, states: list[ShopState]
) -> None:
    snapshots = [
        snapshot(place // 2, 0, state, None, [])._replace(
            id=UUID(int=place), time=PLACED_AT + timedelta(hours=place % 3)
        )
        for place, state in enumerate(states)
    ]
    ends = []
    for _ in range(2):
        stands: ShopFact | None = None
        for incoming in data.draw(st.permutations(snapshots)):
            if not isinstance(judge_snapshot(stands, incoming), Ignored):
                stands = incoming
        assert stands is not None
        ends.append((stands.sequence, stands.digest))
    assert ends[0] == ends[1]
