"""A database with rows in it comes from each revision to the next and keeps them; what moves is found where it went."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from shared.contracts.vocabulary import Step
from shared.database import Database
from shared.migrate import migrate, newest_revision
from tests.migration.filled import columns_of, contents, fill_up_to, revisions
from tests.support.deliveries import CORREOS, scan
from tests.support.migrated import MIGRATIONS, ask, opened
from tests.support.tracking_world import FARO, Tracking, announcer_for

STEPS = [
    (service, before, after)
    for service in sorted(MIGRATIONS)
    for before, after in zip(revisions(service), revisions(service)[1:], strict=False)
]
DROPPED: Mapping[tuple[str, str], frozenset[str]] = {
    ("tracking", "0002"): frozenset({"orders.snapshot", "orders.time_facts", "parcels.facts", "order_parcels.state"})
}
"""Tables and columns that a revision takes away on purpose."""
MOVED: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("tracking", "0002"): (
        (
            "SELECT carrier, reference, CAST(f ->> 'id' AS uuid) AS id, CAST(f ->> 'at' AS timestamptz) AS at, "
            "f - 'id' - 'at' AS fact FROM parcels, jsonb_array_elements(facts) AS f ORDER BY 1, 2, 4, 3",
            "SELECT carrier, reference, event_id AS id, occurred_at AS at, fact FROM timeline ORDER BY 1, 2, 4, 3",
        ),
        (
            "SELECT shop, order_id, snapshot AS document FROM orders ORDER BY 1, 2",
            "SELECT shop, order_id, document FROM snapshots WHERE document IS NOT NULL ORDER BY 1, 2",
        ),
    )
}
"""Questions that have one answer: how they were put before a revision, and how after it."""


@pytest.mark.parametrize(("service", "before", "after"), STEPS)
async def test_a_revision_leaves_every_row_as_it_was_but_for_what_it_takes_away_on_purpose(
    service: str, before: str, after: str, database: str
) -> None:
    async with opened(database) as filled:
        await fill_up_to(filled, service, before)
        dropped = DROPPED.get((service, after), frozenset())
        tables = {
            table: [column for column in columns if f"{table}.{column}" not in dropped]
            for table, columns in (await columns_of(filled)).items()
        }
        held = {table: await contents(filled, table, columns) for table, columns in tables.items()}
        asked = [await ask(filled, sql) for sql, _ in MOVED.get((service, after), ())]
        empty = {table for table, rows in held.items() if not rows}
        assert not empty, f"put rows for them into tests/migration/rows/{service}_{before}.sql"
        await migrate(filled, MIGRATIONS[service], target=after)
        for table, columns in tables.items():
            assert await contents(filled, table, columns) == held[table], table
        for (_, sql), answer in zip(MOVED.get((service, after), ()), asked, strict=True):
            assert await ask(filled, sql) == answer


@pytest.mark.parametrize(("service", "after"), [*DROPPED, *MOVED])
def test_what_is_taken_away_is_looked_for_elsewhere(service: str, after: str) -> None:
    assert (service, after) in DROPPED
    assert (service, after) in MOVED


async def test_an_order_of_the_first_release_goes_on_under_the_newest_and_hears_nothing_twice(database: str) -> None:
    async with opened(database) as filled:
        await fill_up_to(filled, "tracking", "0001")
        assert await migrate(filled, MIGRATIONS["tracking"]) == newest_revision(MIGRATIONS["tracking"])
        tracking = Tracking(filled, announcer_for(FARO))
        told = [(step.order_id, step.step, step.sequence) for step in await tracking.steps()]
        assert ("A-1001", Step.DELIVERED, 4) in told
        await tracking.tell(scan("in_transit", 7, of=CORREOS), scan("delivered", 8, of=("seur", "22222222222222")))
        news = [(step.order_id, step.step, step.sequence) for step in await tracking.steps()][len(told) :]
        assert sorted(news) == [("A-1001", Step.IN_TRANSIT, 5), ("A-1002", Step.DELIVERED, 3)]


async def test_messages_of_the_first_release_keep_their_state_and_are_not_planned_again(database: str) -> None:
    async with opened(database) as filled:
        await fill_up_to(filled, "notifier", "0001")
        before = await states(filled)
        await migrate(filled, MIGRATIONS["notifier"])
        assert await states(filled) == before
        assert {"planned", "accepted", "suppressed"} <= {
            row["state"] for row in await ask(filled, "SELECT state FROM messages")
        }


async def states(database: Database) -> list[str]:
    return await contents(database, "messages", ["id", "state", "reason", "address", "request", "provider_message_id"])
