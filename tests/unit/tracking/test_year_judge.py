"""The judge of the simulated year is judged first: with forged notices, each of which is a way to be wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from shared.contracts.vocabulary import Actor, Condition, ShopState, Stage
from tests.support.year.judge import ENOUGH, Fault, Verdict, Way, judge
from tests.support.year.lives import Life, Notice, Parcel, Said, Scan

SEUR, OTHER = Parcel("seur", "1"), Parcel("seur", "2")
TELL_AT = {"faro": time(9)}


def at(day: int, clock: str = "10:00") -> datetime:
    """A day and a UTC time in March 2026; Madrid is an hour ahead."""
    return datetime.fromisoformat(f"2026-03-{day:02}T{clock}:00").replace(tzinfo=UTC)


def scan(stage: str, day: int, clock: str = "10:00", *, heard: datetime | None = None, eta: int = 0) -> Scan:
    happened = at(day, clock)
    return Scan(happened, Stage(stage), (heard or happened,), eta_until=at(eta) if eta else None)


def life(
    *scans: Scan, promised: int | None = 10, said: Sequence[Said] = (), parcels: Sequence[Parcel] = (SEUR,)
) -> Life:
    """An order for Madrid, sent on the 2nd and promised for the 10th."""
    until = date(2026, 3, promised) if promised else None
    words = [Said(at(2), ShopState.SHIPPED, until, tuple(parcels)), *said]
    return Life(
        "faro",
        "1",
        "forged",
        "ES",
        "28001",
        "Europe/Madrid",
        at(1),
        words,
        {each: [] for each in parcels} | {SEUR: list(scans)},
    )


def told(what: str, day: int, clock: str = "08:00", *, of: Parcel | None = SEUR, still_true: bool = True) -> Notice:
    return Notice("faro", "1", str(of) if of else None, what, at(day, clock), still_true)


def verdict_on(order: Life, *notices: Notice) -> Verdict:
    return judge([order], notices, TELL_AT)


def faults(order: Life, *notices: Notice) -> list[Fault]:
    return [finding.fault for finding in verdict_on(order, *notices).findings]


BROKEN = "promise:2026-03-10"
LATE = (scan("accepted", 3), scan("delivered", 13))
IN_TIME = (scan("accepted", 3), scan("delivered", 10, "20:30"))


def test_a_broken_promise_told_on_the_day_after_is_as_it_should_be() -> None:
    verdict = verdict_on(life(*LATE), told(BROKEN, 11))
    assert (verdict.findings, verdict.recall, verdict.broken) == ([], 1.0, 1)
    assert verdict.ways == {Way.TOLD: 1}


@pytest.mark.parametrize(
    "notices",
    [
        (),
        (told(BROKEN, 11, still_true=False),),
        (told(BROKEN, 11, "23:00"),),  # midnight in Madrid: the day is over
        (told(BROKEN, 12),),
        (told(BROKEN, 11, of=OTHER),),
        (told("customs", 9),),
        (told("address_problem:1", 9),),
    ],
    ids=["none", "for the record", "a minute late", "a day late", "of another parcel", "customs", "an address"],
)
def test_a_broken_promise_that_is_not_told_in_time_is_found(notices: Sequence[Notice]) -> None:
    assert faults(life(*LATE, parcels=(SEUR, OTHER)), *notices).count(Fault.MISSED) >= 1
    assert verdict_on(life(*LATE), *notices).recall == 0.0


def test_a_notice_from_before_counts_while_nothing_better_happened() -> None:
    for kind in ("delay:1", "stalled:2026-03-03T10:00:00Z", "first_scan", "eta:2026-03-10:1"):
        assert verdict_on(life(*LATE), told(kind, 7)).ways == {Way.TOLD_BEFORE: 1}, kind


@pytest.mark.parametrize(
    ("kind", "better"),
    [
        ("delay:1", scan("in_transit", 8)),
        ("stalled:2026-03-03T10:00:00Z", scan("in_transit", 8)),
        ("first_scan", scan("accepted", 8)),
        ("eta:2026-03-10:1", scan("in_transit", 8, eta=9)),
        ("eta:2026-03-10:1", scan("out_for_delivery", 8)),
    ],
    ids=["moves after a delay", "moves after a silence", "is seen at last", "a day that holds", "goes out"],
)
def test_good_news_before_the_promised_day_was_over_makes_it_news_again(kind: str, better: Scan) -> None:
    order = life(better, scan("delivered", 13))
    assert faults(order, told(kind, 7)) == [Fault.MISSED]
    assert faults(order, told(kind, 7), told(BROKEN, 11)) == []


def test_no_notice_is_due_where_the_parcel_was_faster_than_the_hour_of_telling() -> None:
    early = life(scan("accepted", 3), scan("delivered", 11, "07:30"))
    assert verdict_on(early).ways == {Way.CAME_FIRST: 1}
    assert faults(life(scan("delivered", 11, "07:30", heard=at(11, "09:00")))) == [Fault.MISSED]


def test_out_for_delivery_on_the_day_after_is_enough_only_for_who_says_so() -> None:
    order = life(scan("out_for_delivery", 11, "06:00"), scan("delivered", 11, "13:00"))
    assert faults(order) == [Fault.MISSED]
    assert judge([order], [], TELL_AT, ENOUGH | {Way.OUT_TODAY}).findings == []
    back = life(scan("out_for_delivery", 11, "06:00"), scan("delivered", 12, "13:00"))
    assert judge([back], [], TELL_AT, ENOUGH | {Way.OUT_TODAY}).count(Fault.MISSED) == 1


def test_a_buyer_who_must_act_is_told_of_the_promise_all_the_same_unless_who_asks_says_otherwise() -> None:
    held = replace(scan("in_transit", 9), condition=Condition.CUSTOMS, action_by=Actor.BUYER)
    order = life(held, scan("delivered", 13))
    assert faults(order) == [Fault.MISSED]
    assert judge([order], [], TELL_AT, ENOUGH | {Way.MUST_ACT}).findings == []


@pytest.mark.parametrize(
    "order",
    [
        life(*IN_TIME),
        life(scan("accepted", 3), scan("failed_attempt", 10), scan("delivered", 13)),
        life(scan("accepted", 3), scan("ready_for_pickup", 9), scan("delivered", 13)),
        life(scan("accepted", 3), scan("lost", 9)),
        life(scan("accepted", 3), scan("returning", 9)),
        life(*LATE, said=[Said(at(9), ShopState.CANCELLED, date(2026, 3, 10), (SEUR,))]),
        life(*LATE, said=[Said(at(9), ShopState.SHIPPED, date(2026, 3, 13), (SEUR,))]),
        life(*LATE, promised=None),
    ],
    ids=["kept", "attempted", "waiting", "lost", "turned back", "cancelled", "promised anew", "never promised"],
)
def test_a_promise_that_was_kept_or_void_and_is_told_as_broken_is_found(order: Life) -> None:
    assert faults(order) == []
    assert faults(order, told(BROKEN, 11)) == [Fault.FALSE]


def test_a_promise_that_is_told_as_broken_before_its_day_is_over_is_found() -> None:
    assert Fault.FALSE in faults(life(*LATE), told(BROKEN, 10, "22:59"))
    assert faults(life(*LATE), told(BROKEN, 10, "23:00")) == []


def test_news_of_a_parcel_that_is_known_to_have_come_is_found() -> None:
    order = life(scan("accepted", 3), scan("delivered", 11, "12:00"))
    assert Fault.FALSE in faults(order, told(BROKEN, 11, "12:01"))
    assert faults(order, told(BROKEN, 11, "11:59")) == []


def test_a_notice_of_an_order_that_is_none_is_found() -> None:
    stranger = told(BROKEN, 11)._replace(order_id="2")
    assert faults(life(*IN_TIME), stranger) == [Fault.FALSE]


@pytest.mark.parametrize(
    "second",
    [BROKEN, "delay:1", "stalled:2026-03-03T10:00:00Z", "first_scan", "eta:2026-03-10:1"],
)
def test_a_second_notice_in_one_episode_is_found(second: str) -> None:
    assert faults(life(*LATE), told(BROKEN, 11), told(second, 12)) == [Fault.TWICE]
    assert faults(life(*LATE), told(BROKEN, 11), told(second, 12, still_true=False)) == []


def test_being_late_as_an_order_and_then_as_a_parcel_is_one_episode() -> None:
    order = life(*LATE)
    order.said.insert(0, Said(at(1, "12:00"), ShopState.CONFIRMED, date(2026, 3, 10)))
    order.said[1] = replace(order.said[1], at=at(12))
    assert faults(order, told(BROKEN, 11, of=None)) == []
    assert faults(order, told(BROKEN, 11, of=None), told(BROKEN, 12)) == [Fault.TWICE]


@pytest.mark.parametrize(
    "ends",
    [scan("out_for_delivery", 12), scan("ready_for_pickup", 12), scan("failed_attempt", 12)],
    ids=lambda each: str(each.stage),
)
def test_good_news_ends_an_episode_and_a_plain_scan_does_not_end_being_late(ends: Scan) -> None:
    two = (told(BROKEN, 11), told("delay:1", 13, "09:00"))
    assert faults(life(ends, scan("delivered", 14)), *two) == []
    assert faults(life(scan("in_transit", 12), scan("delivered", 14)), *two) == [Fault.TWICE]


def test_a_new_promise_can_be_broken_anew_and_must_be_told_anew() -> None:
    order = life(*LATE, said=[Said(at(11, "12:00"), ShopState.SHIPPED, date(2026, 3, 12), (SEUR,))])
    again = "promise:2026-03-12"
    assert faults(order, told(BROKEN, 11), told(again, 13)) == []
    assert faults(order, told(BROKEN, 11)) == [Fault.MISSED]


def test_two_parcels_of_an_order_are_late_each_for_itself() -> None:
    order = life(*LATE, parcels=(SEUR, OTHER))
    assert faults(order, told(BROKEN, 11)) == [Fault.MISSED]
    assert faults(order, told(BROKEN, 11), told(BROKEN, 11, of=OTHER)) == []


def test_the_figures_name_each_fault_with_an_example() -> None:
    text = str(verdict_on(life(*LATE), told(BROKEN, 12)))
    assert "0 promises kept, 0 void, 1 broken, recall 0.0000%" in text
    assert "forged | faro/1 seur/1: not told in time; promised 2026-03-10" in text
