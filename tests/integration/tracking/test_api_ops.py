"""What operators see, and what everybody sees while the database or the broker is away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.backends.ports import free_port
from sandbox.backends.postgres import EmbeddedPostgres, embedded_postgres
from services.tracking.processes import MIGRATIONS
from shared.messaging.dead_letters import DeadLetter, bury
from shared.messaging.publish import open_publisher
from shared.migrate import migrate, newest_revision, open_migrated
from tests.support.deliveries import ORDER, at, delivery, order, scan
from tests.support.migrated import ask, opened
from tests.support.tracking_api import KEY, OPS_KEY, Api
from tests.support.tracking_world import FARO, Tracking, announcer_for

CALLS = ["unmapped", "dead-letters", "conflicts", "parked", "lag"]


@pytest.mark.parametrize("call", CALLS)
async def test_only_the_operators_key_opens_operations(api: Api, call: str) -> None:
    statuses = [(await api.get(f"/v1/ops/{call}", key)).status_code for key in (None, KEY, "wrong", OPS_KEY)]
    assert statuses == [401, 401, 401, 200]


async def test_codes_that_nobody_has_mapped_are_listed_with_the_carriers_words(api: Api) -> None:
    await api.tracking.tell(
        scan("unknown", 3, carrier_code="LX99", carrier_text="Sin clasificar"),
        scan("unknown", 4, carrier_code="LX99", carrier_text="Sin clasificar"),
        scan("unknown", 4, carrier_code="LX01"),
        scan("unknown", 5),
    )
    rows = (await api.ask("/v1/ops/unmapped", OPS_KEY))["unmapped"]
    assert next((row["code"], row["seen"]) for row in rows) == ("LX99", 2)
    assert {row["code"] for row in rows} == {"LX99", "LX01", "(none)"}
    assert rows[0]["sample"] == "Sin clasificar"


async def test_two_contents_under_one_sequence_are_listed(api: Api) -> None:
    await api.tracking.tell(delivery(order("confirmed"), said_at=at(2, "09:01")))
    await api.tracking.tell(delivery(order("cancelled"), said_at=at(2, "09:02")))
    await api.tracking.tell(order(order_id="A-2"))
    (row,) = (await api.ask("/v1/ops/conflicts", OPS_KEY))["conflicts"]
    assert (row["shop"], row["order_id"], row["sequence"], row["contents"]) == ("demo", ORDER, 1, 2)


async def test_parcels_that_wait_for_their_order_are_listed_until_it_comes(api: Api) -> None:
    await api.tracking.tell(scan("accepted", 3), scan("in_transit", 4))
    (row,) = (await api.ask("/v1/ops/parked", OPS_KEY))["parked"]
    assert (row["carrier"], row["facts"]) == ("seur", 2)
    await api.tracking.tell(order("shipped", parcels=[(row["carrier"], row["reference"])]))
    assert (await api.ask("/v1/ops/parked", OPS_KEY))["parked"] == []


async def test_dead_letters_are_paged_newest_first_and_show_no_bytes(api: Api) -> None:
    letters = [DeadLetter("shop.orders.v1", 0, n, b"k", b"lucia@example.com", [], f"invalid: {n}") for n in range(5)]
    async with api.tracking.database.transaction() as tx:
        await bury(tx, letters, "tracking")
    first = await api.ask("/v1/ops/dead-letters", OPS_KEY, limit=3)
    second = await api.ask("/v1/ops/dead-letters", OPS_KEY, limit=3, before=first["next"])
    assert [row["offset"] for row in first["dead_letters"] + second["dead_letters"]] == [4, 3, 2, 1, 0]
    assert second["next"] is None
    assert "lucia" not in str(first)


async def test_lag_counts_what_waits_for_the_relay(api: Api) -> None:
    assert (await api.ask("/v1/ops/lag", OPS_KEY))["outbox"] == {"unpublished": 0, "oldest_seconds": 0}
    await api.tracking.tell(order("confirmed"))
    await ask(api.tracking.database, "UPDATE outbox SET created_at = now() - interval '90 seconds' RETURNING id")
    outbox = (await api.ask("/v1/ops/lag", OPS_KEY))["outbox"]
    assert outbox["unpublished"] == 1
    assert 90 <= outbox["oldest_seconds"] < 120


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    async with embedded_postgres(tmp_path, durable=False) as running:
        yield running


async def test_while_the_database_is_away_questions_are_answered_with_try_again_and_then_as_before(
    server: EmbeddedPostgres,
) -> None:
    async with opened(await server.create_database("tracking")) as database:
        await migrate(database, MIGRATIONS)
        api = Api(Tracking(database, announcer_for(FARO)))
        await api.tracking.tell(order())
        await server.stop(immediate=True)
        for path, key in (
            (f"/v1/shops/demo/orders/{ORDER}", KEY),
            ("/v1/shops/demo/orders", KEY),
            ("/v1/ops/lag", OPS_KEY),
        ):
            answer = await api.get(path, key)
            assert answer.status_code == 503, path
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["content-type"] == "application/problem+json"
            assert "database" in answer.json()["detail"]
        taken = await api.post(
            {
                "order_id": "A-2",
                "placed_at": "2026-03-02T09:00:00Z",
                "state": "placed",
                "buyer": {"phone": "+34600000001"},
            }
        )
        assert taken.status_code == 202, "orders are taken in while the broker is there"
        await server.start()
        assert (await api.ask(f"/v1/shops/demo/orders/{ORDER}"))["state"] == "confirmed"


async def test_a_process_is_ready_only_while_its_database_and_its_broker_are_there(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await server.create_database("tracking")
    monkeypatch.setenv("DATABASE_URL", url)
    nobody = f"127.0.0.1:{free_port()}"
    async with opened(url) as database, open_publisher(nobody, idempotence=False, client_id="test") as publisher:
        api = Api(Tracking(database, announcer_for(FARO)))
        async with open_migrated(api.runtime, "api", MIGRATIONS):
            assert await unready(api) == {
                "api database": f"the schema is at nothing, {newest_revision(MIGRATIONS)} is needed: migrate"
            }
            await migrate(database, MIGRATIONS)
            assert await unready(api) == {}
            api.runtime.health.register("api broker", publisher.unready)
            assert await unready(api) == {"api broker": "no broker yet"}
            await server.stop(immediate=True)
            assert set(await unready(api)) == {"api broker", "api database"}
            assert (await api.client.get("/livez")).status_code == 200


async def unready(api: Api) -> dict[str, str]:
    answer = await api.client.get("/readyz")
    reasons: dict[str, str] = answer.json()["reasons"]
    assert answer.status_code == (503 if reasons else 200)
    return reasons
