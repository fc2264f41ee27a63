"""WhatsApp through Meta's Cloud API: approved templates only, so that a buyer hears from us at any hour of the order.

Free text may only follow within 24 hours on what a buyer wrote. Nothing here can send any, so there is no window to
keep track of, and 131047 (window closed) would be a fault of ours.

The API knows no idempotency key: our message id travels in `biz_opaque_callback_data`, which Meta hands back with each
status. Source: developers.facebook.com/documentation/business-messaging/whatsapp (messages, error codes, webhooks).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import Field, SecretStr

from services.notifier.channels.base import Letter, OutcomeClass, Pace, ProviderError, Request, SendResult
from services.notifier.channels.clean_text import clean_line
from services.notifier.channels.http import Answer, open_client, post, refusal
from services.notifier.channels.settings import BaseUrl, ChannelSettings, Deadline
from shared.contracts.vocabulary import Channel

PROVIDER = "whatsapp"
PARAMETER_LIMIT_CHARACTERS = 1024

_NO_ACCESS = ProviderError("no_access", OutcomeClass.NOT_SENT)
_RATE_LIMIT = ProviderError("rate_limit", OutcomeClass.THROTTLED)
WHATSAPP_ERRORS: Mapping[int, ProviderError] = {
    # A token that ran out or lacks a permission is ours to mend: nothing was sent, the message can wait.
    0: _NO_ACCESS,
    3: _NO_ACCESS,
    10: _NO_ACCESS,
    190: _NO_ACCESS,
    **dict.fromkeys(range(200, 300), _NO_ACCESS),
    4: _RATE_LIMIT,
    80007: _RATE_LIMIT,
    130429: _RATE_LIMIT,
    131048: ProviderError("spam_rate_limit", OutcomeClass.THROTTLED),
    131056: ProviderError("too_many_to_this_user", OutcomeClass.THROTTLED),
    131057: ProviderError("account_in_maintenance", OutcomeClass.NOT_SENT),
    133016: ProviderError("sender_rate_limit", OutcomeClass.THROTTLED),
    131016: ProviderError("service_overloaded", OutcomeClass.NOT_SENT),
    # The number: WhatsApp does not reach it, or may not.
    130472: ProviderError("user_in_experiment", unreachable=True),
    130497: ProviderError("country_restricted", unreachable=True),
    131021: ProviderError("to_is_sender", unreachable=True),
    131026: ProviderError("undeliverable", unreachable=True),
    131030: ProviderError("to_not_allowed", unreachable=True),
    131050: ProviderError("opted_out", unreachable=True),
    # The account or the sender: somebody has to mend it, and other channels go on meanwhile.
    1: ProviderError("unknown_api_error"),
    2: ProviderError("service_down", OutcomeClass.NOT_SENT),
    33: ProviderError("sender_deleted"),
    368: ProviderError("account_restricted"),
    131005: ProviderError("access_denied"),
    131031: ProviderError("account_locked"),
    131037: ProviderError("display_name_not_approved"),
    131042: ProviderError("payment_problem"),
    131045: ProviderError("sender_not_registered"),
    133000: ProviderError("sender_being_removed"),
    133004: ProviderError("service_down", OutcomeClass.NOT_SENT),
    133005: ProviderError("wrong_pin"),
    133006: ProviderError("sender_not_verified"),
    133008: ProviderError("too_many_pins"),
    133009: ProviderError("pins_too_fast"),
    133010: ProviderError("sender_not_registered"),
    133015: ProviderError("sender_deleted_lately"),
    134011: ProviderError("payment_terms_not_accepted"),
    # The message: what we sent was not what the template wants.
    100: ProviderError("invalid_parameter"),
    131000: ProviderError("unknown_error"),
    131008: ProviderError("parameter_missing"),
    131009: ProviderError("parameter_invalid"),
    131047: ProviderError("window_closed"),
    131049: ProviderError("withheld_by_meta"),
    131051: ProviderError("message_type_unsupported"),
    131052: ProviderError("media_not_downloaded"),
    131053: ProviderError("media_not_uploaded"),
    132000: ProviderError("parameter_count_mismatch"),
    132001: ProviderError("template_missing"),
    132005: ProviderError("text_too_long"),
    132007: ProviderError("template_against_policy"),
    132012: ProviderError("parameter_format_mismatch"),
    132015: ProviderError("template_paused"),
    132016: ProviderError("template_disabled"),
    132018: ProviderError("parameter_unfit"),
    132068: ProviderError("flow_blocked"),
    132069: ProviderError("flow_throttled", OutcomeClass.THROTTLED),
    135000: ProviderError("generic_user_error"),
}


class WhatsAppSettings(ChannelSettings):
    """From the app dashboard of Meta. `WHATSAPP_VERIFY_TOKEN` is a word of your own, entered there as well."""

    whatsapp_phone_number_id: str = Field(pattern=r"^[0-9]{5,20}$")
    whatsapp_access_token: SecretStr = Field(min_length=1)
    whatsapp_app_secret: SecretStr = Field(min_length=1)
    whatsapp_app_secret_previous: SecretStr | None = None
    """The secret before the last rotation: statuses signed with it are accepted."""
    whatsapp_verify_token: SecretStr = Field(min_length=8)
    whatsapp_business_account_id: str | None = Field(default=None, pattern=r"^[0-9]{5,20}$")
    """When set, `send` compares all templates with what Meta approved for this account, and starts only if they fit."""
    whatsapp_url: BaseUrl = "https://graph.facebook.com/v25.0"
    """With the version: v25.0 is served until 2028-07-29 (developers.facebook.com/docs/graph-api/changelog)."""
    whatsapp_deadline: Deadline = timedelta(seconds=30)
    whatsapp_messages_per_second: int = Field(default=80, ge=1, le=1000)
    """What Meta allows this number: 80, and up to 1,000 once it was upgraded (its page on messaging limits)."""

    @property
    def app_secrets(self) -> tuple[str, ...]:
        """Newest first."""
        given = (self.whatsapp_app_secret, self.whatsapp_app_secret_previous)
        return tuple(secret.get_secret_value() for secret in given if secret is not None)


def pace_of(messages_per_second: int) -> Pace:
    """At most a tenth of a second's messages at once; and Meta's pair rate limit: one to one user in six seconds."""
    burst = max(1, messages_per_second // 10)
    return Pace(number_per_second=messages_per_second, per_recipient=timedelta(seconds=6), burst=burst)


class WhatsAppCloud:
    channel = Channel.WHATSAPP
    provider = PROVIDER
    idempotency_window: timedelta | None = None
    echo = True
    lookup = False

    def __init__(self, settings: WhatsAppSettings) -> None:
        self.number = settings.whatsapp_phone_number_id
        self.pace = pace_of(settings.whatsapp_messages_per_second)
        self._settings = settings
        self._client = open_client(settings.whatsapp_deadline)

    def prepare(self, letter: Letter) -> Request:
        call = letter.rendered.template
        if call is None:
            raise ValueError("a WhatsApp message needs a template")
        texts = [clean_line(value, PARAMETER_LIMIT_CHARACTERS) for value in call.parameters]
        template: dict[str, Any] = {"name": call.name, "language": {"code": call.language.replace("-", "_")}}
        if texts:
            parameters = [{"type": "text", "text": text} for text in texts]
            template["components"] = [{"type": "body", "parameters": parameters}]
        message = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": letter.address,
            "type": "template",
            "template": template,
            "biz_opaque_callback_data": str(letter.message_id),
        }
        return Request(letter.address, json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())

    async def send(self, request: Request, message_id: UUID) -> SendResult:
        settings = self._settings
        answer = await post(
            self._client,
            PROVIDER,
            f"{settings.whatsapp_url}/{settings.whatsapp_phone_number_id}/messages",
            request.body,
            {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {settings.whatsapp_access_token.get_secret_value()}",
            },
            settings.whatsapp_deadline,
        )
        return answer if isinstance(answer, SendResult) else read_answer(answer)

    async def look_up(self, message_id: UUID, request: Request) -> SendResult | None:
        return None

    async def close(self) -> None:
        await self._client.aclose()


def open_adapter(settings: WhatsAppSettings) -> WhatsAppCloud:
    return WhatsAppCloud(settings)


def read_answer(answer: Answer) -> SendResult:
    body = answer.json()
    if not answer.accepted:
        error = body.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        return refusal(PROVIDER, answer, code if isinstance(code, int) else None, WHATSAPP_ERRORS)
    messages = body.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    wamid = first.get("id") if isinstance(first, dict) else None
    if not isinstance(wamid, str) or not 1 <= len(wamid) <= 200:
        return SendResult(OutcomeClass.AMBIGUOUS, "whatsapp_answer_without_id")
    return SendResult(OutcomeClass.ACCEPTED, "whatsapp_accepted", provider_message_id=wamid)
