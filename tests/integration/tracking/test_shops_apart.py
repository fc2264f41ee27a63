"""No shop sees anything of another: by its key, by the queries and, where those forget, by row-level security."""

from __future__ import annotations

from itertools import product
from typing import Any, cast

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking.api.state import ApiState
from services.tracking.processes import api_app
from services.tracking.queries import order_story
from services.tracking.watch import look_once
from shared.contracts.orders import Promise
from shared.contracts.vocabulary import Verdict
from shared.database import Database, fetch
from shared.processes import Runtime
from tests.support.deliveries import LUCIA, SEUR, at, order, outcome, scan
from tests.support.forgetful import ForgetfulDatabase, without_filter
from tests.support.tracking_api import KEY, Api
from tests.support.tracking_world import Tracking

ROOT = "/v1/shops/{shop}"
THEIRS = ("B-1", "SHARED", "SAME")
"""The other shop's orders. Ours has a SAME of its own and, in M-1, the parcel of SHARED."""
THEIR_PARCEL, SHARED_PARCEL = ("seur", "99990000999900"), ("correos", "PQ4E8K0000009990128009Z")
MARIA = LUCIA.model_copy(update={"name": "María", "email": "maria@other.example", "phone": "+34600999999"})
TRACES = ("B-1", "SHARED", THEIR_PARCEL[1], "their words", "their_reason", MARIA.email, MARIA.phone, "other")

OPERATIONS = [
    (method, path)
    for path, operations in api_app(Runtime("tracking", ("api",)), cast("ApiState", None)).openapi()["paths"].items()
    if path.startswith(ROOT)
    for method in operations
]
MADE_UP: dict[str, Any] = {"order_id": "X-1", "placed_at": "2026-03-02T09:00:00Z", "state": "placed", "buyer": MARIA}
BODIES: dict[str, Any] = {f"{ROOT}/orders": {**MADE_UP, "buyer": {"email": "x@example.com"}}}


async def fill(tracking: Tracking) -> None:
    """The other shop's orders with all that can hang on an order, and ours beside them."""
    late = Promise(deliver_until=at(4).date())
    theirs: dict[str, Any] = {"shop": "other", "buyer": MARIA, "promise": late}
    await tracking.tell(
        order("shipped", order_id="B-1", parcels=[THEIR_PARCEL], **theirs),
        order("shipped", order_id="SHARED", parcels=[SHARED_PARCEL], **theirs),
        order("confirmed", order_id="SAME", **theirs),
        order("preparing", 2, order_id="SAME", parcels=[THEIR_PARCEL], **theirs),
        scan("in_transit", 3, of=THEIR_PARCEL, carrier_text="their words"),
        order("shipped", order_id="SAME", parcels=[SEUR]),
        order("shipped", order_id="M-1", parcels=[SHARED_PARCEL]),
        scan("in_transit", 3),
        scan("in_transit", 3, of=SHARED_PARCEL),
    )
    await look_once(tracking.database, tracking.announcer, at(6))
    told = [step for step in await tracking.steps() if step.shop == "other"]
    assert {step.order_id for step in told} == set(THEIRS)
    await tracking.tell(*(outcome(step, Verdict.FAILED, "their_reason") for step in told))


@pytest.fixture(params=[False, True], ids=["by filter and policy", "by policy alone"])
async def shops(request: pytest.FixtureRequest, tracking: Tracking) -> Api:
    """The API, once as it is and once with every filter on the shop taken out of its queries."""
    await fill(tracking)
    database = ForgetfulDatabase(tracking.database) if request.param else tracking.database
    return Api(Tracking(database, tracking.announcer))


def forgotten(api: Api) -> bool | None:
    """Whether a filter was taken out; None where none was to be."""
    database = api.tracking.database
    return database.forgotten > 0 if isinstance(database, ForgetfulDatabase) else None


async def call(api: Api, method: str, path: str, shop: str, **query: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {KEY}"}
    body = BODIES.get(path, {}) if method in ("post", "put", "patch") else None
    of = query.pop("of", "B-1")
    address = path.replace("{shop}", shop).replace("{order}", of).replace("{order_id}", of)
    assert "{" not in address, f"teach this test which objects {path} is about"
    return await api.client.request(method, address, headers=headers, json=body, params=query)


def test_there_are_operations_to_try() -> None:
    assert ("get", f"{ROOT}/orders") in OPERATIONS
    assert len(OPERATIONS) >= 5


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_on_another_shops_path_a_key_finds_nothing(shops: Api, method: str, path: str) -> None:
    for order_id in (*THEIRS, "M-1"):
        answer = await call(shops, method, path, "other", of=order_id)
        assert answer.status_code == 404, f"{method} {path} of {order_id}: {answer.text}"
        assert not [trace for trace in TRACES if trace and trace in answer.text]
    assert shops.broker.messages == []


@pytest.mark.parametrize(("method", "path"), [each for each in OPERATIONS if "{order" in each[1]])
async def test_on_its_own_path_a_key_does_not_find_another_shops_orders(shops: Api, method: str, path: str) -> None:
    for order_id in ("B-1", "SHARED"):
        answer = await call(shops, method, path, "demo", of=order_id)
        assert answer.status_code == 404, f"{method} {path} of {order_id}: {answer.text}"
    assert forgotten(shops) in (True, None)


@pytest.mark.parametrize("path", [path for method, path in OPERATIONS if method == "get" and "{order}" in path])
async def test_an_order_of_the_same_number_and_a_parcel_in_common_show_nothing_of_the_other_shop(
    shops: Api, path: str
) -> None:
    for order_id in ("SAME", "M-1"):
        answer = await call(shops, "get", path, "demo", of=order_id)
        wanted = 404 if path.endswith("/erasure") else 200  # of ours nobody has asked to erase anything
        assert answer.status_code == wanted, f"{path} of {order_id}: {answer.text}"
        assert not [trace for trace in TRACES if trace and trace in answer.text], f"{path} of {order_id}"
    assert forgotten(shops) in (True, None)


SEARCHES = [{"q": text} for text in ("B-1", THEIR_PARCEL[1], MARIA.email, MARIA.phone)]


@pytest.mark.parametrize("query", [{}, *SEARCHES, {"late": True}], ids=str)
async def test_a_list_or_a_search_holds_a_shops_own_orders_alone(shops: Api, query: dict[str, Any]) -> None:
    answer = await call(shops, "get", f"{ROOT}/orders", "demo", **query)
    found = [(line["shop"], line["order_id"]) for line in answer.json()["orders"]]
    assert found == ([] if query else [("demo", "M-1"), ("demo", "SAME")])
    assert forgotten(shops) in (True, None)


async def test_with_both_walls_down_the_other_shop_would_be_seen(tracking: Tracking) -> None:
    await fill(tracking)
    forgetful = ForgetfulDatabase(tracking.database)
    async with forgetful.transaction() as owner:
        story = await order_story(owner, "demo", "B-1")
    assert story is not None
    assert story.order.shop == "other"


def test_a_filter_is_known_as_both_drivers_write_it() -> None:
    for written in ("shop = :shop", "o.shop = :shop", "shop = $1::VARCHAR", "o.shop = $12"):
        assert without_filter(f"WHERE {written} AND x = :x") == (f"WHERE ({written} OR true) AND x = :x", 1)
    assert without_filter("p.shop = o.shop") == ("p.shop = o.shop", 0)


SEEN = {
    "orders": "SELECT DISTINCT shop FROM orders",
    "order_parcels": "SELECT DISTINCT shop FROM order_parcels",
    "snapshots": "SELECT DISTINCT shop FROM snapshots",
    "steps": "SELECT DISTINCT shop FROM steps",
    "messages": "SELECT DISTINCT shop FROM messages",
    "parcels": "SELECT DISTINCT carrier, reference FROM parcels",
    "timeline": "SELECT DISTINCT carrier, reference FROM timeline",
}
PARCELS_OF = {"demo": {SEUR, SHARED_PARCEL}, "other": {THEIR_PARCEL, SHARED_PARCEL}, "": set[tuple[str, str]]()}


@pytest.mark.parametrize("table", SEEN)
async def test_each_table_shows_a_shop_its_own_rows_and_nobody_without_a_shop_any(
    tracking: Tracking, table: str
) -> None:
    await fill(tracking)
    for shop, look in product(("demo", "other", ""), (tracking.database.reading, tracking.database.glancing)):
        async with look(shop) as reading:
            seen = {tuple(row.values()) for row in await fetch(reading, SEEN[table])}
        ours = {(shop,)} if shop and (shop, table) != ("demo", "messages") else set[tuple[str, ...]]()
        assert seen == (PARCELS_OF[shop] if table in ("parcels", "timeline") else ours), f"{table} as {shop!r}"


async def become_tenant(tx: AsyncConnection) -> None:
    await fetch(tx, "SELECT set_config('role', 'hito_tenant', true)")


@pytest.mark.parametrize("table", SEEN)
async def test_in_the_role_a_session_that_never_named_a_shop_sees_nothing(tracking: Tracking, table: str) -> None:
    await fill(tracking)
    async with tracking.database.transaction() as tx:
        assert await fetch(tx, SEEN[table]), "the owner sees rows"
        await become_tenant(tx)
        assert await fetch(tx, SEEN[table]) == []


async def test_in_the_role_nobody_can_become_another_shop_by_words_in_a_parameter(tracking_database: Database) -> None:
    async with tracking_database.reading("x', true), set_config('hito.shop', 'demo") as reading:
        (row,) = await fetch(reading, "SELECT current_setting('hito.shop') AS shop, current_user AS role")
    assert (row["shop"], row["role"]) == ("x', true), set_config('hito.shop', 'demo", "hito_tenant")
