"""A shop tells of its orders over HTTP: taken whole and safely, or refused with the field that is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.envelope import BATCH, STRUCTURED
from shared.contracts.orders import Order
from tests.support.migrated import count
from tests.support.tracking_api import KEY, NEW_KEY, OTHER_KEY, READ_KEY, Api

MINIMUM: dict[str, Any] = {
    "order_id": "A-1001",
    "placed_at": "2026-03-02T09:00:00+01:00",
    "state": "confirmed",
    "buyer": {"email": "lucia@example.com"},
}
PROBLEM = "application/problem+json"


def changed(**changes: Any) -> dict[str, Any]:
    return {**MINIMUM, **changes}


def event(**changes: Any) -> dict[str, Any]:
    envelope = {
        "specversion": "1.0",
        "id": "evt-1",
        "source": "/erp",
        "type": "hito.order.v1",
        "time": "2026-03-02T08:30:00Z",
        "data": MINIMUM,
    }
    return {**envelope, **changes}


def published(api: Api) -> list[Order]:
    return [Order.model_validate_json(message.value or b"") for message in api.broker.messages]


async def test_four_fields_are_enough(api: Api) -> None:
    answer = await api.post(MINIMUM)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    (told,) = published(api)
    assert (told.shop, told.order_id, told.sequence) == ("demo", "A-1001", 0)
    (message,) = api.broker.messages
    assert (message.topic, message.key) == ("shop.orders.v1", b"demo/A-1001")


async def test_a_list_is_taken_whole(api: Api) -> None:
    answer = await api.post([changed(order_id=f"A-{number}") for number in range(500)])
    assert answer.json() == {"accepted": 500}
    assert len(api.broker.messages) == 500


async def test_one_bad_order_in_a_list_refuses_all_and_names_its_place(api: Api) -> None:
    answer = await api.post([MINIMUM, changed(buyer={})])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "1"
    assert "buyer.email or buyer.phone is required" in answer.json()["detail"]
    assert api.broker.messages == []


async def test_a_cloudevent_keeps_its_id_and_time(api: Api) -> None:
    for kind, body in ((STRUCTURED, event()), (BATCH, [event()])):
        assert (await api.post(body, kind=f"{kind}; charset=utf-8")).status_code == 202
    first, second = api.broker.envelopes
    assert first.id == second.id
    assert first.time.isoformat() == "2026-03-02T08:30:00+00:00"


async def test_the_same_order_sent_again_has_the_same_id_and_is_told_to_the_buyer_once(api: Api) -> None:
    for _ in range(2):
        await api.post(MINIMUM)
    first, second = api.broker.envelopes
    assert first.id == second.id
    await api.take_in_what_was_published()
    assert await api.tracking.heard() == ["order_confirmed"]


BAD_FIELDS = [
    ("buyer", changed(buyer={}), "body", "buyer.email or buyer.phone is required"),
    ("currency", changed(payment={"total": {"amount": 1, "currency": "XXQ"}}), "payment.total.currency", "ISO 4217"),
    ("phone", changed(buyer={"phone": "600 00 00 01"}), "buyer.phone", "pattern"),
    ("time without a zone", changed(placed_at="2026-03-02T09:00:00"), "placed_at", "timezone"),
    ("time out of range", changed(placed_at="0001-01-01T00:00:00+14:00"), "placed_at", "range"),
    ("unknown field", changed(colour="red"), "colour", "permitted"),
    ("unknown state", changed(state="lost in thought"), "state", "placed"),
    ("slash in the order's number", changed(order_id="A/1"), "order_id", "pattern"),
    ("missing number", {name: MINIMUM[name] for name in MINIMUM if name != "order_id"}, "order_id", "required"),
    ("negative money", changed(payment={"total": {"amount": -1, "currency": "EUR"}}), "payment.total.amount", "0"),
    ("zone", changed(buyer={"email": "a@example.com", "timezone": "Madrid"}), "buyer.timezone", "IANA"),
    ("NUL", changed(buyer={"email": "a@example.com", "name": "a\x00b"}), "buyer.name", "pattern"),
    (
        "one parcel twice",
        changed(shipments=[{"carrier": "seur", "reference": "1"}] * 2),
        "body",
        "same carrier and reference twice",
    ),
]


@pytest.mark.parametrize(("body", "field", "says"), [row[1:] for row in BAD_FIELDS], ids=[row[0] for row in BAD_FIELDS])
async def test_a_bad_order_is_refused_with_its_field_and_nothing_is_stored(
    api: Api, body: dict[str, Any], field: str, says: str
) -> None:
    answer = await api.post(body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert problem["errors"][0]["field"] == field
    assert says in problem["errors"][0]["message"]
    assert problem["detail"].endswith("nothing was stored")
    assert api.broker.messages == []
    assert await count(api.tracking.database, "orders") == 0


async def test_what_a_buyer_gave_is_not_quoted_in_a_refusal(api: Api) -> None:
    answer = await api.post(changed(buyer={"email": "lucia prado@example.com", "phone": "600 000 001"}))
    assert answer.status_code == 422
    assert "lucia" not in answer.text
    assert "600 000" not in answer.text


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"null", b"3", b'"A-1"', b"[]", b"[[]]", b"\xff", b"[" * 5_000, b'{"order_id": "\\ud800"}']
)
async def test_a_body_that_is_no_order_is_refused(api: Api, raw: bytes) -> None:
    answer = await api.post(raw=raw)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == PROBLEM


async def test_more_than_five_hundred_orders_at_once_are_refused(api: Api) -> None:
    assert (await api.post([MINIMUM] * 501)).status_code == 422


async def test_a_body_over_one_mebibyte_is_refused(api: Api) -> None:
    assert (await api.post(raw=b" " * (1024 * 1024 + 1))).status_code == 413


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (event(specversion="0.3"), "specversion"),
        (event(type="hito.order.v2"), "type"),
        (event(id=""), "id"),
        (event(source=5), "source"),
        (event(time="yesterday"), "time"),
        (event(time="0001-01-01T00:00:00+14:00"), "time"),
        (event(data=changed(state="?")), "data.state"),
        (event(data=None), "data"),
        ([event()], "body"),
    ],
)
async def test_a_cloudevent_that_is_none_is_refused_with_its_field(api: Api, body: Any, field: str) -> None:
    answer = await api.post(body, kind=STRUCTURED)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert api.broker.messages == []


@pytest.mark.parametrize(
    ("key", "status"), [(None, 401), ("", 401), ("demo-key-0123456789abX", 401), ("ñ" * 20, 401), (OTHER_KEY, 404)]
)
async def test_a_shop_is_opened_by_its_own_key_alone(api: Api, key: str | None, status: int) -> None:
    headers = {} if key is None else {b"authorization": f"Bearer {key}".encode()}
    answer = await api.client.post("/v1/shops/demo/orders", json=MINIMUM, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM
    assert api.broker.messages == []


async def test_a_shop_that_does_not_exist_looks_like_one_that_is_not_yours(api: Api) -> None:
    nobody, others = await api.post(MINIMUM, shop="nobody"), await api.post(MINIMUM, shop="other")
    assert nobody.status_code == others.status_code == 404
    assert nobody.content == others.content


@pytest.mark.parametrize("key", [KEY, NEW_KEY])
async def test_two_keys_open_a_shop_while_one_is_being_replaced(api: Api, key: str) -> None:
    assert (await api.post(MINIMUM, key=key)).status_code == 202


async def test_a_key_that_only_reads_may_ask_but_not_tell(api: Api) -> None:
    answer = await api.post(MINIMUM, key=READ_KEY)
    assert (answer.status_code, answer.headers["content-type"]) == (403, PROBLEM)
    assert "orders.write" in answer.json()["detail"]
    assert api.broker.messages == []
    assert (await api.get("/v1/shops/demo/orders", READ_KEY)).status_code == 200


async def test_without_a_broker_the_shop_is_asked_to_try_again(api: Api) -> None:
    api.broker.away = True
    answer = await api.post(MINIMUM)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"] == PROBLEM
    assert "nothing was stored" in answer.json()["detail"]
