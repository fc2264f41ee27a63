"""Every channel there is, and who carries it. A new one is one file beside these and one line here.

A channel may have several providers. They stand in order of preference; the environment says which are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.notifier.channels import email, sms, sms_http, whatsapp, whatsapp_twilio
from services.notifier.channels.base import ChannelAdapter
from services.notifier.channels.email_settings import EmailSettings, SecondEmailSettings
from services.notifier.channels.settings import ChannelSettings, configured
from services.notifier.channels.whatsapp_twilio import TwilioWhatsAppSettings
from shared.contracts.vocabulary import Channel
from shared.settings import BrokenConfiguration

Adapters = Mapping[Channel, tuple[ChannelAdapter, ...]]


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """`open_adapter` takes settings of the class `settings` and connects to nothing yet."""

    provider: str
    channel: Channel
    settings: type[ChannelSettings]
    open_adapter: Callable[[Any], ChannelAdapter]


CHANNELS: tuple[ChannelKind, ...] = (
    ChannelKind("smtp", Channel.EMAIL, EmailSettings, email.open_adapter),
    ChannelKind("smtp_2", Channel.EMAIL, SecondEmailSettings, email.open_adapter),
    ChannelKind("twilio", Channel.SMS, sms.TwilioSettings, sms.open_adapter),
    ChannelKind("sms_http", Channel.SMS, sms_http.SmsHttpSettings, sms_http.open_adapter),
    ChannelKind("whatsapp", Channel.WHATSAPP, whatsapp.WhatsAppSettings, whatsapp.open_adapter),
    ChannelKind("twilio_whatsapp", Channel.WHATSAPP, TwilioWhatsAppSettings, whatsapp_twilio.open_adapter),
)


def load_channel_settings() -> dict[str, ChannelSettings]:
    """The settings of each provider that the environment configures, by its name.

    Raises BrokenConfiguration when a provider is configured by half, or none at all.
    """
    found = {kind.provider: settings for kind in CHANNELS if (settings := configured(kind.settings)) is not None}
    if not found:
        raise BrokenConfiguration("environment: no channel is configured; set SMTP_URL and EMAIL_FROM at least")
    return found


def installed(settings: Mapping[str, ChannelSettings]) -> frozenset[Channel]:
    """The channels that have a provider."""
    return frozenset(kind.channel for kind in CHANNELS if kind.provider in settings)


def open_adapters(settings: Mapping[str, ChannelSettings]) -> Adapters:
    """For each channel its adapters, the preferred one first."""
    opened: dict[Channel, tuple[ChannelAdapter, ...]] = {}
    for kind in CHANNELS:
        if kind.provider in settings:
            adapter = kind.open_adapter(settings[kind.provider])
            opened[kind.channel] = (*opened.get(kind.channel, ()), adapter)
    return opened


def adapters_by_provider(adapters: Adapters) -> dict[str, ChannelAdapter]:
    return {adapter.provider: adapter for of_channel in adapters.values() for adapter in of_channel}
