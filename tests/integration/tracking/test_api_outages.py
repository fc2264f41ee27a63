"""What everybody sees while the database or the broker is away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.backends.ports import free_port
from sandbox.backends.postgres import EmbeddedPostgres, embedded_postgres
from services.tracking.processes import MIGRATIONS
from shared.messaging.publish import open_publisher
from shared.migrate import migrate, newest_revision, open_migrated
from tests.support.deliveries import ORDER, order
from tests.support.migrated import opened
from tests.support.tracking_api import KEY, OPS_KEY, Api
from tests.support.tracking_world import FARO, Tracking, announcer_for


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
    newest = newest_revision(MIGRATIONS)
    nobody = f"127.0.0.1:{free_port()}"
    async with opened(url) as database, open_publisher(nobody, idempotence=False, client_id="test") as publisher:
        api = Api(Tracking(database, announcer_for(FARO)))
        async with open_migrated(api.runtime, "api", MIGRATIONS):
            assert await unready(api) == {"api database": f"the schema is at nothing, {newest} is needed: migrate"}
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
