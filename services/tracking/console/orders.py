"""All shops' orders, newest first: searched, filtered, a page at a time.

What is searched for may be an e-mail address or a phone, so it comes by POST and is in no address and no log. Filters
alone make an address that can be kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from services.tracking.api.status import WITHOUT_NUL, read_place, write_place
from services.tracking.console.desk import HEADERS, Desk, desk_of, order_path, screen
from services.tracking.cursors import LONGEST_CURSOR
from services.tracking.search import Wanted, search_orders, sought
from shared.contracts.vocabulary import Condition, OrderState, Stage
from shared.database import Row, fetch
from shared.web import Problem, invalid

router = APIRouter()
PAGE_SIZE = 50
MAX_FIELDS = 10

Cursor = Annotated[str, StringConstraints(max_length=LONGEST_CURSOR)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=WITHOUT_NUL)]


class Asked(BaseModel):
    """The search form. Empty fields mean any."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Text | None = None
    shop: Text | None = None
    state: OrderState | None = None
    stage: Stage | None = None
    condition: Condition | None = None
    late: bool | None = None
    cursor: Cursor | None = None

    def filters(self) -> dict[str, str]:
        """What may stand in an address: everything but the text that was searched for."""
        given = self.model_dump(mode="json", exclude_none=True, exclude={"q"})
        return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()}


@router.get("/")
async def list_orders(request: Request) -> Response:
    return await _show(desk_of(request), read_form(dict(request.query_params) | {"q": ""}))


@router.post("/search")
async def search(request: Request) -> Response:
    """One hit opens the order; a form without text leads to the address of its filters."""
    try:
        fields = dict(parse_qsl((await request.body()).decode(), max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise Problem(422, "Invalid", "the form cannot be read: send it as the page does") from error
    asked = read_form(fields)
    if asked.q is None:
        return RedirectResponse(f"/?{urlencode(asked.filters())}", 303, HEADERS)
    return await _show(desk_of(request), asked)


def read_form(fields: Mapping[str, str]) -> Asked:
    """Raises Problem 422 naming the field."""
    try:
        return Asked.model_validate({name: value for name, value in fields.items() if value.strip()})
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False), "The search") from error


async def _show(desk: Desk, asked: Asked) -> Response:
    wanted = Wanted(
        asked.shop,
        sought(asked.q, _countries(desk, asked.shop)) if asked.q else None,
        asked.state,
        asked.stage,
        asked.condition,
        asked.late,
    )
    async with desk.database.transaction() as tx:
        found = await search_orders(tx, wanted, after=read_place(asked.cursor), limit=PAGE_SIZE + 1)
        rows = found[:PAGE_SIZE]
        parcels = await _parcels_of(tx, rows)
    if asked.q is not None and asked.cursor is None and len(rows) == 1:
        return RedirectResponse(order_path(rows[0]["shop"], rows[0]["order_id"]), 303, HEADERS)
    more = next_page(asked, rows[-1]) if len(found) > PAGE_SIZE else None
    return screen(
        "orders.html",
        asked=asked,
        rows=rows,
        parcels=parcels,
        more=more,
        more_query=urlencode(more.filters()) if more else "",
        shops={shop.id: shop for shop in desk.announcer.shops},
        states=tuple(OrderState),
        stages=tuple(Stage),
        conditions=tuple(Condition),
    )


def _countries(desk: Desk, shop: str | None) -> list[str]:
    """Of the shop that was chosen, or of all: what a phone without its country code may mean."""
    return [each.country for each in desk.announcer.shops if shop in (None, each.id)]


def next_page(asked: Asked, last: Row) -> Asked:
    """The same search, from after this order on."""
    return asked.model_copy(update={"cursor": write_place(last)})


async def _parcels_of(tx: Any, rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    found = await fetch(
        tx,
        "SELECT l.shop, l.order_id, l.carrier, l.reference, l.stage, l.condition FROM order_parcels l "
        "JOIN unnest(CAST(:shops AS text[]), CAST(:ids AS text[])) AS k (shop, order_id) USING (shop, order_id) "
        "WHERE l.position >= 0 ORDER BY l.position",
        shops=[row["shop"] for row in rows],
        ids=[row["order_id"] for row in rows],
    )
    parcels: dict[tuple[str, str], list[Row]] = {}
    for row in found:
        parcels.setdefault((row["shop"], row["order_id"]), []).append(row)
    return parcels
