"""The levers of the simulated providers over HTTP: scripted faults, and where Meta's webhooks go."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.providers.desk import Desk
from sandbox.providers.faults import Rule
from sandbox.providers.graph import Graph


class FaultScript(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rules: list[Rule]


class WebhookAddress(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str


class Control:
    """GET, POST (adds) and DELETE (clears) /control/faults; POST /control/webhook; GET /control/pending."""

    def __init__(self, desk: Desk, graph: Graph) -> None:
        self._desk, self._graph = desk, graph
        self.routes = [
            Route("/control/faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route("/control/webhook", self._webhook, methods=["POST"]),
            Route("/control/pending", self._pending, methods=["GET"]),
        ]

    async def _faults(self, request: Request) -> Response:
        faults = self._desk.faults
        if request.method == "DELETE":
            faults.clear()
        if request.method == "POST":
            try:
                script = FaultScript.model_validate_json(await request.body())
            except ValidationError as error:
                return JSONResponse({"detail": error.errors(include_url=False, include_context=False)}, 422)
            for rule in script.rules:
                faults.add(rule)
        told = [{**rule.model_dump(mode="json", exclude_none=True), "used": used} for rule, used in faults.rules]
        return JSONResponse({"rules": told})

    async def _webhook(self, request: Request) -> Response:
        try:
            address = WebhookAddress.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"detail": error.errors(include_url=False, include_context=False)}, 422)
        problem = await self._graph.subscribe(address.url)
        return JSONResponse({"subscribed": problem is None, "detail": problem}, 200 if problem is None else 400)

    async def _pending(self, _: Request) -> Response:
        """Receipts still on their way, for those who wait until all is quiet."""
        callbacks = self._desk.callbacks
        return JSONResponse(
            {"pending": callbacks.pending, "delivered": callbacks.delivered, "given_up": callbacks.given_up}
        )
