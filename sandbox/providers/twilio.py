"""Twilio's Messages API as far as a sender meets it: credentials, checks, answers, signed status callbacks.

Source: twilio.com/docs/messaging/api/message-resource, /docs/api/errors, /docs/usage/security (validating requests).
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.providers.accept_log import Accepted, sha256_of, uuid_or_none
from sandbox.providers.callbacks import Callback
from sandbox.providers.desk import Desk, HttpWork, MakeCallback, serve
from sandbox.providers.faults import Arrival, Rule
from shared.contracts.vocabulary import Channel
from shared.signatures import sign_form

STATUSES = ("sent", "delivered")
_E164 = re.compile(r"^\+[1-9][0-9]{6,14}$")
_SERVICE = re.compile(r"^MG[0-9a-fA-F]{32}$")


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """What the simulated account owns. `sender` is a number, a name or a messaging service."""

    sid: str
    auth_token: str
    sender: str


class Twilio:
    def __init__(self, desk: Desk, account: TwilioAccount) -> None:
        self._desk, self.account = desk, account
        self.routes = [Route("/2010-04-01/Accounts/{sid}/Messages.json", self._create_message, methods=["POST"])]

    async def _create_message(self, request: Request) -> Response:
        body = await request.body()
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        refused = self._check_access(request) or self._check_form(form)
        if refused is not None:
            return refused
        echo = parse_qs(urlsplit(form.get("StatusCallback", "")).query).get("m", [""])[0]
        message_id = uuid_or_none(echo)
        work = HttpWork(
            arrival=Arrival(provider="twilio", to=form["To"], message_id=message_id),
            accepted=lambda: Accepted(
                at=self._desk.clock(),
                provider="twilio",
                channel=Channel.SMS,
                to=form["To"],
                sender=self.account.sender,
                message_id=message_id,
                provider_message_id=f"SM{self._desk.new_id().hex}",
                sha256=sha256_of(body),
                text=form["Body"],
            ),
            answer=lambda accepted: self._created(accepted, form),
            refuse=lambda rule, status: _refusal_by_rule(rule, status),
            callback=lambda accepted: self._callback(accepted, form),
            statuses=STATUSES,
        )
        return await serve(self._desk, request, work)

    def _check_access(self, request: Request) -> Response | None:
        account = self.account
        credentials = base64.b64encode(f"{account.sid}:{account.auth_token}".encode()).decode()
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Basic {credentials}".encode()):
            return _refusal(401, 20003, "Authenticate")
        if request.path_params["sid"] != account.sid:
            return _refusal(404, 20404, "The requested resource was not found")
        return None

    def _check_form(self, form: dict[str, str]) -> Response | None:
        sender = form.get("MessagingServiceSid") if _SERVICE.match(self.account.sender) else form.get("From")
        callback = urlsplit(form.get("StatusCallback", "http://none.invalid"))
        problems = (
            (not form.get("To"), 21604, "A 'To' phone number is required."),
            (not _E164.match(form.get("To", "")), 21211, "The 'To' number is not a valid phone number."),
            (not sender, 21603, "A 'From' phone number is required."),
            (sender != self.account.sender, 21606, "The 'From' number is not a message-capable number of yours."),
            (not form.get("Body"), 21602, "Message body is required."),
            (len(form.get("Body", "")) > 1600, 21617, "The concatenated message body exceeds 1600 characters."),
            (callback.scheme not in ("http", "https"), 21609, "The 'StatusCallback' URL is not valid."),
        )
        return next((_refusal(400, code, text) for wrong, code, text in problems if wrong), None)

    def _created(self, accepted: Accepted, form: dict[str, str]) -> Response:
        return JSONResponse(
            {
                "account_sid": self.account.sid,
                "api_version": "2010-04-01",
                "body": form["Body"],
                "date_created": accepted.at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
                "direction": "outbound-api",
                "error_code": None,
                "error_message": None,
                "from": form.get("From"),
                "messaging_service_sid": form.get("MessagingServiceSid"),
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
                ("From", self.account.sender),
                ("MessageSid", accepted.provider_message_id),
                ("MessageStatus", "undelivered" if status == "failed" else status),
                ("SmsSid", accepted.provider_message_id),
                ("SmsStatus", "undelivered" if status == "failed" else status),
                ("To", accepted.to),
            ]
            if code is not None:
                fields.append(("ErrorCode", str(code)))
            signature = sign_form(url, fields, self.account.auth_token)
            headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
            return Callback(url, urlencode(fields).encode(), headers)

        return make


def _refusal_by_rule(rule: Rule, status: int) -> Response:
    code = rule.code or {400: 21211, 429: 20429, 503: 20503}.get(status, 20500)
    return _refusal(status, code, "scripted")


def _refusal(status: int, code: int, message: str) -> Response:
    info = f"https://www.twilio.com/docs/errors/{code}"
    return JSONResponse({"code": code, "message": message, "more_info": info, "status": status}, status)
