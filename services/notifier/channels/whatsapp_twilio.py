"""WhatsApp through Twilio: the same approved templates, each known there by the SID of its content.

As with the Cloud API nothing but templates can leave, so the 24-hour window never matters. Twilio knows no idempotency
key; our message id travels in the StatusCallback, as it does with SMS. Source: twilio.com/docs/whatsapp,
twilio.com/docs/content, twilio.com/docs/api/errors.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_settings import NoDecode

from services.notifier.channels.base import Letter, OutcomeClass, ProviderError, Request, SendResult
from services.notifier.channels.clean_text import clean_line
from services.notifier.channels.http import open_client
from services.notifier.channels.sms import TWILIO_ERRORS, TwilioAccountSettings, callback_url, create_message
from services.notifier.channels.whatsapp import pace_of
from services.notifier.wording.whatsapp_templates import TemplateSpec
from shared.contracts.vocabulary import Channel

PROVIDER = "twilio_whatsapp"
RECEIPTS_PATH = "/receipts/twilio-whatsapp"
VARIABLE_LIMIT_CHARACTERS = 1024
_TABLE_LIMIT_BYTES = 1024 * 1024

_RATE = ("rate_limit", OutcomeClass.THROTTLED)
TWILIO_WHATSAPP_ERRORS: Mapping[int, ProviderError] = {
    **TWILIO_ERRORS,
    21654: ProviderError("content_sid_unknown"),
    21655: ProviderError("content_sid_invalid"),
    21656: ProviderError("content_variables_invalid"),
    21658: ProviderError("content_variables_too_many"),
    # The number.
    63003: ProviderError("not_on_whatsapp", unreachable=True),
    63024: ProviderError("undeliverable", unreachable=True),
    63031: ProviderError("to_is_sender", unreachable=True),
    63032: ProviderError("user_limited", unreachable=True),
    63033: ProviderError("blocked_by_user", unreachable=True),
    # The account or the sender: somebody has to mend it.
    63001: ProviderError("channel_authentication", OutcomeClass.NOT_SENT),
    63002: ProviderError("from_not_found"),
    63007: ProviderError("from_not_found"),
    63008: ProviderError("channel_misconfigured"),
    63020: ProviderError("invitation_not_accepted"),
    63022: ProviderError("display_name_not_approved"),
    63035: ProviderError("operation_not_permitted"),
    63051: ProviderError("account_restricted"),
    63112: ProviderError("account_disabled"),
    # The provider behind Twilio.
    63009: ProviderError("channel_fault"),
    63010: ProviderError("channel_fault"),
    63012: ProviderError("channel_fault"),
    63018: ProviderError(*_RATE),
    63023: ProviderError("channel_fault"),
    63038: ProviderError("daily_limit"),
    63049: ProviderError("withheld_by_meta"),
    # The message: what we sent was not what the template wants.
    63005: ProviderError("content_refused"),
    63006: ProviderError("content_unfit"),
    63011: ProviderError("request_invalid"),
    63013: ProviderError("against_policy"),
    63014: ProviderError("blocked_by_user_action", unreachable=True),
    63016: ProviderError("window_closed"),
    63019: ProviderError("media_not_downloaded"),
    63021: ProviderError("content_invalid"),
    63025: ProviderError("media_type_unsupported"),
    63027: ProviderError("template_missing"),
    63028: ProviderError("parameter_count_mismatch"),
    63029: ProviderError("template_not_downloaded"),
    63030: ProviderError("parameter_unsupported"),
    63040: ProviderError("template_rejected"),
    63041: ProviderError("template_paused"),
    63042: ProviderError("template_disabled"),
}

ContentSid = Annotated[str, StringConstraints(pattern=r"^HX[0-9a-fA-F]{32}$")]
SidTable = dict[str, dict[str, ContentSid]]


def _read_table(path: object) -> object:
    """The TOML file behind a path: a table for each language, a SID for each template. Raises ValueError."""
    if not isinstance(path, str | Path):
        return path
    try:
        with Path(path).open("rb") as file:
            return tomllib.loads(file.read(_TABLE_LIMIT_BYTES).decode())
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as TOML: {type(error).__name__}") from error


class TwilioWhatsAppSettings(TwilioAccountSettings):
    """`TWILIO_WHATSAPP_FROM` is a number (E.164) or a messaging service (MG...).

    `TWILIO_WHATSAPP_TEMPLATES` is a TOML file that names the content SID of each template;
    `python -m services.notifier templates sids` prints it.
    """

    no_sign = frozenset({"NOTIFIER_PUBLIC_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"})
    twilio_whatsapp_from: str = Field(pattern=r"^(\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32})$")
    twilio_whatsapp_templates: Annotated[SidTable, NoDecode, BeforeValidator(_read_table)]


class TwilioWhatsApp:
    channel = Channel.WHATSAPP
    provider = PROVIDER
    idempotency_window: timedelta | None = None
    echo = True
    lookup = False
    pace = pace_of(80)

    def __init__(self, settings: TwilioWhatsAppSettings) -> None:
        self.number = settings.twilio_whatsapp_from
        self._settings = settings
        self._client = open_client(settings.twilio_deadline)

    def prepare(self, letter: Letter) -> Request:
        call = letter.rendered.template
        if call is None:
            raise ValueError("a WhatsApp message needs a template")
        sid = self._settings.twilio_whatsapp_templates.get(call.language.replace("-", "_"), {}).get(call.name)
        if sid is None:
            raise ValueError(f"template {call.name} ({call.language}) has no content SID")
        values = [clean_line(value, VARIABLE_LIMIT_CHARACTERS) for value in call.parameters]
        by_service = re.match(r"MG", self.number)
        form = [
            ("To", f"whatsapp:{letter.address}"),
            ("MessagingServiceSid", self.number) if by_service else ("From", f"whatsapp:{self.number}"),
            ("ContentSid", sid),
            ("ContentVariables", _as_json({str(number): value for number, value in enumerate(values, 1)})),
            ("StatusCallback", callback_url(self._settings, RECEIPTS_PATH, letter.message_id)),
        ]
        return Request(letter.address, urlencode(form).encode())

    async def send(self, request: Request, message_id: UUID) -> SendResult:
        return await create_message(self._client, self._settings, request.body, PROVIDER, TWILIO_WHATSAPP_ERRORS)

    async def look_up(self, message_id: UUID, request: Request) -> SendResult | None:
        return None

    async def close(self) -> None:
        await self._client.aclose()


def open_adapter(settings: TwilioWhatsAppSettings) -> TwilioWhatsApp:
    return TwilioWhatsApp(settings)


def without_sid(specs: Iterable[TemplateSpec], table: SidTable) -> tuple[str, ...]:
    """One line for each template that we may call and that the table does not name."""
    return tuple(
        f"template {spec.name} ({spec.language}): no content SID"
        for spec in specs
        if spec.name not in table.get(spec.language, {})
    )


def _as_json(values: Mapping[str, str]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
