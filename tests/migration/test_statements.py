"""Every statement that the services may run names tables and columns that the newest schema has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import ledger, queue, receipts
from services.notifier.domain.delivery import State
from services.notifier.domain.phone_costs import Caps, Wish
from services.notifier.ledger import Change
from services.notifier.people import consents, phone_caps, reach, redecide
from services.notifier.people.reach import Lesson
from services.notifier.preferences import choices, links
from services.notifier.preferences.links import Link
from services.notifier.queue import PATIENCE
from services.notifier.receipt_formats import Receipt
from services.notifier.sending import doubts, fallback, quiet
from services.notifier.sending.fallback import Loss
from services.notifier.sending.overtaking import call_off_overtaken
from services.tracking import queries, search, store, store_writes
from services.tracking.directory import Directory, load_remembered, remember
from services.tracking.domain.shipment import ParcelKey
from services.tracking.search import Place, Wanted, sought
from services.tracking.store import OrderKey
from shared.contracts.directory import CarrierList
from shared.contracts.vocabulary import Channel, Verdict
from shared.database import Database
from tests.support.migrated import count

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ID = UUID(int=1)
ORDER = OrderKey("demo", "A-1001")
PARCEL = ParcelKey("seur", "12345678901234")
Statement = Callable[[AsyncConnection], Awaitable[Any]]

LINK: dict[str, Any] = {
    "shop": "demo", "order_id": "A-1001", "carrier": "seur", "reference": "1", "position": 0, "stage": "registered",
    "condition": None,
}  # fmt: skip
STEP: dict[str, Any] = {
    "shop": "demo", "order_id": "A-1001", "step": "shipped", "occurrence": "1", "parcel": "seur/1", "sequence": 1,
    "occurred_at": NOW, "still_true": True, "event_id": ID, "caused_by": None,
}  # fmt: skip
SNAPSHOT: dict[str, Any] = {
    "shop": "demo", "order_id": "A-1001", "sequence": 1, "digest": "00", "event_id": ID, "said_at": NOW, "fact": "{}",
    "document": None,
}  # fmt: skip
ORDER_ROW: dict[str, Any] = {
    "shop": "demo", "order_id": "A-1001", "state": "placed", "late": False, "steps_announced": 0, "finished_at": None,
    "check_at": None, "fold": None,
}  # fmt: skip
STANDING: dict[str, Any] = {
    "shop": "demo", "order_id": "A-1001", "placed_at": NOW, "email": None, "phone": None, "basis": None,
}  # fmt: skip
LINE: dict[str, Any] = {
    "carrier": "seur", "reference": "1", "occurred_at": NOW, "event_id": ID, "digest": "3132333435363738",
    "heard_at": None, "fact": {},
}  # fmt: skip
OUTCOME: dict[str, Any] = {
    "shop": "demo", "order_id": "A-1001", "message": ID, "step": "shipped", "occurrence": "1", "parcel": None,
    "recipient": "buyer", "channel": "email", "verdict": "sent", "reason": "ok", "language": "es", "provider": "smtp",
    "occurred_at": NOW, "caused_by": None,
}  # fmt: skip
UNMAPPED: dict[str, Any] = {"carrier": "seur", "code": "ZZ", "sample": "?", "at": NOW}

OF_TRACKING: dict[str, Statement] = {
    "lock_parcels": lambda tx: store.lock_parcels(tx, [PARCEL]),
    "facts_of": lambda tx: store.facts_of(tx, [PARCEL]),
    "orders_of": lambda tx: store.orders_of(tx, [PARCEL]),
    "orders_of those that still name it": lambda tx: store.orders_of(tx, [PARCEL], still_named=True),
    "make_orders": lambda tx: store.make_orders(tx, {ORDER: b"hash"}),
    "lock_orders": lambda tx: store.lock_orders(tx, [ORDER]),
    "recall": lambda tx: store.recall(tx, [ORDER]),
    "documents_of": lambda tx: store.documents_of(tx, [ORDER]),
    "add_facts": lambda tx: store_writes.add_facts(tx, [LINE]),
    "park": lambda tx: store_writes.park(tx, [PARCEL], parked=True),
    "keep_documents": lambda tx: store_writes.keep_documents(tx, [SNAPSHOT]),
    "write_standing": lambda tx: store_writes.write_standing(tx, [STANDING]),
    "write_snapshots": lambda tx: store_writes.write_snapshots(tx, [SNAPSHOT]),
    "write_orders": lambda tx: store_writes.write_orders(tx, [ORDER_ROW]),
    "write_steps": lambda tx: store_writes.write_steps(tx, [STEP]),
    "write_outcomes": lambda tx: store_writes.write_outcomes(tx, [OUTCOME]),
    "count_unmapped": lambda tx: store_writes.count_unmapped(tx, [UNMAPPED]),
    "order_story": lambda tx: queries.order_story(tx, *ORDER),
    "order_of_token": lambda tx: queries.order_of_token(tx, b"hash"),
    "search_orders": lambda tx: search.search_orders(
        tx,
        Wanted("demo", sought("+34600000001", ["ES"]), "placed", "registered", "delayed", True),
        after=Place(NOW, "demo", "A-1"),
        limit=5,
    ),
}


@pytest.mark.parametrize("name", OF_TRACKING)
async def test_trackings_statement_runs_on_its_newest_schema(name: str, tracking_database: Database) -> None:
    async with tracking_database.transaction() as tx:
        await OF_TRACKING[name](tx)


async def test_an_order_written_without_any_row_to_write_is_no_error(tracking_database: Database) -> None:
    async with tracking_database.transaction() as tx:
        await store_writes.write_orders(tx, [])
        await store_writes.write_outcomes(tx, [])
        await store_writes.count_unmapped(tx, [])


async def test_links_need_their_order(tracking_database: Database) -> None:
    async with tracking_database.transaction() as tx:
        await store.make_orders(tx, {ORDER: b"hash"})
        await store_writes.write_links(tx, [LINK])
    assert await count(tracking_database, "order_parcels") == 1


async def test_the_directory_is_remembered_and_read_back(tracking_database: Database) -> None:
    heard = CarrierList.model_validate({"carriers": [{"id": "seur", "name": "SEUR", "zone": "Europe/Madrid"}]})
    for _ in range(2):
        await remember(tracking_database, heard)
    directory = Directory()
    await load_remembered(tracking_database, directory)
    assert directory.known


OF_NOTIFIER: dict[str, Statement] = {
    "remember_steps": lambda tx: ledger.remember_steps(tx, []),
    "plan_messages": lambda tx: ledger.plan_messages(tx, []),
    "messages_of": lambda tx: ledger.messages_of(tx, [ORDER]),
    "tell": lambda tx: ledger.tell(tx, [ID]),
    "take_to_freeze": lambda tx: queue.take_to_freeze(tx, Channel.EMAIL, 5),
    "freeze": lambda tx: queue.freeze(
        tx, [{"id": ID, "request": b"x", "sha256": "00", "language": "es", "provider": "smtp"}]
    ),
    "claim": lambda tx: queue.claim(tx, Channel.EMAIL, "smtp", 5),
    "claim at most one for each recipient": lambda tx: queue.claim(
        tx, Channel.WHATSAPP, "whatsapp", 5, per_recipient=timedelta(seconds=6)
    ),
    "put_in_flight": lambda tx: queue.put_in_flight(tx, [{"id": ID, "epoch": 1}]),
    "put_back": lambda tx: queue.put_back(tx, {ID: queue.Again(timedelta(seconds=1), "twilio_429", 1, in_vain=True)}),
    "pass_on": lambda tx: queue.pass_on(tx, Channel.EMAIL, ["smtp"]),
    "tidy": lambda tx: queue.tidy(tx),
    "tell_another_way": lambda tx: fallback.tell_another_way(tx, {ID: Loss("why")}),
    "told_by_another": lambda tx: fallback.told_by_another(tx, [ID]),
    "hand_over_overdue": lambda tx: fallback.hand_over_overdue(tx),
    "take_due": lambda tx: doubts.take_due(tx, 5, PATIENCE),
    "repeat": lambda tx: doubts.repeat(tx, [ID], PATIENCE),
    "send_anew": lambda tx: doubts.send_anew(tx, [ID], "why", resent=True),
    "look_again": lambda tx: doubts.look_again(tx, {ID: NOW, UUID(int=2): None}),
    "call_off_overtaken": lambda tx: call_off_overtaken(tx, [ORDER]),
    "count_unknown": lambda tx: queue.count_unknown(tx),
    "thaw": lambda tx: ledger.thaw(tx, [ID]),
    "put_off": lambda tx: quiet.put_off(tx),
    "standing": lambda tx: consents.standing(tx, [("demo", b"person")]),
    "forget consents": lambda tx: consents.forget(tx, NOW, 5),
    "redecide": lambda tx: redecide.redecide(tx, "demo", {b"person"}),
    "write_anew": lambda tx: redecide.write_anew(tx, "demo", {b"person"}),
    "note_unreachable": lambda tx: reach.note_unreachable(tx, Channel.EMAIL, "l@example.com", "smtp_550", NOW),
    "unreachable_among": lambda tx: reach.unreachable_among(tx, [(Channel.EMAIL, "l@example.com")], NOW),
    "learn": lambda tx: reach.learn(tx, {ID: Lesson("smtp_550", unreachable=True)}, NOW),
    "forget the unreachable": lambda tx: reach.forget(tx, NOW),
    "take room for phones": lambda tx: phone_caps.take_room(tx, [Wish("demo", "+34600000001", Caps(1, 1, 1))], NOW),
    "forget phone counts": lambda tx: phone_caps.forget(tx, NOW, 5),
    "keep links": lambda tx: links.keep(tx, {("demo", "A-1001", "buyer")}, links.new_token, NOW),
    "find a link": lambda tx: links.find(tx, "Zk3vQ8mN1xT7rB5wLc0yHd", NOW),
    "forget links": lambda tx: links.forget(tx, NOW, 5),
    "visitor_of": lambda tx: choices.visitor_of(tx, Link("demo", "A-1001", "buyer")),
    "forget languages": lambda tx: choices.forget_languages(tx, NOW, 5),
}


@pytest.mark.parametrize("name", OF_NOTIFIER)
async def test_the_notifiers_statement_runs_on_its_newest_schema(name: str, notifier_database: Database) -> None:
    async with notifier_database.transaction() as tx:
        await OF_NOTIFIER[name](tx)


@pytest.mark.parametrize("message", [ID, None])
async def test_a_receipt_is_looked_for_by_either_id(message: UUID | None, notifier_database: Database) -> None:
    receipt = Receipt(message, "SM1", Verdict.DELIVERED, "twilio_delivered", NOW)
    assert await receipts.apply_receipts(notifier_database, "twilio", [receipt]) == 0


@pytest.mark.parametrize("state", list(State))
async def test_a_message_can_be_asked_to_change_to_any_state(state: State, notifier_database: Database) -> None:
    async with notifier_database.transaction() as tx:
        assert await ledger.change(tx, {ID: Change(state, "why", "SM1")}) == []
