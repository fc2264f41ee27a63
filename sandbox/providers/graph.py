"""Meta's Graph API as far as a WhatsApp sender meets it: templates, messages, signed webhooks.

Source: developers.facebook.com/documentation/business-messaging/whatsapp (messages, templates, webhooks, error codes).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.providers.accept_log import Accepted, sha256_of, uuid_or_none
from sandbox.providers.callbacks import Callback
from sandbox.providers.desk import Desk, HttpWork, MakeCallback, serve
from sandbox.providers.faults import Arrival, Rule
from sandbox.providers.graph_templates import Call, GraphError, TemplateBook
from shared.contracts.vocabulary import Channel

STATUSES = ("sent", "delivered", "read")
_NUMBER = re.compile(r"^\+?[1-9][0-9]{6,14}$")


@dataclass(slots=True)
class GraphApp:
    """The simulated app. `webhook_url` may be set later: statuses before that go nowhere, as in reality."""

    phone_number_id: str
    business_account_id: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    webhook_url: str | None = None


class Graph:
    def __init__(self, desk: Desk, app: GraphApp) -> None:
        self._desk = desk
        self.app = app
        self.templates = TemplateBook()
        self.routes = [
            Route("/{version}/{node}/messages", self._send_message, methods=["POST"]),
            Route("/{version}/{node}/message_templates", self._create_template, methods=["POST"]),
            Route("/{version}/{node}/message_templates", self._list_templates, methods=["GET"]),
        ]

    async def subscribe(self, url: str) -> str | None:
        """Verify the webhook as Meta does, then use it. Answers what is wrong, None when it is subscribed."""
        challenge = str(self._desk.new_id().int)[:10]
        params = {"hub.mode": "subscribe", "hub.verify_token": self.app.verify_token, "hub.challenge": challenge}
        try:
            async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
                answer = await client.get(url, params=params)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"{url} did not answer: {type(error).__name__}"
        if answer.status_code != 200 or answer.text != challenge:
            return f"{url} did not echo the challenge (status {answer.status_code})"
        self.app.webhook_url = url
        return None

    async def _create_template(self, request: Request) -> Response:
        try:
            payload = await self._read(request, self.app.business_account_id)
            self.templates.register(payload)
        except GraphError as error:
            return _refusal(error)
        return JSONResponse({"id": str(self._desk.new_id().int)[:15], "status": "APPROVED", "category": "UTILITY"})

    async def _list_templates(self, request: Request) -> Response:
        try:
            self._check_access(request, self.app.business_account_id)
        except GraphError as error:
            return _refusal(error)
        asked = request.query_params
        fields = asked.get("fields", "name,language,status,category,components").split(",")
        rows, after = self.templates.page(fields, asked.get("after"), min(int(asked.get("limit", "25")), 100))
        paging: dict[str, Any] = {"cursors": {"after": after or "end"}}
        if after is not None:
            paging["next"] = str(request.url.include_query_params(after=after))
        return JSONResponse({"data": rows, "paging": paging})

    async def _send_message(self, request: Request) -> Response:
        body = await request.body()
        try:
            payload = await self._read(request, self.app.phone_number_id)
            call, text = self._check(payload)
        except GraphError as error:
            return _refusal(error)
        to = "+" + str(payload["to"]).removeprefix("+")
        message_id = uuid_or_none(payload.get("biz_opaque_callback_data"))
        work = HttpWork(
            arrival=Arrival(provider="graph", to=to, message_id=message_id),
            accepted=lambda: Accepted(
                at=self._desk.clock(),
                provider="graph",
                channel=Channel.WHATSAPP,
                to=to,
                sender=self.app.phone_number_id,
                message_id=message_id,
                provider_message_id=f"wamid.{self._desk.new_id().hex.upper()}",
                sha256=sha256_of(body),
                text=text,
                template=call.name,
                language=call.language,
                parameters=call.parameters,
            ),
            answer=lambda accepted: _sent(accepted, payload),
            refuse=lambda rule, status: _refusal_by_rule(rule, status),
            callback=lambda accepted: self._callback(accepted, payload.get("biz_opaque_callback_data")),
            statuses=STATUSES,
        )
        return await serve(self._desk, request, work)

    def _check_access(self, request: Request, node: str) -> None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.app.access_token}".encode()):
            raise GraphError(401, 190, "Invalid OAuth access token", "OAuthException")
        if request.path_params["node"] != node:
            raise GraphError(400, 100, "Unsupported request: the object does not exist", "GraphMethodException")

    async def _read(self, request: Request, node: str) -> dict[str, Any]:
        self._check_access(request, node)
        try:
            payload = json.loads(await request.body())
        except ValueError:
            raise GraphError(400, 100, "The request body is not JSON") from None
        if not isinstance(payload, dict):
            raise GraphError(400, 100, "The request body is not an object")
        return payload

    def _check(self, payload: dict[str, Any]) -> tuple[Call, str]:
        if payload.get("messaging_product") != "whatsapp":
            raise GraphError(400, 100, "The parameter messaging_product is required.")
        if payload.get("recipient_type", "individual") != "individual":
            raise GraphError(400, 131009, "Parameter value is not valid: recipient_type")
        if not isinstance(payload.get("to"), str) or not _NUMBER.match(payload["to"]):
            raise GraphError(400, 131009, "Parameter value is not valid: to")
        if payload.get("type") != "template":
            raise GraphError(400, 131047, "Re-engagement message: more than 24 hours have passed")
        if len(str(payload.get("biz_opaque_callback_data", ""))) > 512:
            raise GraphError(400, 131009, "Parameter value is not valid: biz_opaque_callback_data")
        return self.templates.fill(payload.get("template"))

    def _callback(self, accepted: Accepted, echo: object) -> MakeCallback:
        def make(status: str, code: int | None) -> Callback | None:
            if self.app.webhook_url is None:
                return None
            body = json.dumps(self._notification(accepted, echo, status, code), separators=(",", ":")).encode()
            digest = hmac.new(self.app.app_secret.encode(), body, hashlib.sha256).hexdigest()
            headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}
            return Callback(self.app.webhook_url, body, headers)

        return make

    def _notification(self, accepted: Accepted, echo: object, status: str, code: int | None) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": accepted.provider_message_id,
            "status": status,
            "timestamp": str(int(self._desk.clock().timestamp())),
            "recipient_id": accepted.to.removeprefix("+"),
        }
        if echo is not None:
            told["biz_opaque_callback_data"] = echo
        if status == "failed":
            told["errors"] = [{"code": code or 131026, "title": "Message undeliverable"}]
        metadata = {"display_phone_number": "34600000000", "phone_number_id": self.app.phone_number_id}
        value = {"messaging_product": "whatsapp", "metadata": metadata, "statuses": [told]}
        change = {"value": value, "field": "messages"}
        entry = {"id": self.app.business_account_id, "changes": [change]}
        return {"object": "whatsapp_business_account", "entry": [entry]}


def _sent(accepted: Accepted, payload: dict[str, Any]) -> Response:
    return JSONResponse(
        {
            "messaging_product": "whatsapp",
            "contacts": [{"input": payload["to"], "wa_id": accepted.to.removeprefix("+")}],
            "messages": [{"id": accepted.provider_message_id, "message_status": "accepted"}],
        }
    )


def _refusal_by_rule(rule: Rule, status: int) -> Response:
    code = rule.code or {400: 131026, 429: 130429, 503: 131016}.get(status, 131000)
    return _refusal(GraphError(status, code, "scripted"))


def _refusal(error: GraphError) -> Response:
    details = {"messaging_product": "whatsapp", "details": error.message}
    told = {"message": f"(#{error.code}) {error.message}", "type": error.type, "code": error.code}
    return JSONResponse({"error": {**told, "error_data": details, "fbtrace_id": "sandbox"}}, error.status)
