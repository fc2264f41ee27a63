"""What operators see: every queue to its end, what is stuck and why, what lags, and nothing for anybody else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from sandbox.backends.servers import Broker
from services.tracking.cursors import write_cursor
from services.tracking.ops.conflicts import mark_conflicts
from services.tracking.store import OrderKey
from services.tracking.watch import look_once
from shared.contracts.orders import Promise
from shared.messaging.dead_letters import DeadLetter, bury
from shared.messaging.group_lag import GroupLag
from tests.support.consuming import new_line, numbered
from tests.support.deliveries import CORREOS, ORDER, SEUR, at, delivery, order, scan
from tests.support.migrated import ask
from tests.support.tracking_api import KEY, OPS_KEY, Api
from tests.support.tracking_world import Tracking

CALLS = ["unmapped", "dead-letters", "conflicts", "parked", "stuck", "lag"]


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


async def mark(api: Api, *orders: OrderKey) -> None:
    async with api.tracking.database.transaction() as tx:
        await mark_conflicts(tx, orders)


async def test_two_contents_under_one_sequence_are_listed(api: Api) -> None:
    await api.tracking.tell(delivery(order("confirmed"), said_at=at(2, "09:01")))
    await api.tracking.tell(delivery(order("cancelled"), said_at=at(2, "09:02")))
    await api.tracking.tell(order(order_id="A-2"))
    await mark(api, OrderKey("demo", ORDER), OrderKey("demo", "A-2"))
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
    second = await api.ask("/v1/ops/dead-letters", OPS_KEY, limit=3, cursor=first["next"])
    assert [row["offset"] for row in first["dead_letters"] + second["dead_letters"]] == [4, 3, 2, 1, 0]
    assert second["next"] is None
    assert "lucia" not in str(first)


async def test_an_order_that_nobody_will_look_at_again_is_stuck_and_says_what_it_waits_for(api: Api) -> None:
    await api.tracking.tell(
        order("confirmed", order_id="no-parcel", placed_at=at(1)),
        order("shipped", order_id="no-scan", placed_at=at(2), parcels=[SEUR]),
        order("shipped", order_id="moving", placed_at=at(3), parcels=[CORREOS]),
        scan("in_transit", 4, of=CORREOS),
        order("shipped", order_id="waiting", placed_at=at(4), parcels=[("seur", "P-1")]),
        scan("ready_for_pickup", 5, of=("seur", "P-1")),
        order("shipped", order_id="arrived", placed_at=at(5), parcels=[("seur", "P-2")]),
        scan("delivered", 6, of=("seur", "P-2")),
    )
    await look_once(api.tracking.database, api.tracking.announcer, at(31))  # time has told what it can tell
    rows = (await api.ask("/v1/ops/stuck", OPS_KEY))["stuck"]
    seen = [(row["order_id"], row["waits_for"], row["parcel"]) for row in rows]
    assert seen == [
        ("no-parcel", "parcel", None),
        ("no-scan", "first_scan", "/".join(SEUR)),
        ("moving", "next_scan", "/".join(CORREOS)),
        ("waiting", "buyer", "seur/P-1"),
    ]
    assert (rows[0]["last_step"], rows[0]["last_step_at"]) == ("order_confirmed", "2026-03-01T11:01:00Z")


async def test_an_order_is_stuck_only_after_the_days_asked_for(api: Api) -> None:
    await api.tracking.tell(order(order_id="today", placed_at=datetime.now(UTC)))
    assert (await api.ask("/v1/ops/stuck", OPS_KEY))["stuck"] == []
    assert len((await api.ask("/v1/ops/stuck", OPS_KEY, days=0))["stuck"]) == 1


async def test_an_order_with_a_promise_is_watched_and_so_not_stuck(api: Api) -> None:
    await api.tracking.tell(order(promise=Promise(deliver_until=date(2026, 3, 10))))
    assert (await api.ask("/v1/ops/stuck", OPS_KEY))["stuck"] == []


async def fill_every_queue(api: Api) -> None:
    for number in range(7):
        key = OrderKey("demo", f"A-{number}")
        await api.tracking.tell(delivery(order(order_id=key.order_id, placed_at=at(2 + number % 2))))
        twice = order("cancelled", order_id=key.order_id, placed_at=at(2 + number % 2))
        await api.tracking.tell(delivery(twice, said_at=at(4 + number % 3)))
        await api.tracking.tell(order(order_id=f"S-{number}", placed_at=at(2 + number % 3)))
        await api.tracking.tell(scan("unknown", 3, of=("seur", f"P-{number}"), carrier_code=f"C{number}"))
        await mark(api, key)
    async with api.tracking.database.transaction() as tx:
        await bury(tx, [DeadLetter("shop.orders.v1", 0, n, b"k", b"x", [], "invalid") for n in range(7)], "tracking")


@pytest.mark.parametrize("call", [call for call in CALLS if call != "lag"])
async def test_every_queue_is_read_to_its_end_page_by_page_without_gap_or_repetition(api: Api, call: str) -> None:
    await fill_every_queue(api)
    name = call.replace("-", "_")
    whole = (await api.ask(f"/v1/ops/{call}", OPS_KEY))[name]
    read: list[object] = []
    cursor: dict[str, str] = {}
    for _ in range(len(whole)):
        page = await api.ask(f"/v1/ops/{call}", OPS_KEY, limit=2, **cursor)
        read += page[name]
        cursor = {"cursor": page["next"]}
        if page["next"] is None:
            break
    assert read == whole
    assert len(whole) >= 7


@pytest.mark.parametrize("call", [call for call in CALLS if call != "lag"])
async def test_a_cursor_of_another_list_is_refused(api: Api, call: str) -> None:
    answer = await api.get(f"/v1/ops/{call}", OPS_KEY, cursor=write_cursor("x", 1, "y", 2, 3))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "cursor"


async def test_lag_counts_what_waits_for_the_relay_for_somebody_to_replay_and_for_an_order(api: Api) -> None:
    quiet = await api.ask("/v1/ops/lag", OPS_KEY)
    assert quiet["outbox"] == {"unpublished": 0, "oldest_seconds": 0}
    assert (quiet["dead_letters_waiting"], quiet["parked_parcels"]) == (0, 0)
    await api.tracking.tell(order("confirmed"), scan("in_transit", 3))
    async with api.tracking.database.transaction() as tx:
        await bury(tx, [DeadLetter("shop.orders.v1", 0, 1, b"k", b"x", [], "invalid")], "tracking")
    await ask(api.tracking.database, "UPDATE outbox SET created_at = now() - interval '90 seconds' RETURNING id")
    lag = await api.ask("/v1/ops/lag", OPS_KEY)
    assert lag["outbox"]["unpublished"] == 2, "the step, and the word about the dead letter"
    assert 90 <= lag["outbox"]["oldest_seconds"] < 120
    assert (lag["dead_letters_waiting"], lag["parked_parcels"]) == (1, 1)


async def test_while_the_broker_is_away_lag_says_why_it_does_not_know_the_consumers(api: Api) -> None:
    lag = await api.ask("/v1/ops/lag", OPS_KEY)
    assert lag["consumers"] is None
    assert lag["consumers_unknown"] == "the broker is away: KafkaConnectionError"


async def test_lag_counts_what_the_consumers_have_not_taken_in(tracking: Tracking, broker: Broker) -> None:
    line = await new_line(broker, partitions=2)
    await line.publish(*numbered([1]))
    api = Api(tracking, group_lag=GroupLag(broker.bootstrap, line.group, [line.topic], timedelta(seconds=20)))
    lag = await api.ask("/v1/ops/lag", OPS_KEY)
    assert lag["consumers_unknown"] is None
    assert (lag["consumers"]["group"], lag["consumers"]["total"]) == (line.group, 1)
    assert sorted(part["lag"] for part in lag["consumers"]["partitions"]) == [0, 1]
