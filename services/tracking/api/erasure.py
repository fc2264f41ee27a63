"""A shop asks that one buyer's contact be forgotten (GDPR, article 17), and gets the proof that it was."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from services.tracking.api.documented import SHOPS_KEY, answered, problems
from services.tracking.api.erasure_proof import (
    EXAMPLE,
    NOT_YET,
    BeyondReach,
    Copies,
    ErasureProof,
    Kept,
    PartialProof,
)
from services.tracking.api.state import state_of
from services.tracking.api.status import Authorization, OrderPath, ShopPath
from services.tracking.erasure import Erasure, erasure_of, request_erasure
from services.tracking.store import OrderKey
from shared.api_keys import not_found
from shared.contracts.erasures import ContactErased
from shared.contracts.topics import DEAD_RETENTION, SEGMENT, SHOP_ORDERS, TRACKING_STEPS
from shared.database import Database, fetch
from shared.key_entries import Scope

router = APIRouter(tags=["erasure"])

ANSWER_DEADLINE = timedelta(seconds=5)
LOOK_PAUSE = timedelta(milliseconds=100)


@router.post(
    "/v1/shops/{shop}/orders/{order}/erasure",
    operation_id="eraseContact",
    summary="Forget whom an order is for",
    response_model=ErasureProof,
    responses={**answered(EXAMPLE), **answered(NOT_YET, 202), **problems(*SHOPS_KEY, 422)},
)
async def erase_contact(
    request: Request,
    response: Response,
    shop: ShopPath,
    order: OrderPath,
    prefer: Annotated[str | None, Header(max_length=200)] = None,
    authorization: Authorization = None,
) -> ErasureProof:
    """Erase the buyer's and all recipients' contact of this order, for good; state, steps and verdicts stay.

    Waits up to five seconds for the notifier; `Prefer: respond-async` waits not at all. Asking again is safe: it gives
    the same proof, and erases whatever came in since.
    """
    state = state_of(request)
    state.keys.open_shop(shop, authorization, Scope.ERASURE)
    key = OrderKey(shop, order)
    await _require_order(state.database, key)
    async with state.database.transaction() as tx:
        erasure = await request_erasure(tx, key, datetime.now(UTC))
    if erasure is None:
        raise not_found()
    if "respond-async" not in (prefer or "").lower():
        await _until_answered(state.database, key)
    proof = await _proof_of(state.database, key)
    response.status_code = 200 if proof.complete else 202
    return proof


@router.get(
    "/v1/shops/{shop}/orders/{order}/erasure",
    operation_id="readErasure",
    summary="The proof that it was forgotten",
    response_model=ErasureProof,
    responses={**answered(EXAMPLE), **problems(*SHOPS_KEY, 422)},
)
async def read_erasure(
    request: Request, shop: ShopPath, order: OrderPath, authorization: Authorization = None
) -> ErasureProof:
    """The proof as it stands. 404 when there is no such order, or nobody has asked to erase it."""
    state = state_of(request)
    state.keys.open_shop(shop, authorization, Scope.ERASURE)
    return await _proof_of(state.database, OrderKey(shop, order))


async def _require_order(database: Database, key: OrderKey) -> None:
    """As this shop sees it, before anything is written: what it may not see it cannot erase."""
    async with database.reading(key.shop) as reading:
        known = await fetch(
            reading, "SELECT 1 FROM orders WHERE shop = :shop AND order_id = :order_id", **key._asdict()
        )
    if not known:
        raise not_found()


async def _until_answered(database: Database, key: OrderKey) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + ANSWER_DEADLINE.total_seconds()
    while loop.time() < deadline:
        async with database.reading(key.shop) as reading:
            erasure = await erasure_of(reading, key)
        if erasure is None or erasure.answered:
            return
        await asyncio.sleep(LOOK_PAUSE.total_seconds())


async def _proof_of(database: Database, key: OrderKey) -> ErasureProof:
    async with database.reading(key.shop) as reading:
        erasure = await erasure_of(reading, key)
        kept = await fetch(
            reading,
            "SELECT o.state, (SELECT count(*) FROM steps s WHERE (s.shop, s.order_id) = (o.shop, o.order_id)) AS steps,"
            " (SELECT count(*) FROM messages m WHERE (m.shop, m.order_id) = (o.shop, o.order_id)) AS verdicts "
            "FROM orders o WHERE o.shop = :shop AND o.order_id = :order_id",
            **key._asdict(),
        )
    if erasure is None or not kept:
        raise not_found()
    return _describe(key, erasure, Kept(**kept[0]))


def _describe(key: OrderKey, erasure: Erasure, kept: Kept) -> ErasureProof:
    at = erasure.tracking.erased_at
    copies = [
        (name, at + retention + SEGMENT)
        for topic in (SHOP_ORDERS, TRACKING_STEPS)
        for name, retention in ((topic.name, topic.retention), (topic.dead, DEAD_RETENTION))
        if retention is not None
    ]
    return ErasureProof(
        shop=key.shop,
        order_id=key.order_id,
        requested_at=erasure.requested_at,
        complete=erasure.complete,
        tracking=_part(erasure.tracking),
        notifier=_part(erasure.notifier) if erasure.notifier else None,
        kept=kept,
        beyond_reach=BeyondReach(
            kafka=tuple(Copies(topic=name, until=until) for name, until in copies),
            providers=erasure.notifier.offered if erasure.notifier else (),
        ),
    )


def _part(erased: ContactErased) -> PartialProof:
    return PartialProof(erased_at=erased.erased_at, tables=erased.rows, called_off=erased.called_off)
