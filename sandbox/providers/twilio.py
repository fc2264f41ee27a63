"""Twilio's Messages API as far as a sender meets it: credentials, checks, answers, signed status callbacks.

Source: twilio.com/docs/messaging/api/message-resource, /docs/api/errors, /docs/usage/security (validating requests).
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.providers.accept_log import Accepted, sha256_of, uuid_or_none
from sandbox.providers.callbacks import Callback
from sandbox.providers.desk import Desk, HttpWork, MakeCallback, serve
from sandbox.providers.faults import Arrival, Rule
from sandbox.providers.segments import segments
from sandbox.providers.twilio_contents import Contents, TwilioError
from shared.contracts.vocabulary import Channel
from shared.signatures import sign_form

STATUSES = ("sent", "delivered")
WHATSAPP = "whatsapp:"
_E164 = re.compile(r"^\+[1-9][0-9]{6,14}$")
_SERVICE = re.compile(r"^MG[0-9a-fA-F]{32}$")


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """What the simulated account owns. `sender` of SMS is a number, a name or a messaging service."""

    sid: str
    auth_token: str
    sender: str
    whatsapp_sender: str


class Twilio:
    def __init__(self, desk: Desk, account: TwilioAccount) -> None:
        self._desk, self.account = desk, account
        self.contents = Contents()
        self.routes = [
            Route("/2010-04-01/Accounts/{sid}/Messages.json", self._create_message, methods=["POST"]),
            Route("/v1/Content", self._create_content, methods=["POST"]),
            Route("/v1/Content/{sid}/ApprovalRequests/whatsapp", self._ask_approval, methods=["POST"]),
        ]

    async def _create_content(self, request: Request) -> Response:
        try:
            self._check_credentials(request)
            content = json.loads(await request.body())
            return JSONResponse({"sid": self.contents.create(content), **content}, 201)
        except TwilioError as error:
            return _refusal(401 if error.code == 20003 else 400, error.code, error.message)

    async def _ask_approval(self, request: Request) -> Response:
        try:
            self._check_credentials(request)
            self.contents.approve(request.path_params["sid"], json.loads(await request.body()))
        except TwilioError as error:
            return _refusal(401 if error.code == 20003 else 400, error.code, error.message)
        return JSONResponse({"status": "received"}, 201)

    async def _create_message(self, request: Request) -> Response:
        body = await request.body()
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            self._check_access(request)
            told = self._check_whatsapp(form) if form.get("To", "").startswith(WHATSAPP) else self._check_sms(form)
        except TwilioError as error:
            return _refusal({20003: 401, 20404: 404}.get(error.code, 400), error.code, error.message)
        echo = parse_qs(urlsplit(form.get("StatusCallback", "")).query).get("m", [""])[0]
        message_id = uuid_or_none(echo)
        to = form["To"].removeprefix(WHATSAPP)
        work = HttpWork(
            arrival=Arrival(provider="twilio", to=to, message_id=message_id),
            accepted=lambda: Accepted(
                at=self._desk.clock(),
                provider="twilio",
                to=to,
                message_id=message_id,
                provider_message_id=f"SM{self._desk.new_id().hex}",
                sha256=sha256_of(body),
                **told,
            ),
            answer=lambda accepted: self._created(accepted, form),
            refuse=lambda rule, status: _refusal_by_rule(rule, status),
            callback=lambda accepted: self._callback(accepted, form),
            statuses=STATUSES,
        )
        return await serve(self._desk, request, work)

    def _check_credentials(self, request: Request) -> None:
        credentials = base64.b64encode(f"{self.account.sid}:{self.account.auth_token}".encode()).decode()
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Basic {credentials}".encode()):
            raise TwilioError(20003, "Authenticate")

    def _check_access(self, request: Request) -> None:
        self._check_credentials(request)
        if request.path_params["sid"] != self.account.sid:
            raise TwilioError(20404, "The requested resource was not found")

    def _check_sms(self, form: dict[str, str]) -> dict[str, Any]:
        sender = form.get("MessagingServiceSid") if _SERVICE.match(self.account.sender) else form.get("From")
        to, text = form.get("To", ""), form.get("Body", "")
        _first_problem(
            (not to, 21604, "A 'To' phone number is required."),
            (not _E164.match(to), 21211, "The 'To' number is not a valid phone number."),
            (not sender, 21603, "A 'From' phone number is required."),
            (sender != self.account.sender, 21606, "The 'From' number is not a message-capable number of yours."),
            (to == sender, 21266, "'To' and 'From' are the same."),
            (not text, 21602, "Message body is required."),
            (len(text) > 1600, 21617, "The concatenated message body exceeds 1600 characters."),
            (not _is_callback(form), 21609, "The 'StatusCallback' URL is not valid."),
        )
        return {"channel": Channel.SMS, "sender": self.account.sender, "text": text}

    def _check_whatsapp(self, form: dict[str, str]) -> dict[str, Any]:
        to, sender = form["To"].removeprefix(WHATSAPP), form.get("From", "")
        _first_problem(
            (not _E164.match(to), 21211, "The 'To' number is not a valid phone number."),
            (not sender, 21603, "A 'From' phone number is required."),
            (
                sender != WHATSAPP + self.account.whatsapp_sender,
                63007,
                "Could not find a Channel with the From address.",
            ),
            (f"{WHATSAPP}{to}" == sender, 63031, "'To' and 'From' are the same."),
            ("ContentSid" not in form, 63016, "Outside the allowed window; use a template."),
            ("Body" in form, 63016, "Outside the allowed window; use a template."),
            (not _is_callback(form), 21609, "The 'StatusCallback' URL is not valid."),
        )
        name, language, text, values = self.contents.fill(form["ContentSid"], form.get("ContentVariables", "{}"))
        known = {"channel": Channel.WHATSAPP, "sender": self.account.whatsapp_sender, "text": text}
        return {**known, "template": name, "language": language, "parameters": values}

    def _created(self, accepted: Accepted, form: dict[str, str]) -> Response:
        return JSONResponse(
            {
                "account_sid": self.account.sid,
                "api_version": "2010-04-01",
                "body": accepted.text,
                "date_created": accepted.at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
                "direction": "outbound-api",
                "error_code": None,
                "error_message": None,
                "from": form.get("From"),
                "messaging_service_sid": form.get("MessagingServiceSid"),
                "num_segments": str(segments(accepted.text or "")),
                "sid": accepted.provider_message_id,
                "status": "accepted" if "MessagingServiceSid" in form else "queued",
                "to": form["To"],
            },
            201,
        )

    def _callback(self, accepted: Accepted, form: dict[str, str]) -> MakeCallback:
        def make(status: str, code: int | None) -> Callback | None:
            url = form.get("StatusCallback")
            if not url:
                return None
            fields = [
                ("AccountSid", self.account.sid),
                ("ApiVersion", "2010-04-01"),
                ("From", form.get("From", self.account.sender)),
                ("MessageSid", accepted.provider_message_id),
                ("MessageStatus", "undelivered" if status == "failed" else status),
                ("SmsSid", accepted.provider_message_id),
                ("SmsStatus", "undelivered" if status == "failed" else status),
                ("To", form["To"]),
            ]
            if code is not None:
                fields.append(("ErrorCode", str(code)))
            signature = sign_form(url, fields, self.account.auth_token)
            headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
            return Callback(url, urlencode(fields).encode(), headers)

        return make


def _first_problem(*problems: tuple[bool, int, str]) -> None:
    for wrong, code, text in problems:
        if wrong:
            raise TwilioError(code, text)


def _is_callback(form: dict[str, str]) -> bool:
    """Absent, or an absolute web address that a stranger can resolve."""
    url = form.get("StatusCallback")
    if url is None:
        return True
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and url.isascii() and len(url) <= 2048


def _refusal_by_rule(rule: Rule, status: int) -> Response:
    code = rule.code or {400: 21211, 429: 20429, 503: 20503}.get(status, 20500)
    return _refusal(status, code, "scripted")


def _refusal(status: int, code: int, message: str) -> Response:
    info = f"https://www.twilio.com/docs/errors/{code}"
    return JSONResponse({"code": code, "message": message, "more_info": info, "status": status}, status)
