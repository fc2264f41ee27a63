"""One parcel's facts, generated: the timeline, the state and the reasons do not depend on how the facts came in."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.tracking.domain.lifecycle import RANK, UNDER_WAY
from services.tracking.domain.shipment import Ignored, ParcelFact, in_true_order
from services.tracking.domain.snapshot import ShopFact, judge_snapshot
from services.tracking.domain.walk import walk_parcel
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, ShopState, Stage
from tests.unit.tracking.facts import at, fold_parcel

PLACED_AT = at(2, "08:00")

half_hours = st.integers(min_value=-60, max_value=12 * 48)  # too short for a reference to be given out again
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
    silent_since=st.none(),
)
lives = st.lists(parcel_facts, max_size=12)


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
    zone = "Europe/Madrid"
    snapshots = [
        ShopFact(UUID(int=nth), nth // 2, PLACED_AT + timedelta(hours=nth % 3), state, state, PLACED_AT, zone)
        for nth, state in enumerate(states)
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
