"""A shop asks where its orders are, what happened to them, and why a buyer did or did not hear.

What is searched for may be an e-mail address or a phone. No log of ours holds an address that was called, yet a proxy
in between may: so the search can be sent as a body, too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.tracking.api import examples
from services.tracking.api.answers import Answer, OrderAnswer, OrderLine, OrderPage, Timeline, Why
from services.tracking.api.conditional import conditional
from services.tracking.api.describe import describe_timeline, describe_why
from services.tracking.api.describe_order import order_json
from services.tracking.api.documented import SHOPS_KEY, answered, kept, problems
from services.tracking.api.plain_route import LONGEST_ORDER, LONGEST_SHOP, PlainRoute
from services.tracking.api.state import ApiState, state_of
from services.tracking.cursors import LONGEST_CURSOR, read_cursor, write_cursor
from services.tracking.queries import OrderStory, order_status, order_story
from services.tracking.search import Place, Wanted, search_orders, sought
from shared.api_keys import not_found
from shared.contracts.vocabulary import Condition, OrderState, Stage
from shared.database import Row
from shared.key_entries import Scope
from shared.web import invalid

router = APIRouter(tags=["status"])
of_one_order = APIRouter(tags=["status"], route_class=PlainRoute)

WITHOUT_NUL = r"^[^\x00]*$"
"""PostgreSQL's text holds none, so nothing stored can match."""
ShopPath = Annotated[str, Path(max_length=LONGEST_SHOP, description="The shop's id.", examples=[examples.SHOP])]
OrderPath = Annotated[
    str,
    Path(
        max_length=LONGEST_ORDER,
        pattern=WITHOUT_NUL,
        description="The shop's own order number.",
        examples=[examples.NUMBER],
    ),
]
Authorization = Annotated[str | None, Header(include_in_schema=False)]
OneOrder = "/v1/shops/{shop}/orders/{order}"
ASKED = problems(*SHOPS_KEY, 422)


class OrderSearch(BaseModel):
    """What to search for. Absent means any; several together must all be true."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[str, StringConstraints(max_length=254, pattern=WITHOUT_NUL)] | None = Field(
        default=None,
        description="An order number, a carrier's reference, an e-mail address (in any case) or a phone (in any "
        "spelling; without its country code it is one of the shop's country). Whole, not a part of it.",
        examples=["A-1001", "lucia@example.com", "+34 600 00 00 01"],
    )
    state: OrderState | None = Field(default=None, description="The order's state.")
    stage: Stage | None = Field(default=None, description="Some parcel of it is there.")
    condition: Condition | None = Field(default=None, description="Some parcel of it has this trouble.")
    late: bool | None = Field(default=None, description="Its promise is broken and it is not finished, or not so.")
    cursor: Annotated[str, StringConstraints(max_length=LONGEST_CURSOR)] | None = Field(
        default=None, description="The `next` of the page before."
    )
    limit: int = Field(default=50, ge=1, le=200, description="So many orders at most.")


async def _story(request: Request, shop: str, order_id: str, authorization: str | None) -> OrderStory:
    state = state_of(request)
    state.keys.open_shop(shop, authorization, Scope.ORDERS_READ)
    async with state.database.reading(shop) as tx:
        story = await order_story(tx, shop, order_id)
    if story is None:
        raise not_found()
    return story


def _answer(request: Request, answer: Answer) -> Response:
    """Validated once, when it was made: FastAPI would validate it and write it out a second time."""
    return conditional(request, answer.model_dump_json().encode())


@of_one_order.head(OneOrder, include_in_schema=False)
@of_one_order.get(
    OneOrder,
    operation_id="readOrder",
    summary="Where an order is",
    response_model=OrderAnswer,
    responses={**kept(examples.ORDER), **ASKED},
)
async def read_order(
    request: Request, shop: ShopPath, order: OrderPath, authorization: Authorization = None
) -> Response:
    """State, shipments with whom to call, promise, payment, steps, and what became of each message."""
    state = state_of(request)
    state.keys.open_shop(shop, authorization, Scope.ORDERS_READ)
    async with state.database.glancing(shop) as tx:
        status = await order_status(tx, shop, order)
    if status is None:
        raise not_found()
    standing = status.standing or (await _story(request, shop, order, authorization)).decision.standing
    return conditional(request, order_json(status, standing, state.announcer))


@of_one_order.head(f"{OneOrder}/timeline", include_in_schema=False)
@of_one_order.get(
    f"{OneOrder}/timeline",
    operation_id="readTimeline",
    summary="Everything that happened to an order",
    response_model=Timeline,
    responses={**kept(examples.TIMELINE), **ASKED},
)
async def read_timeline(
    request: Request, shop: ShopPath, order: OrderPath, authorization: Authorization = None
) -> Response:
    """Every fact in the order in which it happened, and why some of them changed nothing."""
    return _answer(request, describe_timeline(await _story(request, shop, order, authorization)))


@of_one_order.head(f"{OneOrder}/why", include_in_schema=False)
@of_one_order.get(
    f"{OneOrder}/why",
    operation_id="readWhy",
    summary="Why a buyer did or did not hear",
    response_model=Why,
    responses={**kept(examples.WHY), **ASKED},
)
async def read_why(request: Request, shop: ShopPath, order: OrderPath, authorization: Authorization = None) -> Response:
    """Every decision: event x recipient x channel, with one verdict and its reason."""
    return _answer(request, describe_why(await _story(request, shop, order, authorization)))


@router.head("/v1/shops/{shop}/orders", include_in_schema=False)
@router.get(
    "/v1/shops/{shop}/orders",
    operation_id="listOrders",
    summary="Orders by number, reference, e-mail, phone or what is the matter",
    response_model=OrderPage,
    responses={**kept(examples.PAGE), **ASKED},
)
async def list_orders(
    request: Request, shop: ShopPath, search: Annotated[OrderSearch, Query()], authorization: Authorization = None
) -> Response:
    """Newest first, a page at a time.

    To search for an e-mail address or a phone, rather use `POST /v1/shops/{shop}/orders/search`: an address that is
    called is written down by many a proxy, and these are personal data.
    """
    state = state_of(request)
    state.keys.open_shop(shop, authorization, Scope.ORDERS_READ)
    return _answer(request, await _find(state, shop, search))


_SEARCH_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/OrderSearch"},
                "example": {"q": "+34 600 00 00 01", "limit": 20},
            }
        },
    }
}


@router.post(
    "/v1/shops/{shop}/orders/search",
    operation_id="searchOrders",
    summary="The same search, with what is personal in the body",
    response_model=OrderPage,
    responses={**answered(examples.PAGE), **problems(*SHOPS_KEY, 413, 422)},
    openapi_extra=_SEARCH_BODY,
)
async def find_orders(request: Request, shop: ShopPath, authorization: Authorization = None) -> Response:
    """Recommended wherever people type what they are looking for: no address and no log holds it."""
    state = state_of(request)
    state.keys.open_shop(shop, authorization, Scope.ORDERS_READ)
    page = await _find(state, shop, read_search(await request.body()))
    return Response(page.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})


def read_search(body: bytes) -> OrderSearch:
    """Raises Problem 422 naming the field."""
    try:
        return OrderSearch.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise invalid(
            error.errors(include_url=False, include_input=False, include_context=False), "The search"
        ) from error


async def _find(state: ApiState, shop: str, search: OrderSearch) -> OrderPage:
    configured = state.announcer.shops.get(shop)
    countries = [configured.country] if configured is not None else []
    wanted = Wanted(
        shop,
        sought(search.q, countries) if search.q else None,
        search.state,
        search.stage,
        search.condition,
        search.late,
    )
    async with state.database.reading(shop) as tx:
        rows = await search_orders(tx, wanted, after=read_place(search.cursor), limit=search.limit + 1)
    shown = rows[: search.limit]
    following = write_place(shown[-1]) if len(rows) > search.limit else None
    return OrderPage(orders=tuple(OrderLine(**row) for row in shown), next=following)


def read_place(cursor: str | None) -> Place | None:
    """Raises Problem 422 for a cursor that is not one of ours."""
    place = read_cursor(cursor, datetime, str, str)
    return Place(*place) if place is not None else None


def write_place(row: Row) -> str:
    return write_cursor(row["placed_at"], row["shop"], row["order_id"])
