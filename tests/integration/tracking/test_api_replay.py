"""An operator has a dead letter taken in again, after what made it fail was mended."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.tracking.ops.replay import LIMIT_BYTES
from shared.contracts.envelope import Headers, Outgoing
from shared.contracts.topics import SHOP_ORDERS
from shared.messaging.dead_letters import REPLAY_OF, DeadLetter, bury
from tests.support.deliveries import order
from tests.support.migrated import ask
from tests.support.tracking_api import KEY, OPS_KEY, Api

TOLD = Outgoing.of(
    SHOP_ORDERS, order(), key="demo/A-1001", id=order().event_id, time=order().placed_at, source="/shops/demo"
)


async def buried(
    api: Api,
    *,
    topic: str = TOLD.topic,
    value: bytes | None = TOLD.value,
    headers: Headers = TOLD.headers,
    offset: int = 1,
) -> int:
    async with api.tracking.database.transaction() as tx:
        await bury(tx, [DeadLetter(topic, 0, offset, TOLD.key, value, headers, "unknown shop")], "tracking")
    await ask(api.tracking.database, "DELETE FROM outbox RETURNING id")
    (row,) = await ask(api.tracking.database, "SELECT max(id) AS id FROM dead_letters")
    return int(row["id"])


async def replay(api: Api, letter: object, key: str | None = OPS_KEY, **query: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return await api.client.post(f"/v1/ops/dead-letters/{letter}/replay", params=query, headers=headers)


async def outgoing(api: Api) -> list[tuple[str, bytes | None, bytes | None]]:
    rows = await ask(api.tracking.database, "SELECT topic, key, value FROM outbox ORDER BY id")
    return [(row["topic"], row["key"], row["value"]) for row in rows]


async def test_a_replayed_letter_waits_for_the_relay_as_it_came_and_is_marked(api: Api) -> None:
    letter = await buried(api)
    answer = await replay(api, letter)
    assert answer.status_code == 202, answer.text
    assert (answer.json()["id"], answer.json()["topic"]) == (letter, "shop.orders.v1")
    assert await outgoing(api) == [(TOLD.topic, TOLD.key, TOLD.value)]
    (listed,) = (await api.ask("/v1/ops/dead-letters", OPS_KEY))["dead_letters"]
    assert listed["replayed_at"] == answer.json()["replayed_at"]
    assert (await api.ask("/v1/ops/dead-letters", OPS_KEY, waiting="true"))["dead_letters"] == []


async def test_a_second_replay_has_to_be_asked_for_with_again(api: Api) -> None:
    letter = await buried(api)
    first, second, third = await replay(api, letter), await replay(api, letter), await replay(api, letter, again=True)
    assert [each.status_code for each in (first, second, third)] == [202, 409, 202]
    assert first.json()["replayed_at"] in second.json()["detail"]
    assert len(await outgoing(api)) == 2


@pytest.mark.parametrize(
    ("letter", "says"),
    [
        ({"value": b"x" * (LIMIT_BYTES + 1)}, "brokers take at most"),
        ({"topic": "carrier.parcels.v0"}, "nobody here reads carrier.parcels.v0"),
        ({"topic": "tracking.steps.v1"}, "nobody here reads tracking.steps.v1"),
    ],
)
async def test_what_cannot_be_published_says_so_and_keeps_waiting(api: Api, letter: dict[str, Any], says: str) -> None:
    answer = await replay(api, await buried(api, **letter))
    assert (answer.status_code, answer.json()["title"]) == (409, "Cannot be published")
    assert says in answer.json()["detail"]
    assert await outgoing(api) == []
    assert len((await api.ask("/v1/ops/dead-letters", OPS_KEY, waiting="true"))["dead_letters"]) == 1


async def test_what_failed_again_names_the_letter_that_it_was(api: Api) -> None:
    first = await buried(api)
    again = await buried(api, headers=[*TOLD.headers, (REPLAY_OF, str(first).encode())], offset=2)
    letters = (await api.ask("/v1/ops/dead-letters", OPS_KEY))["dead_letters"]
    assert [(each["id"], each["replay_of"]) for each in letters] == [(again, first), (first, None)]


@pytest.mark.parametrize("forged", [b"", b"seven", b"-1", b"9" * 40, b"\xff\x00", "٧".encode()])
async def test_a_header_that_names_no_letter_is_no_letter(api: Api, forged: bytes) -> None:
    await buried(api, headers=[(REPLAY_OF, forged)])
    (letter,) = (await api.ask("/v1/ops/dead-letters", OPS_KEY))["dead_letters"]
    assert letter["replay_of"] is None


async def test_only_the_operators_key_replays(api: Api) -> None:
    letter = await buried(api)
    assert [(await replay(api, letter, key)).status_code for key in (None, KEY, "wrong")] == [401, 401, 401]
    assert await outgoing(api) == []


@pytest.mark.parametrize(("letter", "status"), [(999, 404), (0, 422), ("x", 422), (2**63, 422)])
async def test_a_letter_that_does_not_exist_is_not_found(api: Api, letter: object, status: int) -> None:
    assert (await replay(api, letter)).status_code == status
