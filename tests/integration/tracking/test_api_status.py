"""A shop asks where its orders are, what happened to them, and why a buyer did or did not hear."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.tracking.api.answers import OrderAnswer
from services.tracking.watch import look_once
from shared.contracts.orders import Destination, Line, LineQuantity, Money, Payment, Promise, Shipment
from shared.contracts.shipments import Eta, Location
from shared.contracts.vocabulary import Channel, PaymentState, Verdict
from tests.support.deliveries import CORREOS, LUCIA, ORDER, SEUR, at, delivery, order, outcome, scan
from tests.support.tracking_api import KEY, OPS_KEY, OTHER_KEY, Api

ONE = f"/v1/shops/demo/orders/{ORDER}"
ALL = "/v1/shops/demo/orders"


async def test_an_order_answers_with_its_state_parcels_promise_steps_and_messages(api: Api) -> None:
    lines = (Line(id="1", title="Cuaderno", quantity=2),)
    promise = Promise(deliver_until=date(2026, 3, 10))
    await api.tracking.tell(order("shipped", 3, parcels=[SEUR, CORREOS], lines=lines, promise=promise))
    await api.tracking.tell(scan("ready_for_pickup", 5, condition=None, by="buyer", to="pickup_point"))
    step = (await api.tracking.steps())[-1]
    await api.tracking.tell(outcome(step, Verdict.DELIVERED, "smtp_delivered"))
    told = await api.ask(ONE)
    assert (told["state"], told["sequence"], told["parcels_total"], told["parcels_delivered"]) == ("shipped", 3, 2, 0)
    seur, correos = told["shipments"]
    assert (seur["carrier_name"], seur["reference"], seur["stage"]) == ("SEUR", SEUR[1], "ready_for_pickup")
    assert (seur["phone"], seur["phone_of_shop"]) == ("+34 910 000 111", False)
    assert (seur["action_by"], seur["delivered_to"]) == ("buyer", "pickup_point")
    assert (correos["stage"], correos["phone_of_shop"]) == ("registered", True)
    assert told["promise"] == {"deliver_from": None, "deliver_until": "2026-03-10", "broken": False}
    assert told["lines"] == [{"id": "1", "title": "Cuaderno", "quantity": 2}]
    assert [item["step"] for item in told["steps"]][-1] == "ready_for_pickup"
    (message,) = told["messages"]
    assert (message["verdict"], message["recipient"], message["channel"]) == ("delivered", "buyer", "email")


async def test_an_answer_is_written_as_its_documented_model_writes_it(api: Api) -> None:
    destination = Destination(country="ES", city="A Coruña", postal_code="15001")
    parcels = [
        Shipment(
            carrier=SEUR[0], reference=SEUR[1], destination=destination, lines=(LineQuantity(id="1", quantity=1),)
        ),
        Shipment(carrier=CORREOS[0], reference=CORREOS[1]),
    ]
    full = order("shipped", 3).model_copy(
        update={
            "shipments": tuple(parcels),
            "lines": (Line(id="1", title='Cuaderno "ñ" \\ \u2028\t', quantity=2),),
            "payment": Payment(state=PaymentState.PAID, total=Money(amount=4990, currency="EUR")),
            "promise": Promise(deliver_from=date(2026, 3, 9), deliver_until=date(2026, 3, 10)),
        }
    )
    eta = Eta(from_=at(6), until=at(7, "12:30"))
    await api.tracking.tell(full, scan("in_transit", 4, location=Location(city="León"), eta=eta))
    await api.tracking.tell(scan("ready_for_pickup", 5, condition=None, by="buyer", to="pickup_point"))
    for nth, step in enumerate(await api.tracking.steps()):
        told = outcome(step, Verdict.FAILED, 'it said "no" \\ \x01 ñ')
        instant = told.occurred_at + timedelta(microseconds=nth * 120_000)
        await api.tracking.tell(told.model_copy(update={"occurred_at": instant, "language": "es" if nth else None}))
    await api.tracking.tell(order("confirmed", order_id="B-2"))
    for path in (ONE, f"{ALL}/B-2"):
        body = (await api.get(path)).content
        assert OrderAnswer.model_validate_json(body).model_dump_json().encode() == body


async def test_an_answer_names_the_buyer_nowhere(api: Api) -> None:
    await api.tracking.tell(order("shipped", parcels=[SEUR]), scan("delivered", 5))
    for path in (ONE, f"{ONE}/timeline", f"{ONE}/why", ALL):
        text = (await api.get(path)).text
        for secret in (LUCIA.name, LUCIA.email, LUCIA.phone):
            assert secret is not None
            assert secret not in text, path


async def test_the_timeline_has_every_fact_in_the_order_in_which_it_happened(api: Api) -> None:
    await api.tracking.tell(scan("delivered", 6), scan("unknown", 5, carrier_code="LX99", carrier_text="?"))
    await api.tracking.tell(order("shipped", 2, parcels=[SEUR]), scan("in_transit", 7), scan("accepted", 3))
    await api.tracking.tell(order("confirmed", 1))
    entries = (await api.ask(f"{ONE}/timeline"))["entries"]
    seen = [(entry["kind"], entry["stage"] or entry["state"], entry["ignored"]) for entry in entries]
    assert seen == [
        ("shop", "confirmed", "stale"),
        ("shop", "shipped", None),
        ("carrier", "accepted", None),
        ("carrier", "unknown", "unmapped_code"),
        ("carrier", "delivered", None),
        ("carrier", "in_transit", "late_scan_after_delivered"),
    ]
    assert entries[3]["carrier_code"] == "LX99"


async def test_a_conflicting_snapshot_is_on_the_timeline_as_such(api: Api) -> None:
    await api.tracking.tell(delivery(order("confirmed"), said_at=at(2, "09:01")))
    await api.tracking.tell(delivery(order("cancelled"), said_at=at(2, "09:02")))
    entries = (await api.ask(f"{ONE}/timeline"))["entries"]
    assert [(entry["state"], entry["ignored"]) for entry in entries] == [("confirmed", None), ("cancelled", "conflict")]


async def test_a_conflicting_snapshot_brought_about_nothing(api: Api) -> None:
    await api.tracking.tell(delivery(order("confirmed"), said_at=at(2, "09:01")))
    await api.tracking.tell(delivery(order("cancelled"), said_at=at(2, "09:02")))
    stands, contradicts = (await api.ask(f"{ONE}/why"))["decisions"]
    assert [step["step"] for step in stands["steps"]] == ["order_confirmed"]
    assert (contradicts["ignored"], contradicts["steps"]) == ("conflict", [])


async def test_why_leads_from_an_event_to_its_step_to_one_verdict_for_each_channel(api: Api) -> None:
    await api.tracking.tell(order("shipped", parcels=[SEUR]), scan("in_transit", 4))
    step = (await api.tracking.steps())[-1]
    await api.tracking.tell(outcome(step, Verdict.SENT, "smtp_accepted"))
    other = outcome(step, Verdict.SUPPRESSED, "not_for_this_step", Channel.SMS)
    await api.tracking.tell(other.model_copy(update={"message": delivery(order()).envelope.id}))
    decisions = (await api.ask(f"{ONE}/why"))["decisions"]
    (fact,) = [item for item in decisions if item["kind"] == "carrier"]
    (told,) = fact["steps"]
    assert (fact["what"], told["step"], told["told_while_true"]) == ("in_transit", "in_transit", True)
    verdicts = {(item["channel"], item["verdict"], item["reason"]) for item in told["messages"]}
    assert verdicts == {("email", "sent", "smtp_accepted"), ("sms", "suppressed", "not_for_this_step")}


@pytest.mark.parametrize("second", [UUID(int=1), UUID(int=2**128 - 1)])
async def test_why_leads_to_the_step_when_the_same_snapshot_was_delivered_again_under_another_id(
    api: Api, second: UUID
) -> None:
    await api.tracking.tell(delivery(order("confirmed", 1), said_at=at(2, "09:00")))
    await api.tracking.tell(delivery(order("shipped", 2, parcels=[SEUR]), said_at=at(3), id=UUID(int=2**64)))
    await api.tracking.tell(delivery(order("shipped", 2, parcels=[SEUR]), said_at=at(3), id=second))
    decisions = (await api.ask(f"{ONE}/why"))["decisions"]
    told = [(decision["what"], [step["step"] for step in decision["steps"]]) for decision in decisions]
    assert told == [("confirmed", ["order_confirmed"]), ("shipped", ["preparing", "shipped"])]


async def test_why_a_late_parcel_was_told_stands_beside_that_parcels_broken_promise(api: Api) -> None:
    promise = Promise(deliver_until=date(2026, 3, 10))
    await api.tracking.tell(order("shipped", parcels=[SEUR, CORREOS], promise=promise))
    await look_once(api.tracking.database, api.tracking.announcer, at(11))
    broken = [item for item in (await api.ask(f"{ONE}/why"))["decisions"] if item["kind"] == "promise_broken"]
    assert {item["parcel"] for item in broken} == {"/".join(SEUR), "/".join(CORREOS)}
    assert [[step["step"] for step in item["steps"]] for item in broken] == [["delayed"], ["delayed"]]
    assert (await api.ask(ONE))["promise"]["broken"] is True


async def test_two_silences_that_end_at_one_instant_lead_each_to_its_own_step(api: Api) -> None:
    await api.tracking.tell(order("shipped", parcels=[SEUR]), scan("in_transit", 4, "11:00"))
    await look_once(api.tracking.database, api.tracking.announcer, at(20))
    await api.tracking.tell(scan("in_transit", 4, "17:00"))
    await look_once(api.tracking.database, api.tracking.announcer, at(20))
    silent = [item for item in (await api.ask(f"{ONE}/why"))["decisions"] if item["kind"] == "stalled"]
    assert len({item["at"] for item in silent}) == 1
    told = [[step["occurrence"] for step in item["steps"]] for item in silent]
    assert told == [["stalled:2026-03-04T11:00:00Z"], ["stalled:2026-03-04T17:00:00Z"]]


@pytest.mark.parametrize("path", [ONE, f"{ONE}/timeline", f"{ONE}/why"])
async def test_an_order_that_is_not_known_is_not_found(api: Api, path: str) -> None:
    answer = await api.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", [ONE, f"{ONE}/timeline", f"{ONE}/why", ALL])
async def test_only_the_shops_own_key_opens_its_orders(api: Api, path: str) -> None:
    await api.tracking.tell(order())
    statuses = [(await api.get(path, key)).status_code for key in (None, "wrong-key-0123456789", OTHER_KEY, OPS_KEY)]
    assert statuses == [401, 401, 404, 401]


async def test_the_same_order_number_of_another_shop_is_another_order(api: Api) -> None:
    await api.tracking.tell(order("confirmed"), order("cancelled", shop="other"))
    assert (await api.ask(ONE))["state"] == "confirmed"
    assert (await api.ask(f"/v1/shops/other/orders/{ORDER}", OTHER_KEY))["state"] == "cancelled"
    assert len((await api.ask(ALL))["orders"]) == 1


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (ALL, {"state": "lost"}),
        (ALL, {"limit": 0}),
        (ALL, {"limit": 201}),
        (ALL, {"q": "x" * 255}),
        (ALL, {"q": "a\x00b"}),
        (f"{ALL}/{'x' * 65}", {}),
        (f"{ALL}/a%00b", {}),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(api: Api, path: str, query: dict[str, Any]) -> None:
    answer = await api.get(path, **query)
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_an_order_number_with_odd_letters_is_found_as_it_is(api: Api) -> None:
    await api.tracking.tell(order(order_id="ñ 1/".replace("/", "?") + "#%"))
    assert (await api.ask(f"{ALL}/%C3%B1%201%3F%23%25"))["order_id"] == "ñ 1?#%"


async def test_keys_are_read_whatever_the_case_of_the_scheme(api: Api) -> None:
    answer = await api.client.get(ALL, headers={"authorization": f"bearer  {KEY}"})
    assert answer.status_code == 200
