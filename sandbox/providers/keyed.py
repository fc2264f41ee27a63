"""An SMS provider as the careful ones are: it honours keys, can be asked about a message, and signs its receipts.

`keyed.toml` beside this file is how the notifier is told of it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.providers.accept_log import Accepted, sha256_of, uuid_or_none
from sandbox.providers.callbacks import Callback
from sandbox.providers.desk import Desk, HttpWork, MakeCallback, serve
from sandbox.providers.faults import Arrival, Rule
from shared.contracts.vocabulary import Channel

DESCRIPTION = Path(__file__).with_name("keyed.toml")
STATUSES = ("sent", "delivered")
KEY_WINDOW = timedelta(hours=24)
TEXT_LIMIT_CHARACTERS = 1600
_E164 = re.compile(r"^\+[1-9][0-9]{6,14}$")


@dataclass(frozen=True, slots=True)
class KeyedAccount:
    sender: str
    api_key: str = field(repr=False)
    receipt_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a key stands for until it is forgotten."""

    body_sha256: str
    accepted: Accepted
    until: datetime


class Keyed:
    def __init__(self, desk: Desk, account: KeyedAccount) -> None:
        self._desk, self.account = desk, account
        self._keys: dict[str, _Known] = {}
        self._told: dict[UUID, dict[str, Any]] = {}
        self.answered_again = 0
        """Repeated requests that got the first answer again; nobody got a second message."""
        self.routes = [
            Route("/keyed/v1/messages", self._create, methods=["POST"]),
            Route("/keyed/v1/messages/by-reference/{reference}", self._look_up, methods=["GET"]),
        ]

    def forget(self) -> None:
        """All keys and all messages, as after a long time."""
        self._keys.clear()
        self._told.clear()

    async def _create(self, request: Request) -> Response:
        body = await request.body()
        message = _read(body)
        key = request.headers.get("idempotency-key", "")
        refused = self._check_access(request) or self._check(message, key)
        if refused is not None:
            return refused
        known = self._known(key)
        if known is not None and known.body_sha256 != sha256_of(body):
            return _refusal(422, "key_reused", "this key was used with another body")
        message_id = uuid_or_none(message.get("reference"))
        work = HttpWork(
            arrival=Arrival(provider="keyed", to=message["to"], message_id=message_id),
            accepted=lambda: self._accept(message, key, body),
            answer=lambda accepted: JSONResponse({"id": accepted.provider_message_id, "status": "queued"}, 202),
            refuse=_refusal_by_rule,
            callback=lambda accepted: self._callback(accepted, message.get("callback_url")),
            statuses=STATUSES,
            repeated=known.accepted if known else None,
        )
        self.answered_again += known is not None
        return await serve(self._desk, request, work)

    async def _look_up(self, request: Request) -> Response:
        refused = self._check_access(request)
        if refused is not None:
            return refused
        reference = uuid_or_none(request.path_params["reference"])
        told = self._told.get(reference) if reference else None
        return JSONResponse(told) if told else _refusal(404, "not_found", "no message has this reference")

    def _known(self, key: str) -> _Known | None:
        known = self._keys.get(key)
        return known if known is not None and known.until > self._desk.clock() else None

    def _accept(self, message: dict[str, Any], key: str, body: bytes) -> Accepted:
        """Taken together with its key, so that a repetition finds it even while the disk is busy."""
        accepted = Accepted(
            at=self._desk.clock(),
            provider="keyed",
            channel=Channel.SMS,
            to=message["to"],
            sender=message["from"],
            message_id=uuid_or_none(message.get("reference")),
            provider_message_id=f"k-{self._desk.new_id().hex}",
            sha256=sha256_of(body),
            text=message["text"],
        )
        self._keys[key] = _Known(accepted.sha256, accepted, accepted.at + KEY_WINDOW)
        self._note(accepted, "queued", None)
        return accepted

    def _note(self, accepted: Accepted, status: str, code: str | None) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": accepted.provider_message_id,
            "reference": str(accepted.message_id) if accepted.message_id else None,
            "status": status,
        }
        if code is not None:
            told["error"] = {"code": code}
        if accepted.message_id is not None:
            self._told[accepted.message_id] = told
        return told

    def _check_access(self, request: Request) -> Response | None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.account.api_key}".encode()):
            return _refusal(401, "bad_credentials", "the API key is missing or wrong")
        return None

    def _check(self, message: dict[str, Any], key: str) -> Response | None:
        text = message.get("text")
        problems = (
            (not 1 <= len(key) <= 100, "key_missing", "Idempotency-Key is required"),
            (not _E164.match(str(message.get("to", ""))), "invalid_number", "to is no phone number"),
            (message.get("from") != self.account.sender, "sender_unknown", "from is no sender of yours"),
            (not isinstance(text, str) or not text, "text_missing", "text is required"),
            (len(str(text)) > TEXT_LIMIT_CHARACTERS, "text_too_long", "text is too long"),
        )
        return next((_refusal(400, code, words) for wrong, code, words in problems if wrong), None)

    def _callback(self, accepted: Accepted, url: str | None) -> MakeCallback:
        def make(status: str, code: int | None) -> Callback | None:
            failed = status == "failed"
            told = self._note(accepted, "undelivered" if failed else status, "handset_off" if failed else None)
            if not url:
                return None
            body = json.dumps(told, separators=(",", ":")).encode()
            timestamp = str(int(self._desk.clock().timestamp()))
            signed = timestamp.encode() + b"." + body
            digest = hmac.new(self.account.receipt_secret.encode(), signed, hashlib.sha256).hexdigest()
            headers = {"Content-Type": "application/json", "X-Timestamp": timestamp, "X-Signature": f"v1={digest}"}
            return Callback(url, body, headers)

        return make


def _read(body: bytes) -> dict[str, Any]:
    """The message; empty when the body is no JSON object."""
    try:
        message = json.loads(body)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _refusal_by_rule(rule: Rule, status: int) -> Response:
    code = {400: "invalid_number", 429: "rate_limit", 503: "unavailable"}.get(status, "internal")
    return _refusal(status, code, "scripted")


def _refusal(status: int, code: str, words: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": words}}, status)
