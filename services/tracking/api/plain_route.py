"""The short way to an endpoint about one order: what FastAPI would find out of a request takes longer than the answer.

The endpoint is still declared to FastAPI, which describes it, and which refuses whatever is not plainly right.
"""

from __future__ import annotations

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

LONGEST_SHOP, LONGEST_ORDER = 40, 64


class PlainRoute(APIRoute):
    """For endpoints that take the request, a shop, an order and the `Authorization` header, and answer a response."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        shop, order = scope["path_params"]["shop"], scope["path_params"]["order"]
        right = len(shop) <= LONGEST_SHOP and len(order) <= LONGEST_ORDER and "\x00" not in order
        if not right or scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        request = Request(scope, receive)
        response = await self.endpoint(request, shop, order, request.headers.get("authorization"))
        await response(scope, receive, send)
