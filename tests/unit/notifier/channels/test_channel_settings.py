from __future__ import annotations

from datetime import timedelta

import pytest

from services.notifier.channels import adapters_by_provider, load_channel_settings, open_adapters
from services.notifier.channels.email import Email
from services.notifier.channels.email_settings import EmailSettings, SecondEmailSettings, read_smtp_url
from services.notifier.channels.settings import configured
from services.notifier.channels.sms import TwilioSettings
from services.notifier.channels.whatsapp import WhatsAppSettings
from shared.contracts.vocabulary import Channel
from shared.settings import BrokenConfiguration
from tests.support.mail_reports import BOUNCE_SECRET, TOPIC, SendGrid

EMAIL = {"SMTP_URL": "smtps://faro:s3cret@mail.example", "EMAIL_FROM": "pedidos@libreriafaro.example"}
TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "s3cret",
    "TWILIO_FROM": "+34600000000",
    "NOTIFIER_PUBLIC_URL": "https://avisos.example/",
}
WHATSAPP = {
    "WHATSAPP_PHONE_NUMBER_ID": "100000000000001",
    "WHATSAPP_ACCESS_TOKEN": "s3cret",
    "WHATSAPP_APP_SECRET": "s3cret",
    "WHATSAPP_VERIFY_TOKEN": "s3cret-word",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (*EMAIL, *TWILIO, *WHATSAPP):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def set_all(environment: pytest.MonkeyPatch, *groups: dict[str, str]) -> None:
    for group in groups:
        for name, value in group.items():
            environment.setenv(name, value)


async def test_only_what_is_configured_is_opened(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, EMAIL, TWILIO)

    adapters = open_adapters(load_channel_settings())

    assert set(adapters) == {Channel.EMAIL, Channel.SMS}
    for adapter in adapters_by_provider(adapters).values():
        await adapter.close()


def test_a_public_url_alone_is_no_wish_for_sms(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, EMAIL, {"NOTIFIER_PUBLIC_URL": "https://avisos.example"})

    assert set(load_channel_settings()) == {"smtp"}


@pytest.mark.parametrize("missing", [*EMAIL, *TWILIO, *WHATSAPP])
def test_half_a_channel_is_refused_by_the_name_of_what_is_missing(
    environment: pytest.MonkeyPatch, missing: str
) -> None:
    set_all(environment, EMAIL, TWILIO, WHATSAPP)
    environment.setenv(missing, "")

    with pytest.raises(BrokenConfiguration, match=missing):
        load_channel_settings()


def test_no_channel_at_all_is_refused(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(BrokenConfiguration, match="no channel is configured"):
        load_channel_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example:25"),
        ("SMTP_URL", "smtp://faro:s3cret@mail.example?starttls=perhaps"),
        ("SMTP_URL", "smtp://faro:s3cret@mail.example:port"),
        ("SMTP_URL", "https://faro:s3cret@mail.example"),
        ("EMAIL_FROM", "Librería Faro <pedidos@libreriafaro.example>"),
        ("EMAIL_BOUNCE_SECRET", "s3cret"),
        ("SES_CONFIGURATION_SET", "two words"),
        ("SES_TOPIC_ARNS", "arn:aws:sqs:eu-west-1:123456789012:hito"),
        ("SENDGRID_WEBHOOK_KEY", "AAAA"),
        ("TWILIO_ACCOUNT_SID", "AC123"),
        ("TWILIO_FROM", "a name that is too long"),
        ("TWILIO_URL", "https://api.twilio.com?x=1"),
        ("TWILIO_DEADLINE", "0"),
        ("WHATSAPP_PHONE_NUMBER_ID", "+34600000000"),
        ("WHATSAPP_VERIFY_TOKEN", "short"),
    ],
)
def test_a_wrong_variable_is_named_and_no_secret_is_told(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    set_all(environment, EMAIL, TWILIO, WHATSAPP)
    environment.setenv(name, value)

    with pytest.raises(BrokenConfiguration, match=name) as refused:
        load_channel_settings()

    assert "s3cret" not in str(refused.value)


def test_printing_settings_shows_no_secret(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, EMAIL, TWILIO, WHATSAPP)

    assert "s3cret" not in repr(load_channel_settings())


@pytest.mark.parametrize(("written", "read"), [("45", 45), ("PT1M", 60), ("00:02:00", 120)])
def test_a_deadline_may_be_seconds_or_a_duration(environment: pytest.MonkeyPatch, written: str, read: int) -> None:
    set_all(environment, TWILIO, {"TWILIO_DEADLINE": written})
    settings = configured(TwilioSettings)

    assert settings is not None
    assert settings.twilio_deadline == timedelta(seconds=read)


def test_the_token_before_the_rotation_is_accepted_after_the_new_one(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, TWILIO, WHATSAPP)
    environment.setenv("TWILIO_AUTH_TOKEN_PREVIOUS", "older")
    environment.setenv("WHATSAPP_APP_SECRET_PREVIOUS", "older")
    twilio, whatsapp = configured(TwilioSettings), configured(WhatsAppSettings)

    assert twilio is not None
    assert whatsapp is not None
    assert twilio.auth_tokens == whatsapp.app_secrets == ("s3cret", "older")


@pytest.mark.parametrize(
    ("url", "start_tls"),
    [
        ("smtp://mailpit:1025", None),
        ("smtp://faro:s3cret@mail.example", True),
        ("smtp://faro:s3cret@mail.example?starttls=auto", None),
        ("smtp://faro:s3cret@mail.example?starttls=off", False),
        ("smtps://faro:s3cret@mail.example", False),
    ],
)
def test_a_password_is_only_sent_in_the_clear_when_somebody_says_so(url: str, start_tls: bool | None) -> None:
    server = read_smtp_url(url, "faro.example", timedelta(seconds=1))

    assert server.start_tls is start_tls
    assert server.tls is url.startswith("smtps")


def test_user_and_password_may_hold_any_character_when_quoted() -> None:
    server = read_smtp_url("smtp://faro%40mail.example:a%2Fb%3A@mail.example", "x.example", timedelta(seconds=1))

    assert (server.username, server.password, server.port) == ("faro@mail.example", "a/b:", 587)


def test_a_server_may_take_ten_minutes_for_the_final_dot(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, EMAIL)
    settings = configured(EmailSettings)

    assert settings is not None
    assert settings.smtp_final_dot_deadline == timedelta(minutes=10)


def test_a_second_relay_shares_the_sender_and_has_reports_of_its_own(environment: pytest.MonkeyPatch) -> None:
    first = {**EMAIL, "SES_CONFIGURATION_SET": "hito", "EMAIL_BOUNCE_SECRET": BOUNCE_SECRET}
    set_all(environment, first, {"SMTP_URL_2": "smtp://relay.example", "SES_TOPIC_ARNS_2": TOPIC})
    one, two = configured(EmailSettings), configured(SecondEmailSettings)

    assert one is not None
    assert two is not None
    assert (one.provider, two.provider) == ("smtp", "smtp_2")
    assert two.smtp_url.get_secret_value() == "smtp://relay.example"
    assert (two.email_from, two.bounce_secrets) == (one.email_from, one.bounce_secrets)
    assert (one.ses_configuration_set, two.ses_configuration_set) == ("hito", None)
    assert (one.topic_arns, two.topic_arns) == ((), (TOPIC,))


def test_one_relay_is_no_wish_for_two(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, EMAIL)

    assert configured(SecondEmailSettings) is None


def test_a_wrong_second_relay_is_named(environment: pytest.MonkeyPatch) -> None:
    set_all(environment, EMAIL, {"SMTP_URL_2": "relay.example"})

    with pytest.raises(BrokenConfiguration, match="SMTP_URL_2"):
        configured(SecondEmailSettings)


@pytest.mark.parametrize(
    ("name", "value"), [("SES_CONFIGURATION_SET", "hito"), ("SENDGRID_WEBHOOK_KEY", SendGrid().public_key), ("", "")]
)
def test_a_relay_echoes_our_id_once_it_is_set_up_to_report(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    set_all(environment, EMAIL, {name: value} if name else {})
    settings = configured(EmailSettings)

    assert settings is not None
    assert Email(settings).echo is bool(name)
