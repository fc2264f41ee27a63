"""SMS through any provider with an HTTP API, as its description says (`config/sms/<provider>.toml`).

What the provider promises stands in the description as well: for how long it recognises a repeated request, whether it
can be asked about our message id, and whether that id comes back in its receipts.
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from services.notifier.channels.base import Letter, OutcomeClass, Request, SendResult
from services.notifier.channels.blanks import filled, look_at, placeholders
from services.notifier.channels.clean_text import clean_text
from services.notifier.channels.http import Answer, ask, open_client, post, refusal
from services.notifier.channels.settings import BaseUrl, ChannelSettings, Deadline
from services.notifier.channels.sms_http_description import Auth, Lookup, SmsProvider, read_description
from services.notifier.wording.gsm7 import size, transliterate
from shared.contracts.vocabulary import Channel, Verdict

PROVIDER = "sms_http"
RECEIPTS_PATH = "/receipts/sms-http"
ID_LIMIT_CHARACTERS = 200


def _read(path: object) -> object:
    return read_description(Path(path)) if isinstance(path, str) else path


class SmsHttpSettings(ChannelSettings):
    """`SMS_HTTP_CONFIG` names the description; `SMS_HTTP_FROM` is the sender's number or name."""

    sms_http_config: Annotated[SmsProvider, NoDecode, BeforeValidator(_read)]
    sms_http_secret: SecretStr = Field(min_length=1)
    sms_http_from: str = Field(pattern=r"^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 &+_-]{1,11})$")
    sms_http_url: BaseUrl | None = None
    """Instead of the description's own, for a provider's test system."""
    sms_http_deadline: Deadline = timedelta(seconds=30)
    notifier_public_url: Annotated[BaseUrl | None, Field(validate_default=True)] = None
    sms_http_receipt_secret: Annotated[SecretStr | None, Field(min_length=8, validate_default=True)] = None
    """What the provider signs its receipts with."""
    sms_http_receipt_secret_previous: SecretStr | None = None

    @field_validator("notifier_public_url")
    @classmethod
    def _can_be_called_back(cls, url: str | None, info: ValidationInfo) -> str | None:
        provider = info.data.get("sms_http_config")
        if isinstance(provider, SmsProvider) and not url and "callback_url" in placeholders(provider.send.body):
            raise ValueError("needed, as the provider is told where to post its receipts")
        return url

    @field_validator("sms_http_receipt_secret")
    @classmethod
    def _can_check_receipts(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        provider = info.data.get("sms_http_config")
        if isinstance(provider, SmsProvider) and provider.receipts and secret is None:
            raise ValueError("needed, as the provider sends receipts")
        return secret

    @property
    def receipt_secrets(self) -> tuple[str, ...]:
        """Newest first."""
        given = (self.sms_http_receipt_secret, self.sms_http_receipt_secret_previous)
        return tuple(secret.get_secret_value() for secret in given if secret is not None)

    @property
    def url(self) -> str:
        return self.sms_http_url or self.sms_http_config.url


class HttpSms:
    channel = Channel.SMS
    provider = PROVIDER

    def __init__(self, settings: SmsHttpSettings) -> None:
        self._settings, self._description = settings, settings.sms_http_config
        known, receipts = self._description.idempotency, self._description.receipts
        self.idempotency_window: timedelta | None = known.window if known else None
        self.echo = receipts is not None and receipts.message_id is not None
        self.lookup = self._description.lookup is not None
        self.number, self.pace = settings.sms_http_from, self._description.known_pace
        self.accents = not self._description.transliterate
        self._client = open_client(settings.sms_http_deadline)

    def prepare(self, letter: Letter) -> Request:
        text, limit = clean_text(letter.rendered.text).strip(), self._description.segment_limit
        if not self.accents or size(text).segments > limit:
            text = transliterate(text).strip()
        if not text:
            raise ValueError("an SMS without text cannot be sent")
        cost = size(text)
        if cost.segments > limit:
            raise ValueError(f"the SMS takes {cost.segments} segments ({cost.alphabet}), {limit} are allowed")
        body = filled(self._description.send.body, self._values(letter, text))
        if self._description.send.format == "form":
            return Request(letter.address, urlencode(body).encode())
        return Request(letter.address, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())

    async def send(self, request: Request, message_id: UUID) -> SendResult:
        settings, description = self._settings, self._description
        form = description.send.format == "form"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded" if form else "application/json",
            **description.send.headers,
            **self._credentials(),
        }
        if description.idempotency and description.idempotency.header:
            headers[description.idempotency.header] = str(message_id)
        url = settings.url + description.send.path
        answer = await post(self._client, PROVIDER, url, request.body, headers, settings.sms_http_deadline)
        return answer if isinstance(answer, SendResult) else read_answer(answer, description)

    async def look_up(self, message_id: UUID, request: Request) -> SendResult | None:
        """What became of our message; None when the provider cannot be asked, or does not know."""
        lookup = self._description.lookup
        if lookup is None:
            return None
        url = self._settings.url + lookup.path.replace("{message_id}", str(message_id))
        answer = await ask(self._client, url, self._credentials(), self._settings.sms_http_deadline)
        return None if answer is None else read_look_up(answer, self._description, lookup)

    async def close(self) -> None:
        await self._client.aclose()

    def _values(self, letter: Letter, text: str) -> dict[str, str]:
        return {
            "to": letter.address,
            "to_digits": letter.address.removeprefix("+"),
            "from": self._settings.sms_http_from,
            "text": text,
            "message_id": str(letter.message_id),
            "callback_url": f"{self._settings.notifier_public_url or ''}{RECEIPTS_PATH}",
        }

    def _credentials(self) -> dict[str, str]:
        return credentials(self._description.auth, self._settings.sms_http_secret.get_secret_value())


def open_adapter(settings: SmsHttpSettings) -> HttpSms:
    return HttpSms(settings)


def credentials(auth: Auth, secret: str) -> dict[str, str]:
    match auth.scheme:
        case "bearer":
            return {"Authorization": f"Bearer {secret}"}
        case "basic":
            pair = base64.b64encode(f"{auth.username}:{secret}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        case "header":
            assert auth.header is not None
            return {auth.header: secret}


def read_answer(answer: Answer, description: SmsProvider) -> SendResult:
    """A yes needs the provider's id; a code in a 2xx that the table does not know leaves doubt, never a yes."""
    body: dict[str, Any] = answer.json()
    code = safe_code(look_at(body, description.answer.error_code), description)
    if not answer.accepted:
        if answer.status == 409 and description.idempotency and code not in description.errors:
            # The key is known there: an earlier attempt of ours arrived, and may still be at work.
            return SendResult(OutcomeClass.AMBIGUOUS, f"{PROVIDER}_409_key_in_use")
        return refusal(PROVIDER, answer, code, description.error_table)
    if code is not None and code not in description.answer.no_error:
        row = description.error_table.get(code)
        if row is None:
            return SendResult(OutcomeClass.AMBIGUOUS, f"{PROVIDER}_{answer.status}_{code}")
        reason = f"{PROVIDER}_{code}_{row.words}"
        return SendResult(row.outcome, reason, retry_after=answer.retry_after, unreachable=row.unreachable)
    return accepted(look_at(body, description.answer.provider_id))


def read_look_up(answer: Answer, description: SmsProvider, lookup: Lookup) -> SendResult | None:
    """Only a 404 of a provider that lists at once proves that a message never arrived."""
    if answer.status == 404 and lookup.not_found == "certain":
        return SendResult(OutcomeClass.NOT_SENT, f"{PROVIDER}_never_arrived")
    body = answer.json() if answer.accepted else {}
    verdict = description.statuses.get(look_at(body, lookup.status) or "")
    found = accepted(look_at(body, lookup.provider_id))
    if verdict is None or found.outcome is not OutcomeClass.ACCEPTED:
        return None
    if verdict is not Verdict.FAILED:
        return found
    code = safe_code(look_at(body, lookup.error_code), description)
    reason, unreachable = failure(code, description)
    return SendResult(OutcomeClass.REJECTED, reason, found.provider_message_id, unreachable=unreachable)


def failure(code: str | None, description: SmsProvider) -> tuple[str, bool]:
    """Why a message that was taken did not arrive, in a short word, and whether the number is out of reach."""
    if code is None:
        return f"{PROVIDER}_{Verdict.FAILED.value}", False
    row = description.error_table.get(code)
    return (f"{PROVIDER}_{code}_{row.words}", row.unreachable) if row else (f"{PROVIDER}_{code}", False)


def accepted(provider_id: str | None) -> SendResult:
    if provider_id is None or not 1 <= len(provider_id) <= ID_LIMIT_CHARACTERS:
        return SendResult(OutcomeClass.AMBIGUOUS, f"{PROVIDER}_answer_without_id")
    return SendResult(OutcomeClass.ACCEPTED, f"{PROVIDER}_accepted", provider_message_id=provider_id)


def safe_code(code: str | None, description: SmsProvider) -> str | None:
    """A code fit to stand in a reason. One that is in no table and looks like free text or a number to call is not."""
    if code is None or code in description.errors or code in description.answer.no_error:
        return code
    short_number = code.isascii() and code.isdigit() and len(code) <= 6
    word = code.isascii() and len(code) <= 40 and code[:1].isalpha() and code.replace("_", "").isalnum()
    return code if short_number or word else "unlisted"
