"""A shop asks once, and the buyer's contact is gone from both services, through Kafka and back, for good."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sandbox.backends.servers import Broker
from shared.contracts.orders import OrderSnapshot
from shared.database import Database
from tests.support.both_services import BothServices, both_services
from tests.support.canaries import BUYER, FRIEND, tables_holding
from tests.support.deliveries import order
from tests.support.migrated import FreshDatabase, ask, opened
from tests.support.waiting import until


async def says(services: BothServices, state: str, sequence: int, order_id: str) -> None:
    """The shop tells of the order, contact and all, as it always does."""
    told = order(state, sequence, order_id=order_id, buyer=BUYER, recipients=(FRIEND,)).model_dump(mode="json")
    body: dict[str, Any] = {name: told[name] for name in OrderSnapshot.model_fields}
    answer = await services.shop.post("orders", json=body)
    assert answer.status_code == 202, answer.text


async def reasons(notifier: Database, step: str) -> set[str]:
    rows = await ask(notifier, "SELECT DISTINCT reason FROM messages WHERE step = :step", step=step)
    return {str(row["reason"]) for row in rows}


async def state_of(tracking: Database, order_id: str) -> str | None:
    rows = await ask(tracking, "SELECT state FROM orders WHERE order_id = :id AND placed_at IS NOT NULL", id=order_id)
    return str(rows[0]["state"]) if rows else None


async def test_one_call_erases_in_both_services_and_nothing_brings_the_contact_back(
    broker: Broker,
    tracking_database: Database,
    notifier_database: Database,
    fresh_database: FreshDatabase,
    tracking_template: str,
) -> None:
    order_id = f"E-{uuid4().hex}"
    async with both_services(broker, tracking_database, notifier_database) as services:
        await says(services, "confirmed", 1, order_id)
        await until(lambda: reasons(notifier_database, "order_confirmed"), "the notifier has planned its messages")
        assert await tables_holding(tracking_database)
        assert await tables_holding(notifier_database) == {"messages", "steps"}

        answer = await services.shop.post(f"orders/{order_id}/erasure")
        proof = answer.json()
        assert (answer.status_code, proof["complete"]) == (200, True), proof
        assert await tables_holding(tracking_database) == set()
        assert await tables_holding(notifier_database) == set()
        remaining = [line["remaining"] for part in ("tracking", "notifier") for line in proof[part]["tables"]]
        assert set(remaining) == {0}

        await says(services, "cancelled", 2, order_id)
        heard = await until(lambda: reasons(notifier_database, "order_cancelled"), "the notifier heard of the end")
        assert heard == {"erased"}
        assert await state_of(tracking_database, order_id) == "cancelled"
        assert await tables_holding(tracking_database) == set()
        assert await tables_holding(notifier_database) == set()

        async with opened(await fresh_database(tracking_template)) as rebuilt:
            await services.run_tracking(rebuilt)
            await until(lambda: is_erased(rebuilt, order_id), "the rebuilt tracking has heard of the erasure")
            await until(lambda: is_cancelled(rebuilt, order_id), "the rebuilt tracking has heard of the order")
            assert await tables_holding(rebuilt) == set()
            rows = await ask(rebuilt, "SELECT requested_at FROM erasures WHERE order_id = :id", id=order_id)
            assert proof["requested_at"] == rows[0]["requested_at"].isoformat().replace("+00:00", "Z")
            await services.stack.aclose()


async def is_erased(tracking: Database, order_id: str) -> bool:
    return bool(
        await ask(tracking, "SELECT 1 AS one FROM orders WHERE order_id = :id AND erased_at IS NOT NULL", id=order_id)
    )


async def is_cancelled(tracking: Database, order_id: str) -> bool:
    return await state_of(tracking, order_id) == "cancelled"
