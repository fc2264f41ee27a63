"""What every screen of the console stands on: the database, the shops, and templates that say our words in Spanish."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request, Response

from services.tracking.announce import Announcer
from services.tracking.api.page_assets import Assets
from services.tracking.api.page_html import HERE as PAGE
from services.tracking.api.page_html import environment
from shared.contracts.vocabulary import Clock
from shared.database import Database

HERE = Path(__file__).parent
ASSETS = Assets("/assets", PAGE / "static", HERE / "static")
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
}


@dataclass(frozen=True)
class Desk:
    database: Database
    announcer: Announcer


def desk_of(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


def add_assets(app: FastAPI) -> None:
    @app.get("/assets/{name}", include_in_schema=False)
    async def read_asset(request: Request, name: str) -> Response:
        return ASSETS.answer(name, request)


def screen(template: str, *, status: int = 200, **values: Any) -> Response:
    """One page of the console."""
    body = _templates().get_template(template).render(**values)
    return Response(body, status, HEADERS, "text/html; charset=utf-8")


def say(kind: str, value: object) -> str:
    """A word of ours in Spanish; what has no translation (a reason, a shop's own word) is shown as it is."""
    return _words().get(kind, {}).get(str(value), str(value)) if value is not None else "—"


def stamp(moment: datetime | None, zone: str = "UTC", clock: Clock = Clock.EXACT) -> str:
    """`06-03-2026 08:31`, in `zone`; `≈` before an hour that a carrier gave without its zone."""
    if moment is None:
        return "—"
    local = moment.astimezone(ZoneInfo(zone) if zone != "UTC" else UTC)
    return f"{'≈ ' if clock is Clock.ASSUMED else ''}{local:%d-%m-%Y %H:%M}"


def order_path(shop: str, order_id: str) -> str:
    return f"/orders/{quote(shop, safe='')}/{quote(order_id, safe='')}"


@functools.cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((HERE / "words.toml").read_text("utf-8"))


@functools.cache
def _templates() -> Any:
    made = environment(ASSETS, HERE / "templates")
    made.globals |= {"say": say, "stamp": stamp, "order_path": order_path, "words": _words()}
    return made
