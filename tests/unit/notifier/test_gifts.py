"""A gift: who gets it learns when it comes, and neither what it cost, nor what is inside, nor from whom it is."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from services.notifier.wording.variants import all_wordings, name_of
from shared.contracts.orders import Buyer, Order
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel, Step
from tests.support.steps_reached import LUCIA, RECEIVER, catalog, home_delivery, read

WORDINGS = [pytest.param(*wording, id=name_of(*wording)) for wording in all_wordings()]
AMOUNT = re.compile(r"1[.,\s\xa0\u202f]?299|€|\bEUR\b")
"""The specimen costs 1,299.90 euros."""


def gift(step: Step, variant: str | None = None) -> StepReached:
    giver = Buyer(name="Lucía Prado", email="lucia@example.com", phone="+34600000001", timezone="Europe/Madrid")
    return home_delivery(step, variant).model_copy(update={"buyer": giver, "gift": True})


def whole(told: StepReached, channel: Channel, **who: object) -> str:
    """All that leaves for a reader, markup and template parameters included."""
    return read(told, channel, **who).canonical().decode()  # type: ignore[arg-type]


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("language", sorted(catalog().languages))
@pytest.mark.parametrize(("step", "variant"), WORDINGS)
def test_whoever_gets_a_gift_reads_no_price_no_contents_and_no_giver(
    step: Step, variant: str | None, language: str, channel: Channel
) -> None:
    told = gift(step, variant)
    message = whole(told, channel, recipient=replace(RECEIVER, locale=language))
    assert not AMOUNT.search(message)
    assert not [line.title for line in told.order.lines if line.title in message]
    assert not [word for word in ("Lucía", "Prado", "lucia@", "600000001") if word in message]


def test_the_giver_sees_all_of_it() -> None:
    message = whole(gift(Step.ORDER_CONFIRMED), Channel.EMAIL, recipient=LUCIA)
    assert AMOUNT.search(message)
    assert "Cuaderno" in message
    assert "Lucía" in message


def test_an_order_from_before_there_were_gifts_is_byte_for_byte_what_it_was() -> None:
    known = {
        "shop": "demo",
        "order_id": "A-1",
        "placed_at": "2026-03-24T10:00:00Z",
        "state": "placed",
        "buyer": {"email": "lucia@example.com"},
    }
    assert b"gift" not in Order.model_validate(known).to_json()
    assert b'"gift":true' in Order.model_validate(known | {"gift": True}).to_json()
