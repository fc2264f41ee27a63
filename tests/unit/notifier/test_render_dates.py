"""Days and hours are the buyer's, and absolute: a message may be read tomorrow."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from shared.contracts.orders import Buyer, Promise
from shared.contracts.shipments import Eta
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel, Clock, Step
from tests.support.steps_reached import LUCIA, home_delivery, read, with_order, with_parcel


def expecting(begin: str | None, end: str, step: Step = Step.SHIPPED) -> StepReached:
    """Times in UTC; Madrid is an hour ahead before 29 March 2026, two from then on."""
    eta = Eta(from_=datetime.fromisoformat(begin) if begin else None, until=datetime.fromisoformat(end))
    return with_parcel(home_delivery(step), eta=eta)


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        ("2026-03-25T08:00Z", "2026-03-25T13:00Z", "para el miércoles 25 de marzo, de 9:00 a 14:00."),
        (None, "2026-03-25T13:00Z", "para el miércoles 25 de marzo, antes de las 14:00."),
        (None, "2026-03-25T22:59Z", "para el miércoles 25 de marzo."),
        ("2026-03-24T23:00Z", "2026-03-25T22:59:59Z", "para el miércoles 25 de marzo."),
        ("2026-03-24T23:00Z", "2026-03-25T23:00Z", "para el miércoles 25 de marzo."),
        (None, "2026-03-24T23:00Z", "para el miércoles 25 de marzo."),
        ("2026-03-25T08:00Z", "2026-03-27T13:00Z", "entre el miércoles 25 de marzo y el viernes 27 de marzo."),
        ("2026-03-28T08:00Z", "2026-03-29T08:00Z", "entre el sábado 28 de marzo y el domingo 29 de marzo."),
        ("2026-03-29T08:00Z", "2026-03-29T12:00Z", "para el domingo 29 de marzo, de 10:00 a 14:00."),
        ("2026-03-25T22:30Z", "2026-03-26T22:59Z", "entre el miércoles 25 de marzo y el jueves 26 de marzo."),
    ],
)
def test_an_estimate_is_said_in_the_buyers_zone(begin: str | None, end: str, said: str) -> None:
    assert f"La entrega está prevista {said}" in read(expecting(begin, end)).text


def test_the_same_instant_is_another_day_in_another_zone() -> None:
    step = expecting(None, "2026-03-26T01:30Z")
    assert "jueves 26 de marzo, antes de las 2:30" in read(step).text
    in_lima = step.model_copy(update={"buyer": Buyer(email="lucia@example.com", timezone="America/Lima")})
    assert "miércoles 25 de marzo, antes de las 20:30" in read(in_lima).text


def test_without_a_zone_of_the_buyer_the_shops_is_taken() -> None:
    step = home_delivery(Step.DELIVERED).model_copy(update={"buyer": Buyer(email="lucia@example.com")})
    assert "el martes 24 de marzo (12:40)" in read(step).text


def test_a_clock_that_was_only_assumed_gives_the_day_alone() -> None:
    step = home_delivery(Step.DELIVERED).model_copy(update={"clock": Clock.ASSUMED})
    assert "el martes 24 de marzo." in read(step).text
    assert "12:40" not in read(step).text


def test_an_estimate_that_has_gone_by_is_not_repeated() -> None:
    step = expecting(None, "2026-03-20T13:00Z", Step.DELAYED)
    for channel in Channel:
        assert not re.search(r"20 de marzo|20/3", read(step, channel).text)
    assert "Todavía no hay nueva fecha" in read(step).text


def test_without_an_estimate_the_shops_promise_is_told() -> None:
    promise = Promise(deliver_from=date(2026, 3, 26), deliver_until=date(2026, 3, 27))
    step = with_order(with_parcel(home_delivery(), eta=None), promise=promise)
    assert "entre el jueves 26 de marzo y el viernes 27 de marzo" in read(step).text


def test_a_broken_promise_is_not_promised_again() -> None:
    promise = Promise(deliver_until=date(2026, 3, 27))
    step = with_order(with_parcel(home_delivery(Step.DELAYED, "promise"), eta=None), promise=promise)
    assert "27 de marzo" not in read(step).text


def test_out_for_delivery_means_that_same_day_unless_the_carrier_says_otherwise() -> None:
    assert "para el martes 24 de marzo." in read(with_parcel(home_delivery(Step.OUT_FOR_DELIVERY), eta=None)).text
    assert "miércoles 25 de marzo, de 9:00" in read(home_delivery(Step.OUT_FOR_DELIVERY)).text


def test_no_estimate_at_all_is_said_honestly() -> None:
    assert "en cuanto se conozca" in read(with_parcel(home_delivery(), eta=None)).text


def test_hours_read_as_the_buyers_country_writes_them() -> None:
    step = expecting(None, datetime(2026, 3, 25, 13, tzinfo=UTC).isoformat())
    assert "before 2:00 PM" in read(step, recipient=replace(LUCIA, locale="en-US")).text
    assert "before 14:00" in read(step, recipient=replace(LUCIA, locale="en-GB")).text
