"""The same fact has the same id wherever and however often it is told, so that it counts once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.contracts.base import decode
from shared.contracts.orders import Order
from shared.contracts.outcomes import MessageOutcome
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.steps import StepReached
from tests.support.golden import FACTS

ORDER: dict[str, Any] = {
    "order_id": "A-1001",
    "placed_at": "2026-03-23T18:02:11+01:00",
    "state": "placed",
    "buyer": {"email": "lucia@example.com"},
}
SCAN: dict[str, Any] = {
    "carrier": "seur",
    "reference": "12345678901234",
    "stage": "in_transit",
    "occurred_at": "2026-03-25T06:41:00Z",
}


def test_the_same_fact_told_by_two_hubs_in_other_words_has_the_same_id() -> None:
    told = decode(ShipmentEvent, json.dumps({**SCAN, "carrier_code": "R01"}))
    again = {**SCAN, "carrier_code": "R01", "carrier_text": "EN REPARTO", "occurred_at": "2026-03-25T07:41:00+01:00"}
    assert decode(ShipmentEvent, json.dumps(again)).event_id == told.event_id


@pytest.mark.parametrize(
    "change",
    [
        {"carrier": "mrw"},
        {"reference": "2"},
        {"occurred_at": "2026-03-25T06:41:01Z"},
        {"carrier_code": "R02"},
        {"location": {"city": "Madrid"}},
        {"location": {"postal_code": "Madrid"}},
    ],
)
def test_another_fact_has_another_id(change: dict[str, Any]) -> None:
    assert (
        decode(ShipmentEvent, json.dumps({**SCAN, **change})).event_id
        != decode(ShipmentEvent, json.dumps(SCAN)).event_id
    )


def test_an_order_has_one_id_for_each_sequence_and_shop() -> None:
    orders = [
        Order.model_validate({**ORDER, "shop": shop, "sequence": sequence})
        for shop in ("demo", "demo2")
        for sequence in (0, 1)
    ]
    assert len({order.event_id for order in orders}) == 4
    assert Order.model_validate({**ORDER, "shop": "demo", "state": "preparing"}).event_id == orders[0].event_id


def test_a_step_is_the_same_step_however_it_came_about_and_another_one_for_another_parcel() -> None:
    data = next(e.data for e in FACTS if e.topic.model is StepReached and e.case == "failed_attempt")
    step = decode(StepReached, json.dumps(data))
    later = {**data, "sequence": 9, "occurred_at": "2026-03-25T12:00:00Z", "still_true": False}
    assert decode(StepReached, json.dumps(later)).event_id == step.event_id
    for change in ({"occurrence": "2026-03-26"}, {"parcel": {**data["parcel"], "reference": "2"}}, {"parcel": None}):
        assert decode(StepReached, json.dumps({**data, **change})).event_id != step.event_id


def test_a_message_has_one_outcome_for_each_verdict_and_reason() -> None:
    data = next(e.data for e in FACTS if e.topic.model is MessageOutcome and e.case == "sent")
    sent = decode(MessageOutcome, json.dumps(data))
    assert decode(MessageOutcome, json.dumps({**data, "occurred_at": "2026-03-26T00:00:00Z"})).event_id == sent.event_id
    assert decode(MessageOutcome, json.dumps({**data, "verdict": "delivered"})).event_id != sent.event_id
