from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from pydantic import SecretStr, ValidationError

from services.notifier.channels import load_channel_settings
from services.notifier.channels.sms import echoed_message_id
from services.notifier.channels.whatsapp_twilio import (
    TWILIO_WHATSAPP_ERRORS,
    TwilioWhatsApp,
    TwilioWhatsAppSettings,
    without_sid,
)
from services.notifier.wording.whatsapp_templates import TemplateSpec
from shared.settings import BrokenConfiguration
from tests.support.letters import MESSAGE_ID, sms_letter, whatsapp_letter

SID = "HX" + "a" * 32
TABLE = {"es": {"hito_shipped": SID}}
ENVIRONMENT = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "s3cret",
    "TWILIO_WHATSAPP_FROM": "+34600000009",
    "NOTIFIER_PUBLIC_URL": "https://avisos.example",
}


def adapter(sender: str = "+34600000009") -> TwilioWhatsApp:
    return TwilioWhatsApp(
        TwilioWhatsAppSettings(
            twilio_account_sid=ENVIRONMENT["TWILIO_ACCOUNT_SID"],
            twilio_auth_token=SecretStr("token"),
            twilio_whatsapp_from=sender,
            twilio_whatsapp_templates=TABLE,
            notifier_public_url="https://avisos.example",
        )
    )


def form_of(sender: str = "+34600000009", parameters: tuple[str, ...] = ("GM-0001", "Faro")) -> dict[str, str]:
    letter = whatsapp_letter(parameters=parameters)
    return dict(parse_qsl(adapter(sender).prepare(letter).body.decode(), strict_parsing=True))


def test_a_template_goes_out_as_its_content_with_numbered_values() -> None:
    form = form_of()

    assert (form["To"], form["From"]) == ("whatsapp:+34600000001", "whatsapp:+34600000009")
    assert form["ContentSid"] == SID
    assert json.loads(form["ContentVariables"]) == {"1": "GM-0001", "2": "Faro"}
    assert echoed_message_id(form["StatusCallback"], ["token"]) == MESSAGE_ID
    assert form["StatusCallback"].startswith("https://avisos.example/receipts/twilio-whatsapp?")


def test_a_messaging_service_is_named_as_such() -> None:
    form = form_of("MG" + "a" * 32)

    assert form["MessagingServiceSid"] == "MG" + "a" * 32
    assert "From" not in form


def test_nothing_but_a_template_can_leave_so_no_window_can_close() -> None:
    assert "Body" not in form_of()
    with pytest.raises(ValueError, match="needs a template"):
        adapter().prepare(sms_letter())


def test_values_are_one_line_each() -> None:
    assert json.loads(form_of(parameters=("a\n\tb", "c     d"))["ContentVariables"]) == {"1": "a b", "2": "c d"}


def test_a_template_without_a_content_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"hito_lost \(es\) has no content SID"):
        adapter().prepare(whatsapp_letter(name="hito_lost"))


def test_each_template_that_the_table_lacks_is_named() -> None:
    specs = [
        TemplateSpec(name, tag, "UTILITY", "Va.", ()) for name in ("hito_shipped", "hito_lost") for tag in ("es", "en")
    ]

    assert without_sid(specs, TABLE) == (
        "template hito_shipped (en): no content SID",
        "template hito_lost (es): no content SID",
        "template hito_lost (en): no content SID",
    )


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    table = tmp_path / "sids.toml"
    table.write_text(f'[es]\nhito_shipped = "{SID}"\n')
    for name, value in {**ENVIRONMENT, "TWILIO_WHATSAPP_TEMPLATES": str(table)}.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_one_account_may_carry_whatsapp_alone(environment: pytest.MonkeyPatch) -> None:
    settings = load_channel_settings()

    assert list(settings) == ["twilio_whatsapp"]
    found = settings["twilio_whatsapp"]
    assert isinstance(found, TwilioWhatsAppSettings)
    assert found.twilio_whatsapp_templates == TABLE


@pytest.mark.parametrize("missing", ["TWILIO_WHATSAPP_FROM", "TWILIO_WHATSAPP_TEMPLATES", "TWILIO_AUTH_TOKEN"])
def test_half_of_it_is_refused_by_the_name_of_what_is_missing(environment: pytest.MonkeyPatch, missing: str) -> None:
    environment.delenv(missing)

    with pytest.raises(BrokenConfiguration, match=missing):
        load_channel_settings()


@pytest.mark.parametrize("content", ["[es]\nhito_shipped = ''", "[es]\nhito_shipped = 'SM12'", "hito = 1", "[", "\xff"])
def test_a_table_that_cannot_be_used_is_refused(environment: pytest.MonkeyPatch, tmp_path: Path, content: str) -> None:
    (tmp_path / "sids.toml").write_text(content, "latin-1")

    with pytest.raises(BrokenConfiguration, match="TWILIO_WHATSAPP_TEMPLATES"):
        load_channel_settings()


def test_a_table_that_is_not_there_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TWILIO_WHATSAPP_TEMPLATES", "/nowhere/sids.toml")

    with pytest.raises(BrokenConfiguration, match="TWILIO_WHATSAPP_TEMPLATES"):
        load_channel_settings()


def test_a_sender_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValidationError):
        adapter("whatsapp:+34600000009")


@pytest.mark.parametrize(
    ("code", "unreachable"),
    [(63003, True), (63024, True), (63016, False), (63018, False), (21211, True), (63041, False)],
)
def test_the_code_says_whether_whatsapp_reaches_the_number(code: int, unreachable: bool) -> None:
    assert TWILIO_WHATSAPP_ERRORS[code].unreachable is unreachable
