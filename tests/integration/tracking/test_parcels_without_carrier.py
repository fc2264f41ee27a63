"""A shop names a parcel by its number alone: whose it is comes out by itself and may be corrected."""

from __future__ import annotations

import json

import pytest

from services.tracking.api.answers import Timeline
from shared.contracts.base import decode
from shared.contracts.directory import CarrierEntry
from shared.contracts.orders import Order, Shipment
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Verdict
from tests.support.deliveries import ORDER, SEUR, at, delivery, order, outcome, scan
from tests.support.migrated import ask
from tests.support.tracking_api import OPS_KEY, Api
from tests.support.tracking_world import Tracking

ONE = f"/v1/shops/demo/orders/{ORDER}"
SHARED = "1234567890123456"
"""Sixteen digits: Correos Express and Correos both give out such numbers."""
EXPRESS, CORREOS = ("correos_express", SHARED), ("correos", SHARED)
MRW_ONLY, NOBODYS = "02600A123456", "PEDIDO/77/B"


def sent(reference: str, sequence: int = 1, carrier: str | None = None) -> Order:
    shipment = Shipment(reference=reference) if carrier is None else Shipment(carrier=carrier, reference=reference)
    return order("shipped", sequence, shipments=(shipment,))


async def shipment_of(api: Api) -> dict[str, object]:
    (found,) = (await api.ask(ONE))["shipments"]
    return dict(found)


async def parcel_steps(tracking: Tracking) -> list[StepReached]:
    return [step for step in await tracking.steps() if step.parcel is not None]


async def turns(api: Api) -> list[tuple[str, str | None, str | None]]:
    timeline = Timeline.model_validate(await api.ask(f"{ONE}/timeline"))
    return [(each.kind, each.parcel, each.before) for each in timeline.entries if each.kind.startswith("carrier_")]


async def test_a_number_that_only_one_carrier_gives_out_is_told_of_with_that_carrier_at_once(api: Api) -> None:
    await api.tracking.tell(sent(MRW_ONLY))
    (shipped,) = await parcel_steps(api.tracking)
    assert shipped.parcel is not None
    assert (shipped.step, shipped.parcel.key) == ("shipped", f"mrw/{MRW_ONLY}")
    shown = await shipment_of(api)
    assert (shown["carrier"], shown["carrier_by"]) == ("mrw", "format")
    assert await turns(api) == [("carrier_settled", f"mrw/{MRW_ONLY}", None)]


async def test_while_several_carriers_may_have_it_no_message_claims_one_and_the_reason_is_told(api: Api) -> None:
    await api.tracking.tell(sent(SHARED))
    assert await parcel_steps(api.tracking) == []
    shown = await shipment_of(api)
    assert (shown["carrier"], shown["carrier_name"], shown["carrier_by"]) == ("unnamed", "", "open")
    assert shown["candidates"] == ["correos_express", "correos"]
    assert shown["phone_of_shop"] is True
    (snapshot,) = (await api.ask(f"{ONE}/why"))["decisions"]
    assert snapshot["waits"] == ["shipped"]


async def test_the_first_candidate_to_speak_has_it_and_what_waited_is_told(api: Api) -> None:
    await api.tracking.tell(sent(SHARED))
    await api.tracking.tell(scan("in_transit", 4, of=CORREOS))
    steps = await parcel_steps(api.tracking)
    assert [(step.step.value, step.parcel.key if step.parcel else None) for step in steps] == [
        ("shipped", f"correos/{SHARED}"),
        ("in_transit", f"correos/{SHARED}"),
    ]
    assert (await api.tracking.heard())[-1] == "in_transit"
    assert (await shipment_of(api))["carrier_by"] == "heard"
    waits = [entry["waits"] for entry in (await api.ask(f"{ONE}/why"))["decisions"]]
    assert all(not each for each in waits)


async def test_a_carrier_that_spoke_before_the_order_was_known_settles_it_as_well(api: Api) -> None:
    await api.tracking.tell(scan("in_transit", 4, of=CORREOS))
    await api.tracking.tell(sent(SHARED))
    assert (await shipment_of(api))["carrier"] == "correos"
    assert await ask(api.tracking.database, "SELECT 1 FROM parcels WHERE parked") == []


async def test_another_carrier_that_spoke_earlier_corrects_it_and_nothing_is_told_again(api: Api) -> None:
    await api.tracking.tell(sent(SHARED))
    await api.tracking.tell(scan("in_transit", 4, of=CORREOS))
    told = await parcel_steps(api.tracking)
    await api.tracking.tell(outcome(told[-1], Verdict.DELIVERED, "smtp_delivered"))
    await api.tracking.tell(scan("in_transit", 3, of=EXPRESS))
    amended = (await parcel_steps(api.tracking))[len(told) :]
    assert [(step.step, step.occurrence) for step in amended if step.amends is None] == []
    (in_transit,) = [step for step in amended if step.amends is not None]
    assert in_transit.amends is not None
    assert in_transit.amends.event == told[-1].event_id
    assert in_transit.amends.still_true
    assert not in_transit.still_true, "whoever does not know of amendments hears nothing"
    assert in_transit.parcel is not None
    assert in_transit.parcel.carrier == "correos_express"
    shown = await shipment_of(api)
    assert (shown["carrier"], shown["stage"]) == ("correos_express", "in_transit")
    rows = await ask(api.tracking.database, "SELECT DISTINCT parcel FROM steps WHERE parcel <> ''")
    assert [row["parcel"] for row in rows] == [f"correos_express/{SHARED}"]
    why = (await api.ask(f"{ONE}/why"))["decisions"]
    assert [m["verdict"] for each in why for step in each["steps"] for m in step["messages"]] == ["delivered"]
    assert await turns(api) == [
        ("carrier_settled", f"correos_express/{SHARED}", None),
        ("carrier_contested", f"correos/{SHARED}", f"correos_express/{SHARED}"),
    ]
    scans = [e for e in (await api.ask(f"{ONE}/timeline"))["entries"] if e["kind"] == "carrier"]
    assert [entry["ignored"] for entry in scans] == [None, "another_carrier"]


async def test_the_shop_that_names_the_carrier_later_is_right_and_the_correction_is_shown(api: Api) -> None:
    await api.tracking.tell(sent(SHARED))
    await api.tracking.tell(scan("in_transit", 4, of=CORREOS))
    await api.tracking.tell(delivery(sent(SHARED, 2, "correos_express"), said_at=at(4, "18:00")))
    shown = await shipment_of(api)
    assert (shown["carrier"], shown["carrier_by"], shown["corrected_from"]) == ("correos_express", "shop", "correos")
    assert ("carrier_corrected", f"correos_express/{SHARED}", f"correos/{SHARED}") in await turns(api)
    before = await api.tracking.heard()
    await api.tracking.tell(scan("in_transit", 5, of=EXPRESS))
    assert await api.tracking.heard() == before, "the buyer has heard that it is on its way"
    await api.tracking.tell(scan("out_for_delivery", 6, of=EXPRESS))
    last = (await parcel_steps(api.tracking))[-1]
    assert last.parcel is not None
    assert (last.step, last.parcel.carrier) == ("out_for_delivery", "correos_express")


async def test_what_only_the_wrong_carrier_said_is_amended_as_no_longer_true(api: Api) -> None:
    await api.tracking.tell(sent(SHARED), scan("out_for_delivery", 4, of=CORREOS))
    await api.tracking.tell(sent(SHARED, 2, "correos_express"))
    (amended,) = [step for step in await parcel_steps(api.tracking) if step.amends is not None]
    assert amended.amends is not None
    assert (amended.step, amended.amends.still_true) == ("out_for_delivery", False)


async def test_a_number_that_nobody_knows_is_shown_and_listed_until_the_shop_names_its_carrier(api: Api) -> None:
    await api.tracking.tell(sent(NOBODYS))
    assert (await shipment_of(api))["reference"] == NOBODYS
    (listed,) = (await api.ask("/v1/ops/unnamed", OPS_KEY))["unnamed"]
    assert listed == {"shop": "demo", "order_id": ORDER, "reference": NOBODYS, "candidates": []}
    assert await parcel_steps(api.tracking) == []
    await api.tracking.tell(sent(NOBODYS, 2, "seur"))
    assert [step.step.value for step in await parcel_steps(api.tracking)] == ["shipped"]
    assert (await api.ask("/v1/ops/unnamed", OPS_KEY))["unnamed"] == []


async def test_a_settled_parcel_is_no_longer_listed_and_is_found_by_its_number(api: Api) -> None:
    await api.tracking.tell(sent(SHARED))
    assert len((await api.ask("/v1/ops/unnamed", OPS_KEY))["unnamed"]) == 1
    await api.tracking.tell(scan("in_transit", 4, of=CORREOS))
    assert (await api.ask("/v1/ops/unnamed", OPS_KEY))["unnamed"] == []
    assert len((await api.ask(f"/v1/shops/demo/orders?q={SHARED}"))["orders"]) == 1
    assert len((await api.ask("/v1/shops/demo/orders?stage=in_transit"))["orders"]) == 1


@pytest.fixture
def polling(tracking: Tracking) -> Tracking:
    """Both carriers with such numbers have to be asked."""
    carriers = ("correos", "correos_express")
    tracking.announcer.directory.replace(
        CarrierEntry(id=carrier, name=carrier, zone="Europe/Madrid", polled=True) for carrier in carriers
    )
    return tracking


async def test_it_is_asked_for_at_each_carrier_that_may_have_it_until_one_has(polling: Tracking) -> None:
    await polling.tell(sent(SHARED))
    assert {(key, watch is None) for key, watch in await polling.watches()} == {
        ("/".join(CORREOS), False),
        ("/".join(EXPRESS), False),
    }
    await polling.tell(scan("in_transit", 4, of=CORREOS))
    later = (await polling.watches())[2:]
    assert {(key, watch is None) for key, watch in later} == {("/".join(CORREOS), False), ("/".join(EXPRESS), True)}


async def test_a_correction_ends_the_watch_at_the_wrong_carrier_and_begins_it_at_the_right_one(
    polling: Tracking,
) -> None:
    await polling.tell(sent(SHARED), scan("in_transit", 4, of=CORREOS))
    before = len(await polling.watches())
    await polling.tell(sent(SHARED, 2, "correos_express"))
    later = (await polling.watches())[before:]
    assert {(key, watch is None) for key, watch in later} == {("/".join(CORREOS), True), ("/".join(EXPRESS), False)}


async def test_a_failing_check_digit_is_a_warning_and_no_reason_to_drop_what_the_carrier_says(api: Api) -> None:
    typo = ("ups", "1Z999AA10123456785")
    await api.tracking.tell(order("shipped", parcels=[typo]), scan("in_transit", 4, of=typo))
    shown = await shipment_of(api)
    assert (shown["warnings"], shown["stage"]) == (["check_digit"], "in_transit")
    await api.tracking.tell(order("shipped", 1, order_id="A-2", parcels=[SEUR]))
    (other,) = (await api.ask("/v1/shops/demo/orders/A-2"))["shipments"]
    assert other["warnings"] == []


async def test_the_buyers_page_shows_the_number_and_claims_no_carrier(api: Api) -> None:
    await api.tracking.tell(sent(SHARED))
    link = (await api.ask(ONE))["tracking_url"]
    token = link.rsplit("/", 1)[1]
    page = await api.get(f"/t/{token}")
    assert page.status_code == 200
    assert SHARED in page.text
    assert "Aún no lo sabemos" in page.text
    for claimed in ("Correos", "unnamed", "UNNAMED"):
        assert claimed not in page.text


async def test_what_a_shop_leaves_out_travels_as_unnamed_and_what_looks_mistyped_is_answered(api: Api) -> None:
    buyer = {"phone": "+34600000001"}
    snapshot = {"order_id": ORDER, "placed_at": "2026-03-02T08:00:00Z", "state": "shipped", "buyer": buyer}
    parcels = [{"reference": SHARED}, {"carrier": "ups", "reference": "1Z999AA10123456785"}]
    answer = await api.post({**snapshot, "shipments": parcels})
    (doubt,) = answer.json()["warnings"]
    assert (answer.status_code, doubt["carrier"], doubt["warnings"]) == (202, "ups", ["check_digit"])
    (message,) = api.broker.messages
    assert [each["carrier"] for each in json.loads(message.value or b"")["shipments"]] == ["unnamed", "ups"]
    plain = await api.post({**snapshot, "sequence": 2, "shipments": [{"carrier": "seur", "reference": SEUR[1]}]})
    assert plain.json() == {"accepted": 1}


async def test_an_order_on_the_topic_without_the_carrier_is_read_as_one_without(api: Api) -> None:
    order_json = json.loads(sent(SHARED).to_json())
    del order_json["shipments"][0]["carrier"]
    await api.tracking.tell(decode(Order, json.dumps(order_json)))
    assert (await shipment_of(api))["carrier_by"] == "open"
