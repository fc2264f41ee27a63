"""Whose a number is: what speaks for a carrier, what does not, and what is told once it is known."""

from __future__ import annotations

from datetime import date

from services.tracking.checkpoint import read_fold, read_standing, write_basis, write_fold
from services.tracking.domain.order import Decision, advance, go_on
from services.tracking.domain.promise import Patience, deadlines
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import UNNAMED, OpenParcel, ShopFact
from services.tracking.domain.telling import StepDue
from services.tracking.domain.which_carrier import How
from tests.unit.tracking.facts import SEUR, heard, says, scan

DPD, SLOT = ParcelKey("dpd", SEUR.reference), ParcelKey(UNNAMED, SEUR.reference)
EITHER = OpenParcel(SLOT, (DPD, SEUR))


def left_out(state: str = "shipped", sequence: int = 1, promise: date | None = None) -> ShopFact:
    """The shop says the number and not the carrier."""
    return says(state, sequence, parcels=[SLOT], promise=promise)._replace(open=(EITHER,))


def decided(*scans: ParcelFact, dpd: tuple[ParcelFact, ...] = (), shop: ShopFact | None = None) -> Decision:
    return advance([shop or left_out()], {SEUR: scans, DPD: dpd})


def parcels_of(steps: tuple[StepDue, ...]) -> set[ParcelKey | None]:
    return {due.parcel for due in steps if due.step.about_parcel}


def test_nothing_is_told_of_a_parcel_before_its_carrier_is_known() -> None:
    decision = decided()
    assert parcels_of(decision.steps) == set()
    assert decision.shop.parcels == (SLOT,)


def test_a_code_that_nobody_has_mapped_does_not_settle_whose_it_is() -> None:
    assert decided(scan("unknown", 3)).shop.parcels == (SLOT,)
    assert decided(scan("registered", 3)).shop.parcels == (SEUR,)


def test_what_the_number_was_used_for_before_the_order_does_not_settle_whose_it_is() -> None:
    long_before = scan("delivered", 4, of=DPD)._replace(occurred_at=scan("delivered", 4).at.replace(year=2025))
    assert decided(dpd=(long_before,)).shop.parcels == (SLOT,)
    assert decided(scan("accepted", 5), dpd=(long_before,)).shop.parcels == (SEUR,)


def test_two_first_words_at_one_instant_are_decided_by_their_stage_and_not_by_who_came_in_first() -> None:
    seur, dpd = scan("accepted", 3), scan("registered", 3, of=DPD)
    assert decided(seur, dpd=(dpd,)).shop.parcels == (DPD,)


def test_a_carrier_whose_early_scans_have_been_dropped_for_their_age_keeps_the_parcel() -> None:
    kept = decided(scan("accepted", 3)).fold.walks
    later = advance([left_out()], {SEUR: (), DPD: (scan("accepted", 9, of=DPD),)}, kept=kept)
    assert later.shop.parcels == (SEUR,)


def test_time_tells_nothing_of_a_parcel_whose_carrier_is_not_known() -> None:
    decision = decided(shop=left_out(promise=date(2026, 3, 6)))
    assert list(deadlines(decision.shop, decision.parcels, decision.fold.basis.sent, (), Patience())) == []


def test_once_its_carrier_has_spoken_an_order_goes_on_from_what_is_kept_of_it() -> None:
    first = decided(scan("accepted", 3))
    following = go_on(first.fold, {SEUR: [scan("in_transit", 4)]})
    assert following is not None
    assert heard(following.steps) == ["in_transit"]
    assert go_on(first.fold, {DPD: [scan("in_transit", 4, of=DPD)]}) is None, "another one has to be weighed"


def test_what_is_kept_of_an_order_holds_whose_the_parcel_is() -> None:
    fold = decided(scan("accepted", 3)).fold
    texts = write_basis(fold.basis), write_fold(fold)
    assert read_fold(*texts) == fold
    standing = read_standing(*texts)
    assert standing is not None
    assert [(lot.key, lot.how) for lot in standing.lots] == [(SEUR, How.HEARD)]


def test_a_step_told_of_the_wrong_carrier_is_not_told_again_of_the_right_one() -> None:
    first = decided(dpd=(scan("in_transit", 4, of=DPD),))
    told = {due.identity: due.occurred_at for due in first.steps}
    named = says("shipped", 2, parcels=[SEUR], day=5)
    facts = {DPD: (scan("in_transit", 4, of=DPD),), SEUR: (scan("in_transit", 6),)}
    corrected = advance([left_out(), named], facts, told=told)
    assert heard(corrected.steps) == []
    assert corrected.shop.parcels == (SEUR,)
    assert {(due.step.value, due.parcel, due.still_true) for due in corrected.retold} >= {("in_transit", SEUR, True)}
    (lot,) = corrected.fold.basis.lots
    assert (lot.how, lot.was) == (How.SHOP, DPD)
