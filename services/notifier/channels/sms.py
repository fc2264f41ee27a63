"""SMS through Twilio's Programmable Messaging (twilio.com/docs/messaging/api/message-resource).

Twilio knows no idempotency key: our message id travels in the StatusCallback of each message and comes back with every
receipt. Nothing is ever looked up or repeated.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import httpx
from pydantic import Field, SecretStr

from services.notifier.channels.base import UNPACED, Letter, OutcomeClass, ProviderError, Request, SendResult
from services.notifier.channels.clean_text import clean_text
from services.notifier.channels.http import Answer, open_client, post, refusal
from services.notifier.channels.settings import BaseUrl, ChannelSettings, Deadline
from shared.contracts.vocabulary import Channel

PROVIDER = "twilio"
RECEIPTS_PATH = "/receipts/twilio"
BODY_LIMIT_CHARACTERS = 1600

_GONE = ("invalid_number", OutcomeClass.REJECTED, True)
TWILIO_ERRORS: Mapping[int, ProviderError] = {
    # Refused at once (twilio.com/docs/api/errors). Credentials and quotas are ours to mend: the message can wait.
    20003: ProviderError("authentication", OutcomeClass.NOT_SENT),
    20005: ProviderError("account_not_active", OutcomeClass.NOT_SENT),
    20429: ProviderError("too_many_requests", OutcomeClass.THROTTLED),
    14107: ProviderError("too_many_requests", OutcomeClass.THROTTLED),
    21211: ProviderError(*_GONE),
    21212: ProviderError("invalid_sender"),
    21217: ProviderError(*_GONE),
    21265: ProviderError("to_is_short_code", unreachable=True),
    21266: ProviderError("to_is_sender", unreachable=True),
    21408: ProviderError("country_not_enabled", unreachable=True),
    21602: ProviderError("body_missing"),
    21604: ProviderError("to_missing"),
    21603: ProviderError("from_missing"),
    21606: ProviderError("sender_cannot_send_sms"),
    21609: ProviderError("invalid_status_callback"),
    21610: ProviderError("opted_out", unreachable=True),
    21611: ProviderError("sender_queue_full", OutcomeClass.THROTTLED),
    21612: ProviderError("route_not_available", unreachable=True),
    21614: ProviderError("not_a_mobile_number", unreachable=True),
    21617: ProviderError("body_too_long"),
    21623: ProviderError("body_unfit"),
    21659: ProviderError("sender_not_of_this_account"),
    21660: ProviderError("sender_not_of_this_account"),
    21703: ProviderError("messaging_service_without_senders"),
    21635: ProviderError("landline", unreachable=True),
    # Reported later, in a receipt.
    30001: ProviderError("queue_overflow"),
    30002: ProviderError("account_suspended"),
    30003: ProviderError("unreachable_handset", unreachable=True),
    30004: ProviderError("blocked", unreachable=True),
    30005: ProviderError("unknown_handset", unreachable=True),
    30006: ProviderError("landline_or_unreachable_carrier", unreachable=True),
    30007: ProviderError("filtered_by_carrier"),
    30008: ProviderError("unknown_error"),
    30009: ProviderError("segment_missing"),
    30010: ProviderError("price_above_limit"),
    30011: ProviderError("media_not_supported"),
    30022: ProviderError("rate_limit"),
    30023: ProviderError("daily_limit"),
    30032: ProviderError("sender_not_verified"),
    30034: ProviderError("sender_not_registered"),
    30036: ProviderError("expired_in_queue"),
    30410: ProviderError("carrier_timeout"),
    30453: ProviderError("blocked_as_abuse"),
    30454: ProviderError("blocked_for_this_number"),
    30500: ProviderError("provider_fault"),
}


class TwilioAccountSettings(ChannelSettings):
    """What everything that goes through one Twilio account has in common."""

    twilio_account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$")
    twilio_auth_token: SecretStr = Field(min_length=1)
    twilio_auth_token_previous: SecretStr | None = None
    """The token before the last rotation: receipts for messages sent under it are still ours."""
    twilio_url: BaseUrl = "https://api.twilio.com"
    twilio_deadline: Deadline = timedelta(seconds=30)
    notifier_public_url: BaseUrl

    @property
    def auth_tokens(self) -> tuple[str, ...]:
        """Newest first."""
        given = (self.twilio_auth_token, self.twilio_auth_token_previous)
        return tuple(token.get_secret_value() for token in given if token is not None)


class TwilioSettings(TwilioAccountSettings):
    """`TWILIO_FROM` is a number (E.164), a sender name of up to 11 characters, or a messaging service (MG...)."""

    shared = frozenset({"TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"})
    sharers = frozenset({"TWILIO_WHATSAPP_FROM", "TWILIO_WHATSAPP_TEMPLATES"})
    twilio_from: str = Field(pattern=r"^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|MG[0-9a-fA-F]{32}|[A-Za-z0-9 &+_-]{1,11})$")


class TwilioSms:
    channel = Channel.SMS
    provider = PROVIDER
    idempotency_window: timedelta | None = None
    echo = True
    lookup = False
    pace = UNPACED  # Twilio queues what comes faster than a number may send

    def __init__(self, settings: TwilioSettings) -> None:
        self.number = settings.twilio_from
        self._settings = settings
        self._client = open_client(settings.twilio_deadline)

    def prepare(self, letter: Letter) -> Request:
        text = clean_text(letter.rendered.text).strip()
        if not text:
            raise ValueError("an SMS without text cannot be sent")
        sender = self._settings.twilio_from
        form = [
            ("To", letter.address),
            ("MessagingServiceSid" if re.match(r"MG[0-9a-fA-F]{32}$", sender) else "From", sender),
            ("Body", text),
            ("StatusCallback", callback_url(self._settings, RECEIPTS_PATH, letter.message_id)),
        ]
        return Request(letter.address, urlencode(form).encode())

    async def send(self, request: Request, message_id: UUID) -> SendResult:
        return await create_message(self._client, self._settings, request.body, PROVIDER, TWILIO_ERRORS)

    async def look_up(self, message_id: UUID, request: Request) -> SendResult | None:
        return None

    async def close(self) -> None:
        await self._client.aclose()


def open_adapter(settings: TwilioSettings) -> TwilioSms:
    return TwilioSms(settings)


def callback_url(settings: TwilioAccountSettings, path: str, message_id: UUID) -> str:
    """Where Twilio reports on this message."""
    query = urlencode({"m": str(message_id), "s": seal_message_id(message_id, settings.auth_tokens[0])})
    return f"{settings.notifier_public_url}{path}?{query}"


async def create_message(
    client: httpx.AsyncClient,
    settings: TwilioAccountSettings,
    body: bytes,
    provider: str,
    errors: Mapping[int, ProviderError],
) -> SendResult:
    """One attempt to have Twilio send what the form in `body` says."""
    account = settings.twilio_account_sid
    answer = await post(
        client,
        provider,
        f"{settings.twilio_url}/2010-04-01/Accounts/{account}/Messages.json",
        body,
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": _basic(account, settings.auth_tokens[0]),
        },
        settings.twilio_deadline,
    )
    return answer if isinstance(answer, SendResult) else read_answer(answer, provider, errors)


def seal_message_id(message_id: UUID, auth_token: str) -> str:
    """96 bits that only a holder of the token can make: the callback's id is one that we gave out."""
    key = hmac.new(auth_token.encode(), b"hito:status-callback", hashlib.sha256).digest()
    seal = hmac.new(key, message_id.bytes, hashlib.sha256).digest()[:12]
    return base64.urlsafe_b64encode(seal).decode()


def echoed_message_id(url: str, auth_tokens: Sequence[str]) -> UUID | None:
    """Our message id in a StatusCallback URL, None when there is none or its seal is not ours."""
    query = parse_qs(urlsplit(url).query)
    try:
        message_id = UUID(query["m"][0])
        seal = query["s"][0].encode()
    except (KeyError, ValueError):
        return None
    ours = [hmac.compare_digest(seal, seal_message_id(message_id, token).encode()) for token in auth_tokens]
    return message_id if any(ours) else None


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def read_answer(
    answer: Answer, provider: str = PROVIDER, errors: Mapping[int, ProviderError] = TWILIO_ERRORS
) -> SendResult:
    body = answer.json()
    if not answer.accepted:
        code = body.get("code")
        return refusal(provider, answer, code if isinstance(code, int) else None, errors)
    sid = body.get("sid")
    if not isinstance(sid, str) or not re.match(r"^(SM|MM)[0-9a-fA-F]{32}$", sid):
        return SendResult(OutcomeClass.AMBIGUOUS, f"{provider}_answer_without_id")
    return SendResult(OutcomeClass.ACCEPTED, f"{provider}_accepted", provider_message_id=sid)
