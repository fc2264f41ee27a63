"""A shop has one buyer's contact erased: it is nowhere afterwards, stays away, and the order lives on."""

from __future__ import annotations

import asyncio

import pytest

from services.tracking.contact import order_without_contact
from services.tracking.tokens import token_of
from shared.contracts.base import Contract
from shared.contracts.envelope import Outgoing
from shared.contracts.erasures import ErasureRequested
from shared.contracts.topics import SHOP_ORDERS
from shared.contracts.vocabulary import OrderState, Step
from shared.messaging.outbox import append
from tests.support.canaries import BUYER, CANARIES, tables_holding
from tests.support.deliveries import ORDER, at, scan
from tests.support.erasing import PATH, answer, asked_of_notifier, bought, bury_an_order, erase
from tests.support.tracking_api import Api


async def test_no_table_holds_any_of_the_contact_afterwards(api: Api) -> None:
    await api.tracking.tell(bought(), scan("accepted", 3), scan("out_for_delivery", 4))
    await bury_an_order(api.tracking, 1)
    assert await tables_holding(api.tracking.database) == {"orders", "snapshots", "outbox", "dead_letters"}
    told = (await erase(api)).json()
    assert await tables_holding(api.tracking.database) == set()
    counted = {line["table"]: (line["erased"] > 0, line["remaining"]) for line in told["tracking"]["tables"]}
    held = ("orders", "snapshots", "outbox", "outbox (dead letters)", "dead_letters")
    assert counted == dict.fromkeys(held, (True, 0))


async def test_a_dead_letter_on_its_way_to_be_tried_again_goes_too(api: Api) -> None:
    await api.tracking.tell(bought())
    unreadable = [bytes([0xFF]) + b"canary.buyer", bought().to_json()]
    for value in unreadable:
        again = Outgoing(SHOP_ORDERS.name, f"demo/{ORDER}".encode(), value, [])
        async with api.tracking.database.transaction() as tx:
            await append(tx, [again])
    counted = {line["table"]: line["erased"] for line in (await erase(api)).json()["tracking"]["tables"]}
    assert counted["outbox (dead letters)"] == 2
    assert await tables_holding(api.tracking.database) == set()


async def test_what_waits_to_be_published_is_published_without_contact(api: Api) -> None:
    await api.tracking.tell(bought(), scan("accepted", 3), scan("out_for_delivery", 4))
    before = await api.tracking.steps()
    await erase(api)
    after = await api.tracking.steps()
    assert [step.event_id for step in after] == [step.event_id for step in before]
    assert {(step.buyer.email, step.buyer.name, step.buyer.locale) for step in after} == {(None, None, "es-ES")}
    assert [step.parcel for step in after] == [step.parcel for step in before]


async def test_the_order_of_another_buyer_is_left_alone(api: Api) -> None:
    await api.tracking.tell(bought(), bought(order_id="A-10"), bought(shop="other"))
    await erase(api)
    assert await tables_holding(api.tracking.database) == {"orders", "snapshots", "outbox"}
    for shop, order_id in (("demo", "A-10"), ("other", ORDER)):
        assert (await api.tracking.story(order_id, shop)).order.buyer == BUYER


async def test_state_status_and_the_buyers_page_go_on_as_before(api: Api) -> None:
    await api.tracking.tell(bought(), scan("accepted", 3))
    link = f"/t/{token_of(api.tracking.announcer.token_secret, 'demo', ORDER)}"
    paths = (f"/v1/shops/demo/orders/{ORDER}", f"/v1/shops/demo/orders/{ORDER}/why", f"{link}.json")
    before = [await api.ask(path) for path in paths]
    await erase(api)
    assert [await api.ask(path) for path in paths] == before
    await api.tracking.tell(scan("delivered", 5))
    assert (await api.tracking.story()).decision.state is OrderState.DELIVERED


async def test_steps_that_come_later_are_recorded_and_name_nobody(api: Api) -> None:
    await api.tracking.tell(bought(), scan("accepted", 3))
    await erase(api)
    await api.tracking.tell(scan("out_for_delivery", 4), scan("delivered", 5))
    last = (await api.tracking.steps())[-1]
    assert last.step is Step.DELIVERED
    assert (last.buyer.name, last.buyer.email, last.buyer.phone, last.recipients) == (None, None, None, ())
    assert await tables_holding(api.tracking.database) == set()


async def test_a_search_for_the_contact_finds_the_order_no_more(api: Api) -> None:
    await api.tracking.tell(bought())
    for contact in (BUYER.email, BUYER.phone):
        assert len((await api.ask("/v1/shops/demo/orders", q=contact))["orders"]) == 1
    await erase(api)
    for contact in (BUYER.email, BUYER.phone):
        assert (await api.ask("/v1/shops/demo/orders", q=contact))["orders"] == []
    assert len((await api.ask("/v1/shops/demo/orders", q=ORDER))["orders"]) == 1


async def test_a_later_snapshot_changes_the_state_and_brings_no_contact_back(api: Api) -> None:
    await api.tracking.tell(bought("confirmed"))
    await erase(api)
    assert await api.tracking.tell(bought("cancelled", 2)) == ["applied"]
    story = await api.tracking.story()
    assert (story.decision.state, story.order.sequence) == (OrderState.CANCELLED, 2)
    assert story.order == order_without_contact(bought("cancelled", 2))
    assert await tables_holding(api.tracking.database) == set()


REPLAYED: list[Contract] = [bought(), scan("accepted", 3), ErasureRequested(
    shop="demo", order_id=ORDER, request=2, requested_at=at(4)
), answer(2), scan("delivered", 5)]  # fmt: skip


@pytest.mark.parametrize("first", range(len(REPLAYED)))
async def test_a_tracking_rebuilt_from_kafka_learns_of_the_erasure_too_whichever_topic_comes_first(
    api: Api, first: int
) -> None:
    for fact in REPLAYED[first:] + REPLAYED[:first]:
        await api.tracking.tell(fact)
    assert await tables_holding(api.tracking.database) == set()
    assert (await api.tracking.story()).decision.state is OrderState.DELIVERED
    proof = await api.ask(PATH)
    assert (proof["complete"], proof["requested_at"]) == (True, "2026-03-04T10:00:00Z")
    assert await asked_of_notifier(api) == [], "a replay asks nobody again"


async def test_our_own_request_coming_back_to_us_changes_nothing(api: Api) -> None:
    await api.tracking.tell(bought())
    before = (await erase(api)).json()
    assert await api.tracking.tell(*await asked_of_notifier(api)) == ["applied"]
    assert await api.ask(PATH) == before


async def test_snapshots_that_come_in_at_the_very_moment_bring_nothing_back(api: Api) -> None:
    await api.tracking.tell(bought("confirmed"))
    changes = [bought("shipped", sequence) for sequence in range(2, 22)]
    await asyncio.gather(*(api.tracking.tell(change) for change in changes[:10]), erase(api), erase(api),
                         *(api.tracking.tell(change) for change in changes[10:]))  # fmt: skip
    assert (await api.tracking.story()).order.sequence == 21
    assert await tables_holding(api.tracking.database) == set()


async def test_neither_proof_nor_request_holds_any_of_the_contact(api: Api) -> None:
    await api.tracking.tell(bought())
    proof = (await erase(api)).text
    (asked,) = await asked_of_notifier(api)
    assert not any(canary in proof + asked.to_json().decode() for canary in CANARIES)
