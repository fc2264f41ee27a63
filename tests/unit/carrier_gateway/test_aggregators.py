"""What each row of the aggregators' tables answers to, and the sentences that refine them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.carriers import aftership, easypost, seventeentrack, shippo
from services.carrier_gateway.parts.base import UNMAPPED, Malformed, Parsed, Refusal, Skip
from services.carrier_gateway.parts.english_trouble import WORDINGS
from services.carrier_gateway.parts.wording import recognise
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage


@pytest.mark.parametrize("code", easypost.CODES)
def test_every_row_of_easypost_is_reached(code: str) -> None:
    status, _, detail = code.partition("/")

    key, row = easypost.meaning_of(status, detail, "", is_return=code == "delivered/return")

    assert (key, row) == (code, easypost.CODES[code])


@pytest.mark.parametrize("code", aftership.CODES)
def test_every_row_of_aftership_is_reached(code: str) -> None:
    tag, _, number = code.partition("_")

    assert aftership.meaning_of(tag, code if number else None, "") == (code, aftership.CODES[code])


@pytest.mark.parametrize("code", seventeentrack.CODES)
def test_every_row_of_17track_is_reached(code: str) -> None:
    assert seventeentrack.meaning_of(code, "Delivered") == (code, seventeentrack.CODES[code])
    assert seventeentrack.meaning_of(None, code) == (code, seventeentrack.CODES[code])


@pytest.mark.parametrize("code", shippo.CODES)
def test_every_row_of_shippo_is_reached(code: str) -> None:
    status, _, detail = code.partition("/")

    told = shippo.Status(status=status, substatus=shippo.Substatus(code=detail or None))

    assert shippo.meaning_of(told) == (code, shippo.CODES[code])


@pytest.mark.parametrize("detail", ["a_new_word", None, "in_transit"])
def test_a_detail_that_easypost_never_told_us_of_changes_nothing(detail: str | None) -> None:
    assert easypost.meaning_of("out_for_delivery", detail, "", is_return=False)[1].stage is Stage.OUT_FOR_DELIVERY


@pytest.mark.parametrize(
    ("message", "stage", "condition"),
    [
        ("Customer not available", Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT),
        ("Delivery attempted", Stage.FAILED_ATTEMPT, None),
        ("Refused", Stage.FAILED_ATTEMPT, Condition.REFUSED),
        ("Returned to sender", Stage.RETURNED, None),
        ("Is being returned to sender", Stage.RETURNING, None),
        ("Was not returned to sender", Stage.UNKNOWN, None),
        ("Was not refused", Stage.UNKNOWN, None),
        ("The next delivery attempt is tomorrow", Stage.UNKNOWN, None),
        ("Nothing is wrong", Stage.UNKNOWN, None),
    ],
)
def test_a_failure_is_what_its_sentence_says(message: str, stage: Stage, condition: Condition | None) -> None:
    _, row = easypost.meaning_of("failure", None, message, is_return=False)

    assert (row.stage, row.condition) == (stage, condition)


@pytest.mark.parametrize(
    ("subtag", "message", "stage", "taken_by"),
    [
        ("InTransit_002", "Not accepted", Stage.IN_TRANSIT, None),
        ("InTransit_002", "Accepted by customs", Stage.IN_TRANSIT, None),
        ("InTransit_002", "Picked up", Stage.ACCEPTED, None),
        ("OutForDelivery_001", "Will be ready for pickup", Stage.OUT_FOR_DELIVERY, None),
        ("Delivered_004", "Left at the front door", Stage.DELIVERED, DeliveredTo.SAFE_PLACE),
        ("Delivered_004", "Left with a neighbour", Stage.DELIVERED, DeliveredTo.NEIGHBOUR),
        ("Delivered_001", "Delivered to reception", Stage.DELIVERED, DeliveredTo.RECEPTION),
        ("Delivered_003", "Signed", Stage.DELIVERED, DeliveredTo.RECIPIENT),
        ("Exception_099", "Delivered to sender", Stage.RETURNED, None),
        ("Exception_099", "Picked up", Stage.UNKNOWN, None),
        ("Exception_011", "Delivery attempted", Stage.RETURNED, None),
    ],
)
def test_what_aftership_leaves_open_the_sentence_says(
    subtag: str, message: str, stage: Stage, taken_by: DeliveredTo | None
) -> None:
    _, meaning = aftership.meaning_of(subtag.split("_")[0], subtag, message)

    assert not isinstance(meaning, Skip)
    assert (meaning.stage, meaning.delivered_to) == (stage, taken_by)


@pytest.mark.parametrize("code", ["InTransit_New", "Exception", "DeliveryFailure", "teleported", None])
def test_what_17track_has_no_row_for_is_unknown(code: str | None) -> None:
    assert seventeentrack.meaning_of(code, None)[1] is UNMAPPED


def test_what_shippo_wants_done_is_for_the_buyer_unless_the_row_knows_better() -> None:
    def asked(status: str, code: str) -> Actor | None:
        told = shippo.Status(status=status, substatus=shippo.Substatus(code=code, action_required=True))
        return shippo.meaning_of(told)[1].action_by

    assert asked("TRANSIT", "reroute_requested") is Actor.BUYER
    assert asked("TRANSIT", "delayed") is Actor.CARRIER
    assert asked("FAILURE", "something") is None


@pytest.mark.parametrize(
    ("slug", "carrier"),
    [
        ("usps", "usps"),
        ("USPS", "usps"),
        ("dhl-pl", "dhl"),
        ("asm", "gls_spain"),
        ("dhlx", "aftership"),
        (None, "aftership"),
    ],
)
def test_a_parcel_is_told_under_the_carrier_that_brings_it(slug: str | None, carrier: str) -> None:
    checkpoint = {"checkpoint_time": "2026-03-30T09:10:00Z", "tag": "Delivered"}
    message = {"tracking_number": "1", "slug": slug, "checkpoints": [checkpoint]}

    events = aftership.parse(json.dumps({"event": "tracking_update", "msg": message}).encode()).events

    assert [event.carrier for event in events] == [carrier]


def easypost_says(**message: Any) -> Parsed:
    return easypost.parse(json.dumps(message).encode())


def test_an_error_of_easypost_is_no_event() -> None:
    assert easypost_says(error={"code": "TRACKER.CREATE.ERROR"}).refusal is Refusal.BAD_REFERENCE
    assert easypost_says(error={"code": "NOT_FOUND"}).refusal is Refusal.NOT_FOUND
    assert easypost_says(error={}).refusal is Refusal.OUTAGE


def test_a_tracker_event_without_its_tracker_is_malformed() -> None:
    with pytest.raises(Malformed, match="result"):
        easypost_says(object="Event", description="tracker.updated")


def test_a_field_of_a_wrong_type_is_named_with_its_path() -> None:
    with pytest.raises(Malformed, match=r"result\.tracking_details"):
        easypost_says(
            object="Event", description="tracker.updated", result={"tracking_code": "1", "tracking_details": 7}
        )


def test_every_sentence_about_trouble_ends_in_its_own_row() -> None:
    for wording in WORDINGS:
        for example in wording.examples:
            found = recognise(example, WORDINGS)
            assert found is not None
            assert found.wording is wording
