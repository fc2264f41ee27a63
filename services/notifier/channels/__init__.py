"""Every channel there is. A new one is one file beside these and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.notifier.channels import email, sms, sms_http, whatsapp
from services.notifier.channels.base import ChannelAdapter
from services.notifier.channels.settings import ChannelSettings, configured
from shared.contracts.vocabulary import Channel
from shared.settings import BrokenConfiguration


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """`open_adapter` takes settings of the class `settings` and connects to nothing yet."""

    channel: Channel
    settings: type[ChannelSettings]
    open_adapter: Callable[[Any], ChannelAdapter]


CHANNELS: tuple[ChannelKind, ...] = (
    ChannelKind(Channel.EMAIL, email.EmailSettings, email.open_adapter),
    ChannelKind(Channel.SMS, sms.TwilioSettings, sms.open_adapter),
    ChannelKind(Channel.SMS, sms_http.SmsHttpSettings, sms_http.open_adapter),
    ChannelKind(Channel.WHATSAPP, whatsapp.WhatsAppSettings, whatsapp.open_adapter),
)


def load_channel_settings() -> dict[Channel, ChannelSettings]:
    """The channels that the environment configures.

    Raises BrokenConfiguration when a channel is configured by half, or none at all.
    """
    found = {kind.channel: settings for kind in CHANNELS if (settings := configured(kind.settings)) is not None}
    if not found:
        raise BrokenConfiguration("environment: no channel is configured; set SMTP_URL and EMAIL_FROM at least")
    return found


def open_adapters(settings: Mapping[Channel, ChannelSettings]) -> dict[Channel, ChannelAdapter]:
    """An adapter for each channel that has settings."""
    return {
        kind.channel: kind.open_adapter(settings[kind.channel])
        for kind in CHANNELS
        if isinstance(settings.get(kind.channel), kind.settings)
    }
