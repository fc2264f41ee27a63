from __future__ import annotations

import pytest

from services.carrier_gateway.carriers.dhl import CODES, DHL, meaning_of
from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import recognise
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage


def meaning(code: str | None, sentence: str) -> Row:
    return meaning_of(code, recognise(sentence, DHL.wordings))


@pytest.mark.parametrize(
    ("code", "stage"),
    [("pre-transit", "registered"), ("transit", "in_transit"), ("delivered", "delivered"), ("failure", "unknown"),
     ("unknown", "unknown")],
)  # fmt: skip
def test_the_five_codes_mean_what_dhl_documents(code: str, stage: Stage) -> None:
    assert CODES[code] == Row(stage)
    assert len(CODES) == 5


@pytest.mark.parametrize(
    ("sentence", "row"),
    [
        (
            "Delivery attempt - recipient not at home",
            Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        ),
        ("Die Sendung konnte heute nicht zugestellt werden", Row(Stage.FAILED_ATTEMPT, None, Actor.BUYER)),
        ("Unsuccessful delivery", Row(Stage.FAILED_ATTEMPT, None, Actor.BUYER)),
        ("Annahme verweigert", Row(Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.SHOP)),
        ("Returned to shipper", Row(Stage.RETURNED, None, Actor.SHOP)),
        ("Rücksendung", Row(Stage.RETURNING, None, Actor.SHOP)),
        (
            "Ready for pick-up at Packstation",
            Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.LOCKER),
        ),
        (
            "Available for pick up at the retail outlet",
            Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT),
        ),
        ("Out for delivery", Row(Stage.OUT_FOR_DELIVERY)),
        ("In Zustellung", Row(Stage.OUT_FOR_DELIVERY)),
        ("Delivered to neighbor", Row(Stage.DELIVERED, None, None, DeliveredTo.NEIGHBOUR)),
        ("Zugestellt", Row(Stage.DELIVERED)),
        ("Customs status updated", Row(Stage.IN_TRANSIT, Condition.CUSTOMS)),
        ("Released by customs", Row(Stage.IN_TRANSIT)),
        ("Taxes payment due", Row(Stage.IN_TRANSIT, Condition.PAYMENT_DUE, Actor.BUYER)),
        ("Shipment on hold", Row(Stage.IN_TRANSIT, Condition.HELD)),
        ("Address is incorrect", Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER)),
        ("Damaged", Row(Stage.IN_TRANSIT, Condition.DAMAGED, Actor.SHOP)),
        ("Verzögerung", Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)),
        ("Picked up", Row(Stage.ACCEPTED)),
        ("Elektronisch angekündigt", Row(Stage.REGISTERED)),
        ("Sortiert", Row(Stage.IN_TRANSIT)),
        ("Scheduled for delivery", Row(Stage.IN_TRANSIT)),
    ],
)
@pytest.mark.parametrize("code", ["transit", "failure", None])
def test_wording_refines_a_code_that_is_too_wide(code: str | None, sentence: str, row: Row) -> None:
    assert meaning(code, sentence) == row


@pytest.mark.parametrize(
    "sentence",
    [
        "Not delivered",
        "The shipment was not yet delivered",
        "Undelivered",
        "Will be delivered tomorrow",
        "Die Sendung wird morgen zugestellt",
        "Scheduled to be delivered",
        "Delivered to the parcel centre",
        "Delivered to the parcel center of the region",
        "Delivered to Packstation",
        "Delivered to a DHL ServicePoint",
        "Delivered to sender",
        "Delivered to shipper",
        "Konnte nicht beim Nachbarn zugestellt werden",
        "Recipient will be picked up",
    ],
)
def test_what_is_not_delivered_to_the_buyer_is_never_called_delivered(sentence: str) -> None:
    assert meaning("transit", sentence).stage is not Stage.DELIVERED
    assert meaning("failure", sentence).stage is not Stage.DELIVERED


@pytest.mark.parametrize(
    ("sentence", "stage"),
    [
        ("Will be ready for collection tomorrow", Stage.IN_TRANSIT),
        ("Not yet available for pick up", Stage.IN_TRANSIT),
        ("Will go out for delivery tomorrow", Stage.IN_TRANSIT),
        ("The recipient has picked up the shipment", Stage.IN_TRANSIT),
        ("Shipment will be picked up", Stage.IN_TRANSIT),
        ("No delay expected", Stage.IN_TRANSIT),
        ("The shipment will be returned to the sender", Stage.RETURNING),
    ],
)
def test_what_is_only_announced_or_denied_has_not_happened(sentence: str, stage: Stage) -> None:
    assert meaning("transit", sentence) in (Row(stage), Row(stage, None, Actor.SHOP))


def test_a_failure_without_a_known_wording_is_unknown() -> None:
    assert meaning("failure", "Sector closed due to parade") == Row(Stage.UNKNOWN)


def test_dhls_own_unknown_is_no_delay_whatever_the_text() -> None:
    assert meaning("unknown", "Shipment is delayed") == Row(Stage.UNKNOWN)


@pytest.mark.parametrize("sentence", ["DELIVERED", "Out for delivery", "Shipment picked up"])
def test_pre_transit_stays_registered_whatever_the_text(sentence: str) -> None:
    assert meaning("pre-transit", sentence) == Row(Stage.REGISTERED)


@pytest.mark.parametrize(
    ("sentence", "stage"),
    [
        ("Delivered", Stage.DELIVERED),
        ("JANE SAMPLE", Stage.DELIVERED),
        ("Arrived at DHL facility", Stage.DELIVERED),
        ("Delivered to a neighbour", Stage.DELIVERED),
        ("Ready for collection at the post office", Stage.READY_FOR_PICKUP),
        ("Delivered to the access point", Stage.READY_FOR_PICKUP),
        ("Return to sender", Stage.RETURNED),
        ("Could not be delivered", Stage.UNKNOWN),
    ],
)
def test_delivered_yields_only_to_a_pickup_place_a_return_and_a_denial(sentence: str, stage: Stage) -> None:
    assert meaning("delivered", sentence).stage is stage
