"""A shop asks where its orders are, what happened to them, and why a buyer did or did not hear."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request

from services.tracking.api.answers import OrderAnswer, OrderLine, OrderPage, Timeline, Why
from services.tracking.api.describe import describe_order, describe_timeline, describe_why
from services.tracking.api.keys import not_found
from services.tracking.api.state import state_of
from services.tracking.key_entries import Scope
from services.tracking.queries import OrderStory, Wanted, order_story, search_orders
from shared.contracts.vocabulary import Condition, OrderState, Stage
from shared.web import Problem

router = APIRouter(tags=["status"])

WITHOUT_NUL = r"^[^\x00]*$"
"""PostgreSQL's text holds none, so nothing stored can match."""
ShopPath = Annotated[str, Path(max_length=40)]
OrderPath = Annotated[str, Path(max_length=64, pattern=WITHOUT_NUL)]
Authorization = Annotated[str | None, Header()]


async def _story(request: Request, shop: str, order_id: str, authorization: str | None) -> OrderStory:
    state = state_of(request)
    state.keys.open_shop(shop, authorization, Scope.ORDERS_READ)
    async with state.database.reading(shop) as tx:
        story = await order_story(tx, shop, order_id)
    if story is None:
        raise not_found()
    return story


@router.get("/v1/shops/{shop}/orders/{order}")
async def read_order(
    request: Request, shop: ShopPath, order: OrderPath, authorization: Authorization = None
) -> OrderAnswer:
    """State, shipments with whom to call, promise, payment, steps, and what became of each message."""
    return describe_order(await _story(request, shop, order, authorization), state_of(request).announcer)


@router.get("/v1/shops/{shop}/orders/{order}/timeline")
async def read_timeline(
    request: Request, shop: ShopPath, order: OrderPath, authorization: Authorization = None
) -> Timeline:
    """Every fact in the order in which it happened."""
    return describe_timeline(await _story(request, shop, order, authorization))


@router.get("/v1/shops/{shop}/orders/{order}/why")
async def read_why(request: Request, shop: ShopPath, order: OrderPath, authorization: Authorization = None) -> Why:
    """Every decision: event x recipient x channel, with one verdict and its reason."""
    return describe_why(await _story(request, shop, order, authorization))


@router.get("/v1/shops/{shop}/orders")
async def list_orders(
    request: Request,
    shop: ShopPath,
    q: Annotated[str | None, Query(max_length=254, pattern=WITHOUT_NUL)] = None,
    state: OrderState | None = None,
    stage: Stage | None = None,
    condition: Condition | None = None,
    late: bool | None = None,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    authorization: Authorization = None,
) -> OrderPage:
    """Search by order id, reference, e-mail or phone (whole), filter, page by cursor. Newest first."""
    api = state_of(request)
    api.keys.open_shop(shop, authorization, Scope.ORDERS_READ)
    wanted = Wanted(shop, q, state, stage, condition, late)
    async with api.database.reading(shop) as tx:
        rows = await search_orders(tx, wanted, after=read_cursor(cursor), limit=limit + 1)
    lines = tuple(OrderLine(**{name: row[name] for name in OrderLine.model_fields}) for row in rows[:limit])
    more = len(rows) > limit
    return OrderPage(orders=lines, next=_cursor(lines[-1]) if more else None)


def _cursor(line: OrderLine) -> str:
    return base64.urlsafe_b64encode(json.dumps([line.placed_at.isoformat(), line.order_id]).encode()).decode()


def read_cursor(cursor: str | None) -> tuple[datetime, str] | None:
    """Raises Problem 422 for a cursor that is not one of ours."""
    if cursor is None:
        return None
    try:
        placed_at, order_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        at = datetime.fromisoformat(placed_at)
        if at.tzinfo is None or not isinstance(order_id, str) or "\x00" in order_id:
            raise ValueError
        return at.astimezone(UTC), order_id
    except (ValueError, TypeError, OverflowError) as error:
        raise Problem(422, "Invalid", "cursor: give the `next` of the page before") from error
