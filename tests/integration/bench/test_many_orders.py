"""The benchmark reads copies of one order; they have to be as whole as the order itself."""

from __future__ import annotations

import json
from typing import Any

from sandbox.backends.servers import PostgresServer
from tests.bench.tracking.many_orders import NUMBER_WIDTH, TEMPLATE, copy_orders
from tests.bench.tracking.template import template_facts
from tests.bench.tracking.workload import SHOP, order_id_of
from tests.support.deliveries import at
from tests.support.migrated import ask
from tests.support.tracking_api import Api
from tests.support.tracking_world import Tracking

COPIES = 30


async def test_a_copy_is_answered_like_the_order_it_was_copied_from(
    tracking: Tracking, api: Api, postgres: PostgresServer
) -> None:
    await _copy(tracking, postgres)
    template, copy = await _answer(api, TEMPLATE), await _answer(api, COPIES)
    assert template["state"] == "delivered"
    assert len(template["messages"]) == 8
    renamed = json.dumps(template).replace("0" * NUMBER_WIDTH, f"{COPIES:0{NUMBER_WIDTH}d}")
    assert json.dumps(copy) == renamed


async def test_there_are_as_many_orders_as_were_asked_for(tracking: Tracking, postgres: PostgresServer) -> None:
    await _copy(tracking, postgres)
    (row,) = await ask(tracking.database, "SELECT count(*) AS n, count(DISTINCT token_hash) AS links FROM orders")
    assert (row["n"], row["links"]) == (COPIES + 1, COPIES + 1)


async def _copy(tracking: Tracking, postgres: PostgresServer) -> None:
    await tracking.tell(*template_facts(at(6)))
    (row,) = await ask(tracking.database, "SELECT current_database() AS name")
    await copy_orders(postgres.url(row["name"]), COPIES, lambda _: None)


async def _answer(api: Api, number: int) -> dict[str, Any]:
    answer: dict[str, Any] = await api.ask(f"/v1/shops/{SHOP}/orders/{order_id_of(number)}")
    for message in answer["messages"]:
        message.pop("id")  # ids are the template's, and one of them looks like an order's number
    answer.pop("tracking_url")  # made from a secret and the order's number
    return answer
