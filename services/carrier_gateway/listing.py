"""`GET /carriers`: the directory, and with `?health=true` how each carrier fares beside it.

The directory alone is what tracking reads: its bytes and its ETag change with our own code and with nothing else, so
that it may be kept. Health changes with every call of a carrier: it is another answer at another address, never kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response

from services.carrier_gateway.directory import list_carriers
from services.carrier_gateway.health.answers import HealthList
from services.carrier_gateway.health.heard import Heard
from services.carrier_gateway.settings import CarrierAccess
from shared.contracts.directory import CarrierList

DIRECTORY_LIFETIME = timedelta(minutes=5)
_Wanted = Annotated[bool, Query(description="true: with how each carrier fares, for operators")]


def add_listing(app: FastAPI, access: Mapping[str, CarrierAccess], heard: Heard) -> None:
    listing = list_carriers(known.carrier for known in access.values()).to_json()
    headers = {
        "ETag": f'"{hashlib.sha256(listing).hexdigest()[:32]}"',
        "Cache-Control": f"public, max-age={int(DIRECTORY_LIFETIME.total_seconds())}",
    }

    @app.get("/carriers", response_model=HealthList | CarrierList, responses={304: {"description": "As you know it"}})
    async def carriers(request: Request, health: _Wanted = False) -> Response:
        """Names, phones and tracking pages. A phone is for buyers only while it is `confirmed`."""
        if health:
            body = heard.listing(access.values()).to_json()
            return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
        if _is_known(headers["ETag"], request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        return Response(listing, media_type="application/json", headers=headers)


def _is_known(tag: str, given: str) -> bool:
    known = {each.strip().removeprefix("W/") for each in given.split(",")}
    return tag in known or "*" in known
