"""A shop finds its orders by whatever its buyer has at hand, and reads long lists to their end."""

from __future__ import annotations

import base64
import json
from datetime import date
from typing import Any

import pytest

from services.tracking.watch import look_once
from shared.contracts.orders import Promise
from tests.support.deliveries import CORREOS, LUCIA, SEUR, at, order, scan
from tests.support.tracking_api import KEY, OTHER_KEY, Api

ALL = "/v1/shops/demo/orders"


async def three_orders(api: Api) -> None:
    late = Promise(deliver_until=date(2026, 3, 4))
    maria = LUCIA.model_copy(update={"email": "maria@example.com", "phone": "+34600000002"})
    await api.tracking.tell(
        order("shipped", order_id="A-1", placed_at=at(1), parcels=[("seur", "S-9")]),
        order("shipped", order_id="A-2", placed_at=at(2), parcels=[SEUR], promise=late, buyer=maria),
        order("shipped", order_id="A-3", placed_at=at(3), parcels=[CORREOS]),
        scan("accepted", 4, of=("seur", "S-9"), condition="customs", by="carrier"),
        scan("in_transit", 4),
        scan("delivered", 5, of=CORREOS),
    )
    await look_once(api.tracking.database, api.tracking.announcer, at(6))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["A-3", "A-2", "A-1"]),
        ({"q": "A-2"}, ["A-2"]),
        ({"q": SEUR[1]}, ["A-2"]),
        ({"q": "maria@example.com"}, ["A-2"]),
        ({"q": "+34600000002"}, ["A-2"]),
        ({"q": " A-2 "}, ["A-2"]),
        ({"q": "MARIA@Example.com"}, ["A-2"]),
        ({"q": "600 00 00 02"}, ["A-2"]),
        ({"q": "0034 600-000-002"}, ["A-2"]),
        ({"q": "(+34) 600.000.002"}, ["A-2"]),
        ({"q": "+44 600 000 002"}, []),
        ({"q": "A"}, []),
        ({"q": "' OR 1=1 --"}, []),
        ({"state": "delivered"}, ["A-3"]),
        ({"stage": "in_transit"}, ["A-2"]),
        ({"condition": "customs"}, ["A-1"]),
        ({"late": "true"}, ["A-2"]),
        ({"late": "false"}, ["A-3", "A-1"]),
        ({"late": "true", "state": "confirmed"}, []),
    ],
)
async def test_orders_are_found_by_number_reference_mail_phone_and_what_is_the_matter(
    api: Api, query: dict[str, Any], found: list[str]
) -> None:
    await three_orders(api)
    assert [line["order_id"] for line in (await api.ask(ALL, **query))["orders"]] == found


async def test_a_list_is_paged_by_cursor_without_gap_or_repetition(api: Api) -> None:
    ids = [f"A-{number:02}" for number in range(23)]
    await api.tracking.tell(*(order(order_id=name, placed_at=at(1 + nth // 7)) for nth, name in enumerate(ids)))
    seen, cursor, pages = list[str](), None, 0
    while True:
        page = await api.ask(ALL, limit=5, **({"cursor": cursor} if cursor else {}))
        seen += [line["order_id"] for line in page["orders"]]
        pages, cursor = pages + 1, page["next"]
        if cursor is None:
            break
    assert seen == sorted(ids, key=lambda name: (-(ids.index(name) // 7), name)), "newest first, then by number"
    assert pages == 5


def cursor_of(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        cursor_of(1, 2),
        cursor_of("2026-03-02T08:00:00", "demo", "A-1"),
        cursor_of("2026-03-02T08:00:00Z", "demo", 7),
        cursor_of("2026-03-02T08:00:00Z", "demo", "A\x00"),
        cursor_of("2026-03-02T08:00:00Z", "demo", "A\ud800"),
        cursor_of("0001-01-01T00:00:00+14:00", "demo", "A-1"),
        cursor_of("2026-03-02T08:00:00Z"),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
async def test_a_cursor_that_is_not_ours_is_refused(api: Api, cursor: str) -> None:
    answer = await api.get(ALL, cursor=cursor)
    assert answer.status_code == 422, answer.text
    assert "cursor" in answer.json()["detail"]


@pytest.mark.parametrize("body", [{"q": "maria@example.com"}, {"q": "600 00 00 02", "limit": 1}, {"late": True}])
async def test_the_same_search_with_what_is_personal_in_the_body(api: Api, body: dict[str, Any]) -> None:
    await three_orders(api)
    answer = await search(api, body)
    assert answer.status_code == 200
    assert [line["order_id"] for line in answer.json()["orders"]] == ["A-2"]
    assert answer.headers["cache-control"] == "no-store"


async def search(api: Api, body: Any, key: str | None = KEY, raw: bytes | None = None) -> Any:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    content = json.dumps(body).encode() if raw is None else raw
    return await api.client.post(f"{ALL}/search", content=content, headers=headers)


async def test_a_search_in_the_body_is_paged_by_the_same_cursors(api: Api) -> None:
    await three_orders(api)
    first = (await search(api, {"limit": 2})).json()
    second = (await search(api, {"limit": 2, "cursor": first["next"]})).json()
    assert [line["order_id"] for line in first["orders"] + second["orders"]] == ["A-3", "A-2", "A-1"]
    assert (await api.ask(ALL, cursor=first["next"]))["orders"] == second["orders"]


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"", "body"),
        (b"\xff", "body"),
        (b"[" * 5000, "body"),
        (b"[]", "body"),
        (b'{"q": 7}', "q"),
        (b'{"q": "a\\u0000"}', "q"),
        (b'{"late": "yes"}', "late"),
        (b'{"limit": 0}', "limit"),
        (b'{"phone": "+34600000002"}', "phone"),
    ],
)
async def test_a_search_that_makes_no_sense_is_refused_with_the_field(api: Api, raw: bytes, field: str) -> None:
    answer = await search(api, None, raw=raw)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


async def test_only_the_shops_own_key_opens_its_search(api: Api) -> None:
    await three_orders(api)
    assert [(await search(api, {}, key)).status_code for key in (None, "wrong", OTHER_KEY)] == [401, 401, 404]


async def test_a_filter_that_does_not_exist_is_refused_by_its_name(api: Api) -> None:
    answer = await api.get(ALL, phone="+34600000002")
    assert answer.status_code == 422
    assert "phone" in answer.json()["detail"]
