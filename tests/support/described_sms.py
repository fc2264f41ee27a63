"""SMS providers told as data; a test says only what differs from the one that promises everything."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from services.notifier.channels.sms_http import HttpSms, SmsHttpSettings
from services.notifier.channels.sms_http_description import SmsProvider

EXAMPLE = Path("config/sms/example.toml")
SECRET = "s3cret"
RECEIPT_SECRET = "s3cret-of-receipts"


def told(**changes: Any) -> dict[str, Any]:
    """The example file as read. A change of None takes the part away; a table is merged into the one that is there."""
    whole = tomllib.loads(EXAMPLE.read_text("utf-8"))
    for name, change in changes.items():
        if change is None:
            del whole[name]
        else:
            whole[name] = {**whole[name], **change} if isinstance(change, Mapping) and name in whole else change
    return whole


def described(**changes: Any) -> SmsProvider:
    return SmsProvider.model_validate(told(**changes))


def settings_for(description: SmsProvider) -> SmsHttpSettings:
    return SmsHttpSettings(
        sms_http_config=description,
        sms_http_secret=SecretStr(SECRET),
        sms_http_from="+34600000000",
        notifier_public_url="https://avisos.example",
        sms_http_receipt_secret=SecretStr(RECEIPT_SECRET),
    )


def an_adapter(**changes: Any) -> HttpSms:
    return HttpSms(settings_for(described(**changes)))
