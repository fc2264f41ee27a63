"""One buyer's contact is erased: addresses, names and the frozen bytes go; step, verdict, reason and hash stay.

What was waiting is called off; what is in flight ends as it ends, without its bytes, and is not tried again. The order
is remembered, so that a step that comes later, or was on its way, is kept without contact and told to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import ledger
from services.notifier.domain.delivery import HELD_BACK, WAITING, State
from services.notifier.domain.plan import ERASED
from services.notifier.ledger import SOURCE, Change
from shared.contracts.envelope import Outgoing
from shared.contracts.erasures import ContactErased, ErasureRequested, Offered
from shared.contracts.topics import NOTIFIER_ERASURES, TRACKING_STEPS
from shared.database import fetch, run
from shared.erasure import (
    DEAD_LETTERS,
    OF_ORDER,
    ContactTable,
    erase,
    holds_contact,
    letters_in_outbox,
    without_contact,
)
from shared.messaging.inbox import Delivery
from shared.messaging.outbox import append
from shared.observability import spans

Orders = Set[tuple[str, str]]
_LOCK = 0x65726173  # "eras"

HELD = (
    ContactTable(
        name="messages",
        table="messages",
        of_order=OF_ORDER,
        holds_contact="(address IS NOT NULL OR request IS NOT NULL "
        "OR channel = 'whatsapp' AND provider_message_id IS NOT NULL)",
        # WhatsApp's id for a message is base64, and the recipient's number is in it.
        emptied="address = NULL, request = NULL, person = NULL, erased_at = now(), "
        "provider_message_id = CASE WHEN channel <> 'whatsapp' THEN provider_message_id END",
    ),
    # A withdrawal is an objection, and outlives its order without a trace of it: a digest that says "not to this one".
    ContactTable("consents", "consents", f"{OF_ORDER} AND state = 'granted'", "true", None),
    ContactTable("consents withdrawn", "consents", OF_ORDER, "true", "order_id = NULL"),
    ContactTable("languages_chosen", "languages_chosen", OF_ORDER, "true", None),
    ContactTable("preference_links", "preference_links", OF_ORDER, "true", None),
    ContactTable(
        name="steps",
        table="steps",
        of_order=OF_ORDER,
        holds_contact=holds_contact("step"),
        emptied=f"step = {without_contact('step')}",
    ),
    letters_in_outbox(TRACKING_STEPS),
    DEAD_LETTERS,
)
"""Every table of the notifier's that ever holds a buyer's contact."""


async def hold(tx: AsyncConnection, *, erasing: bool) -> None:
    """Until the transaction ends: steps are taken in side by side, an erasure alone.

    Otherwise a step and its order's erasure, taken in by two consumers at once, would not see each other. Hazard: take
    it once, before anything else; two that hold it shared and then want it alone would wait for each other.
    """
    shared = "" if erasing else "_shared"
    await fetch(tx, f"SELECT pg_advisory_xact_lock{shared}(:lock)", lock=_LOCK)


async def erased_among(tx: AsyncConnection, orders: Orders) -> Orders:
    """Which of these orders have had their contact erased. The caller holds `hold`."""
    keys = sorted(orders)
    rows = await fetch(
        tx,
        "SELECT shop, order_id FROM erasures "
        "JOIN unnest(CAST(:shops AS text[]), CAST(:ids AS text[])) AS k (shop, order_id) USING (shop, order_id)",
        shops=[key[0] for key in keys],
        ids=[key[1] for key in keys],
    )
    return {(row["shop"], row["order_id"]) for row in rows}


async def erase_all(tx: AsyncConnection, asked: Iterable[Delivery[ErasureRequested]], now: datetime) -> None:
    """Erase, and answer each with the proof. The caller holds `hold(erasing=True)`."""
    for delivery in asked:
        erased = await _erase(tx, delivery.data, now)
        answer = Outgoing.of(
            NOTIFIER_ERASURES,
            erased,
            key=erased.key,
            id=erased.event_id,
            time=now,
            source=SOURCE,
            traceparent=spans.created(NOTIFIER_ERASURES.name, delivery.envelope.traceparent),
        )
        await append(tx, [answer])


async def _erase(tx: AsyncConnection, asked: ErasureRequested, now: datetime) -> ContactErased:
    of_order = {"shop": asked.shop, "order_id": asked.order_id}
    messages = await fetch(tx, f"SELECT id, state FROM messages WHERE {OF_ORDER} ORDER BY id FOR UPDATE", **of_order)
    held_back = [row["id"] for row in messages if State(row["state"]) in HELD_BACK]
    called_off = await ledger.change(tx, {message: Change(State.SUPPRESSED, ERASED) for message in held_back})
    waited = {row["id"] for row in messages if State(row["state"]) in WAITING}
    rows = await erase(tx, HELD, asked.shop, asked.order_id)
    await ledger.tell(tx, called_off)
    offered = await fetch(
        tx,
        "SELECT provider, count(*) AS messages FROM messages "
        f"WHERE {OF_ORDER} AND attempts > 0 AND provider IS NOT NULL GROUP BY provider ORDER BY provider",
        **of_order,
    )
    before = await fetch(tx, f"SELECT erased FROM erasures WHERE {OF_ORDER}", **of_order)
    erased = ContactErased(
        shop=asked.shop,
        order_id=asked.order_id,
        request=asked.request,
        erased_at=now,
        rows=rows,
        called_off=len(waited.intersection(called_off)),
        offered=tuple(Offered(**row) for row in offered),
    ).after(ContactErased.model_validate(before[0]["erased"], extra="ignore") if before else None)
    await run(
        tx,
        "INSERT INTO erasures (shop, order_id, erased) VALUES (:shop, :order_id, CAST(:erased AS jsonb)) "
        "ON CONFLICT (shop, order_id) DO UPDATE SET erased = excluded.erased",
        **of_order,
        erased=erased.to_json().decode(),
    )
    return erased


async def call_off_emptied(tx: AsyncConnection, put_back: Iterable[UUID]) -> list[UUID]:
    """Messages that came back unsent and whose bytes were erased meanwhile: there is nothing left to send again."""
    ids = list(put_back)
    if not ids:
        return []
    rows = await fetch(
        tx,
        "SELECT id FROM messages WHERE id = ANY(CAST(:ids AS uuid[])) AND erased_at IS NOT NULL AND state = 'frozen'",
        ids=ids,
    )
    return await ledger.change(tx, {row["id"]: Change(State.SUPPRESSED, ERASED) for row in rows})
