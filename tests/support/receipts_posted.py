"""What Twilio and Meta post to the notifier, signed as they sign, in whatever order a test wants."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import httpx

from shared.database import Row
from shared.signatures import sign_form
from tests.support.notifier_world import Notifier


def callback_url(row: Row) -> str:
    """Where Twilio was asked to report on this message."""
    return parse_qs(bytes(row["request"]).decode())["StatusCallback"][0]


async def twilio_says(
    notifier: Notifier,
    url: str,
    status: str,
    *,
    sid: str,
    code: int | None = None,
    token: str | None = None,
    signature: str | None = None,
) -> httpx.Response:
    fields = [("MessageSid", sid), ("MessageStatus", status)]
    fields += [("ErrorCode", str(code))] if code is not None else []
    signed = signature or sign_form(url, fields, token or notifier.providers.twilio_account.auth_token)
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signed}
    parts = urlsplit(url)
    return await notifier.http.post(f"{parts.path}?{parts.query}", content=urlencode(fields), headers=headers)


def status_of(message: UUID | None, wamid: str, status: str, code: int | None = None) -> dict[str, object]:
    told: dict[str, object] = {"id": wamid, "status": status, "timestamp": "1774000000", "recipient_id": "34600000001"}
    if message is not None:
        told["biz_opaque_callback_data"] = str(message)
    if code is not None:
        told["errors"] = [{"code": code}]
    return told


async def meta_says(notifier: Notifier, *statuses: dict[str, object], secret: str | None = None) -> httpx.Response:
    value = {"messaging_product": "whatsapp", "statuses": statuses}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [{"changes": [{"value": value}]}]}).encode()
    key = (secret or notifier.providers.graph.app.app_secret).encode()
    headers = {"x-hub-signature-256": f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"}
    return await notifier.http.post("/receipts/whatsapp", content=body, headers=headers)
