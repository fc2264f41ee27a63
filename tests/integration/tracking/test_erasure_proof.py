"""The proof of an erasure: complete when both services have counted nothing left, the same when asked for again."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from services.tracking.ops.replay import Unpublishable, replay
from shared.database import run
from tests.support.canaries import BUYER, tables_holding
from tests.support.erasing import PATH, answer, asked_of_notifier, bought, bury_an_order, erase
from tests.support.migrated import ask
from tests.support.tracking_api import KEY, OTHER_KEY, Api
from tests.support.waiting import until


async def test_the_proof_is_complete_once_the_notifier_has_answered(api: Api) -> None:
    await api.tracking.tell(bought())
    first = await erase(api)
    assert (first.status_code, first.json()["complete"], first.json()["notifier"]) == (202, False, None)
    await api.tracking.tell(answer())
    proof = await api.ask(PATH)
    assert proof["complete"]
    assert proof["notifier"]["tables"] == [{"table": "messages", "erased": 6, "remaining": 0, "kept": 9}]
    assert proof["kept"] == {"state": "shipped", "steps": 3, "verdicts": 0}
    assert proof["beyond_reach"]["providers"] == [{"provider": "smtp", "messages": 2}]


async def test_the_proof_names_the_day_by_which_kafka_has_forgotten(api: Api) -> None:
    await api.tracking.tell(bought())
    proof = (await erase(api)).json()
    until = {copy["topic"]: copy["until"][:10] for copy in proof["beyond_reach"]["kafka"]}
    erased_on = proof["tracking"]["erased_at"][:10]
    days = {name: (date.fromisoformat(day) - date.fromisoformat(erased_on)).days for name, day in until.items()}
    dead = {"shop.orders.v1.dead": 31, "tracking.steps.v1.dead": 31}
    assert days == {"shop.orders.v1": 8, "tracking.steps.v1": 8} | dead


async def test_a_notifier_that_still_holds_something_leaves_the_proof_incomplete(api: Api) -> None:
    await api.tracking.tell(bought())
    await erase(api)
    await api.tracking.tell(answer(remaining=1))
    assert not (await api.ask(PATH))["complete"]


async def test_a_call_waits_for_the_notifier_and_answers_200(api: Api) -> None:
    await api.tracking.tell(bought())
    waiting = asyncio.create_task(erase(api, wait=True))
    await until(lambda: asked_of_notifier(api), "the notifier is asked")
    await api.tracking.tell(answer())
    told = await waiting
    assert (told.status_code, told.json()["complete"]) == (200, True)


async def test_asking_twice_gives_the_same_proof_and_asks_the_notifier_once_until_it_has_answered(api: Api) -> None:
    await api.tracking.tell(bought())
    first, second = await erase(api), await erase(api)
    assert first.json() == second.json()
    assert [event.request for event in await asked_of_notifier(api)] == [1]
    await api.tracking.tell(answer())
    complete = await api.ask(PATH)
    third = await erase(api)
    assert (third.status_code, third.json()) == (202, complete | {"complete": False})
    assert [event.request for event in await asked_of_notifier(api)] == [1, 2]
    await api.tracking.tell(answer(2))
    assert await api.ask(PATH) == complete


async def test_a_notifier_that_says_nothing_for_a_minute_is_asked_again(api: Api) -> None:
    await api.tracking.tell(bought())
    await erase(api)
    async with api.tracking.database.transaction() as tx:
        await run(tx, "UPDATE erasures SET told_at = told_at - interval '1 minute'")
    await erase(api)
    first, second = await asked_of_notifier(api)
    assert (first.request, second.request) == (1, 2)
    assert first.requested_at == second.requested_at
    await api.tracking.tell(answer())
    assert not (await api.ask(PATH))["complete"], "that was the answer to the first request"


async def test_what_came_in_since_is_erased_by_asking_again_and_counted(api: Api) -> None:
    await api.tracking.tell(bought())
    before = (await erase(api)).json()
    await bury_an_order(api.tracking, 2)
    assert await tables_holding(api.tracking.database) == {"dead_letters", "outbox"}
    after = (await erase(api)).json()
    assert await tables_holding(api.tracking.database) == set()
    assert after["tracking"]["erased_at"] > before["tracking"]["erased_at"]
    letters = {line["table"]: line["erased"] for line in after["tracking"]["tables"]}
    assert letters["dead_letters"] == 1


async def test_an_erased_dead_letter_still_says_where_it_came_from_and_why(api: Api) -> None:
    await api.tracking.tell(bought())
    await bury_an_order(api.tracking, 3)
    await erase(api)
    (row,) = await ask(api.tracking.database, 'SELECT id, topic, "offset", reason, value FROM dead_letters')
    assert (row["topic"], row["offset"], row["value"]) == ("shop.orders.v1", 3, None)
    assert row["reason"] == "erased: invalid: state"
    async with api.tracking.database.transaction() as tx:
        with pytest.raises(Unpublishable, match="its bytes were erased"):
            await replay(tx, row["id"], {"shop.orders.v1"})


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/v1/shops/demo/orders/nobody/erasure", KEY, 404),
        (PATH, OTHER_KEY, 404),
        ("/v1/shops/other/orders/A-1001/erasure", KEY, 404),
        (PATH, None, 401),
        (PATH, "wrong-key-0123456789abc", 401),
        ("/v1/shops/demo/orders/%00/erasure", KEY, 422),
    ],
)
async def test_whoever_may_not_ask_or_asks_for_nothing_erases_nothing(
    api: Api, path: str, key: str | None, status: int
) -> None:
    await api.tracking.tell(bought())
    for told in (await erase(api, path, key), await api.get(path, key)):
        assert told.status_code == status
        assert told.headers["content-type"] == "application/problem+json"
    assert (await api.tracking.story()).order.buyer == BUYER


async def test_there_is_no_proof_before_anybody_asked(api: Api) -> None:
    await api.tracking.tell(bought())
    assert (await api.get(PATH)).status_code == 404
