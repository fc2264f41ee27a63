from __future__ import annotations

from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from pydantic import SecretStr

from services.notifier.channels.base import OutcomeClass
from services.notifier.channels.http import Answer
from services.notifier.channels.sms import TwilioSettings, TwilioSms, echoed_message_id, read_answer
from tests.support.letters import MESSAGE_ID, sms_letter

SID = "AC" + "0" * 32


def twilio(sender: str = "+34600000000", token: str = "token") -> TwilioSms:
    return TwilioSms(
        TwilioSettings(
            twilio_account_sid=SID,
            twilio_auth_token=SecretStr(token),
            twilio_from=sender,
            notifier_public_url="https://avisos.example",
        )
    )


def form_of(adapter: TwilioSms, text: str = "Hola") -> dict[str, str]:
    return dict(parse_qsl(adapter.prepare(sms_letter(text=text)).body.decode(), strict_parsing=True))


def test_a_number_sends_as_itself() -> None:
    form = form_of(twilio())

    assert (form["To"], form["From"], form["Body"]) == ("+34600000001", "+34600000000", "Hola")


@pytest.mark.parametrize(
    ("sender", "field"), [("MG" + "a" * 32, "MessagingServiceSid"), ("LibFaro", "From"), ("22395", "From")]
)
def test_a_messaging_service_is_named_as_such(sender: str, field: str) -> None:
    assert form_of(twilio(sender))[field] == sender


def test_every_message_has_a_callback_address_of_its_own() -> None:
    callback = form_of(twilio())["StatusCallback"]

    assert callback.startswith(f"https://avisos.example/receipts/twilio?m={MESSAGE_ID}&s=")
    assert echoed_message_id(callback, ["newer", "token"]) == MESSAGE_ID


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace(str(MESSAGE_ID), str(UUID(int=1))),
        lambda url: url[:-1] + ("A" if url[-1] != "A" else "B"),
        lambda url: url.partition("&")[0],
        lambda url: url.replace("m=", "n="),
        lambda url: url.replace(str(MESSAGE_ID), "no-id"),
    ],
)
def test_an_id_that_we_did_not_give_out_is_no_echo(change: object) -> None:
    callback = form_of(twilio())["StatusCallback"]
    assert callable(change)

    assert echoed_message_id(change(callback), ["token"]) is None


def test_text_is_cleaned_and_an_empty_one_refused() -> None:
    assert form_of(twilio(), "Hola\x00\u202e\r\nadiós ")["Body"] == "Hola\nadiós"
    with pytest.raises(ValueError, match="without text"):
        twilio().prepare(sms_letter(text="\x00"))


@pytest.mark.parametrize(
    ("status", "body", "outcome", "reason", "unreachable"),
    [
        (400, b'{"code": 21211}', OutcomeClass.REJECTED, "twilio_21211_invalid_number", True),
        (400, b'{"code": 21610}', OutcomeClass.REJECTED, "twilio_21610_opted_out", True),
        (400, b'{"code": 21617}', OutcomeClass.REJECTED, "twilio_21617_body_too_long", False),
        (400, b'{"code": 99999}', OutcomeClass.REJECTED, "twilio_400_99999", False),
        (400, b"not json", OutcomeClass.REJECTED, "twilio_400", False),
        (401, b'{"code": 20003}', OutcomeClass.NOT_SENT, "twilio_20003_authentication", False),
        (429, b'{"code": 20429}', OutcomeClass.THROTTLED, "twilio_20429_too_many_requests", False),
        (429, b'{"code": 21611}', OutcomeClass.THROTTLED, "twilio_21611_sender_queue_full", False),
        (500, b'{"code": 21211}', OutcomeClass.AMBIGUOUS, "twilio_500", False),
        (503, b'{"code": 20503}', OutcomeClass.NOT_SENT, "twilio_503_20503", False),
        (201, b'{"sid": "SMnope"}', OutcomeClass.AMBIGUOUS, "twilio_answer_without_id", False),
        (201, b'{"sid": ["SM"]}', OutcomeClass.AMBIGUOUS, "twilio_answer_without_id", False),
        (201, b'["sid"]', OutcomeClass.AMBIGUOUS, "twilio_answer_without_id", False),
        (201, b"[" * 60_000, OutcomeClass.AMBIGUOUS, "twilio_answer_without_id", False),
    ],
)
def test_what_twilio_answers_has_one_meaning(
    status: int, body: bytes, outcome: OutcomeClass, reason: str, unreachable: bool
) -> None:
    result = read_answer(Answer(status, body, None))

    assert (result.outcome, result.reason, result.unreachable) == (outcome, reason, unreachable)


def test_the_sid_of_an_accepted_message_is_kept() -> None:
    result = read_answer(Answer(201, b'{"sid": "SM' + b"a" * 32 + b'"}', None))

    assert (result.outcome, result.provider_message_id) == (OutcomeClass.ACCEPTED, "SM" + "a" * 32)
