"""What is said of an erasure: no contact in it, an id for each asking, and a proof that adds up."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.erasures import ContactErased, ErasedRows, ErasureRequested, Offered, step_without_contact
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Step
from tests.support.canaries import BUYER, CANARIES, FRIEND
from tests.support.deliveries import at
from tests.support.steps_reached import home_delivery


def asked(request: int = 1) -> ErasureRequested:
    return ErasureRequested(shop="demo", order_id="A-1001", request=request, requested_at=at(5))


def erased(rows: int, remaining: int = 0, *, day: int = 5, called_off: int = 0, request: int = 1) -> ContactErased:
    table = ErasedRows(table="messages", erased=rows, remaining=remaining, kept=9)
    return ContactErased(
        shop="demo", order_id="A-1001", request=request, erased_at=at(day), rows=(table,), called_off=called_off
    )


def test_a_step_without_contact_is_still_a_step() -> None:
    told = home_delivery(Step.SHIPPED).model_copy(update={"buyer": BUYER, "recipients": (FRIEND,)})
    left = step_without_contact(told)
    assert all(canary in told.to_json().decode() for canary in CANARIES)
    assert not any(canary in left.to_json().decode() for canary in CANARIES)
    assert StepReached.model_validate_json(left.to_json()) == left
    assert (left.buyer.locale, left.buyer.timezone) == ("es-ES", "Atlantic/Canary")
    assert left.parcel == told.parcel


def test_each_asking_is_an_event_of_its_own_and_the_same_one_told_twice_is_not() -> None:
    assert asked(1).event_id == asked(1).event_id != asked(2).event_id
    assert asked(1).event_id != erased(1).event_id, "a request and its answer share key and number"


def test_a_second_erasure_that_finds_nothing_leaves_the_proof_as_it_was() -> None:
    first = erased(7, called_off=2).model_copy(update={"offered": (Offered(provider="smtp", messages=3),)})
    again = erased(0, day=6, request=2).model_copy(update={"offered": first.offered})
    assert again.after(first) == first.model_copy(update={"request": 2})


def test_a_second_erasure_that_finds_more_adds_it_and_says_when() -> None:
    proof = erased(2, day=6, called_off=1).after(erased(7, called_off=2))
    assert (proof.rows[0].erased, proof.called_off) == (9, 3)
    assert proof.erased_at == at(5) + timedelta(days=1)


def test_a_proof_with_a_row_left_does_not_say_that_nothing_remains() -> None:
    assert erased(7).nothing_remains
    assert not erased(7, remaining=1).nothing_remains
