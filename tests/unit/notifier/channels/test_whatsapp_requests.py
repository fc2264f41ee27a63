from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from services.notifier.channels.base import OutcomeClass
from services.notifier.channels.http import Answer
from services.notifier.channels.whatsapp import WhatsAppCloud, WhatsAppSettings, read_answer
from services.notifier.wording.whatsapp_templates import TemplateCall
from tests.support.letters import MESSAGE_ID, sms_letter, whatsapp_letter


@pytest.fixture
def cloud() -> WhatsAppCloud:
    return WhatsAppCloud(
        WhatsAppSettings(
            whatsapp_phone_number_id="100000000000001",
            whatsapp_access_token=SecretStr("token"),
            whatsapp_app_secret=SecretStr("secret"),
            whatsapp_verify_token=SecretStr("a-word-of-ours"),
        )
    )


def test_a_template_message_has_the_shape_that_meta_documents(cloud: WhatsAppCloud) -> None:
    message = json.loads(cloud.prepare(whatsapp_letter()).body)

    assert message == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+34600000001",
        "type": "template",
        "template": {
            "name": "hito_shipped",
            "language": {"code": "es"},
            "components": [
                {
                    "type": "body",
                    "parameters": [
                        {"type": "text", "text": "GM-0001"},
                        {"type": "text", "text": "Mensajería Faro"},
                    ],
                }
            ],
        },
        "biz_opaque_callback_data": str(MESSAGE_ID),
    }


def test_nothing_but_a_template_can_leave_so_no_window_can_close(cloud: WhatsAppCloud) -> None:
    """Meta's 131047 answers free text that comes more than 24 hours after a buyer wrote; we have none to send."""
    with pytest.raises(ValueError, match="needs a template"):
        cloud.prepare(sms_letter())
    assert json.loads(cloud.prepare(whatsapp_letter()).body)["type"] == "template"


def test_parameters_hold_nothing_that_meta_refuses(cloud: WhatsAppCloud) -> None:
    message = json.loads(cloud.prepare(whatsapp_letter(parameters=("uno\ndos\ttres     cuatro\x00", "x" * 2000))).body)

    first, second = message["template"]["components"][0]["parameters"]
    assert first["text"] == "uno dos tres cuatro"
    assert len(second["text"]) == 1024


def test_a_template_without_parameters_has_no_components(cloud: WhatsAppCloud) -> None:
    assert "components" not in json.loads(cloud.prepare(whatsapp_letter(parameters=())).body)["template"]


def test_a_locale_is_written_as_meta_writes_it(cloud: WhatsAppCloud) -> None:
    letter = whatsapp_letter()
    argentine = replace(letter.rendered, template=TemplateCall("hito_shipped", "es-AR", ()))

    body = json.loads(cloud.prepare(replace(letter, rendered=argentine)).body)

    assert body["template"]["language"] == {"code": "es_AR"}


def test_free_text_is_refused(cloud: WhatsAppCloud) -> None:
    letter = whatsapp_letter()
    with pytest.raises(ValueError, match="needs a template"):
        cloud.prepare(replace(letter, rendered=replace(letter.rendered, template=None)))


def error(code: object) -> bytes:
    return json.dumps({"error": {"code": code}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "outcome", "reason", "unreachable"),
    [
        (400, error(131026), OutcomeClass.REJECTED, "whatsapp_131026_undeliverable", True),
        (400, error(131047), OutcomeClass.REJECTED, "whatsapp_131047_window_closed", False),
        (400, error(132000), OutcomeClass.REJECTED, "whatsapp_132000_parameter_count_mismatch", False),
        (404, error(132001), OutcomeClass.REJECTED, "whatsapp_132001_template_missing", False),
        (400, error(130429), OutcomeClass.THROTTLED, "whatsapp_130429_rate_limit", False),
        (400, error(131056), OutcomeClass.THROTTLED, "whatsapp_131056_too_many_to_this_user", False),
        (400, error(80007), OutcomeClass.THROTTLED, "whatsapp_80007_rate_limit", False),
        (401, error(190), OutcomeClass.NOT_SENT, "whatsapp_190_no_access", False),
        (403, error(200), OutcomeClass.NOT_SENT, "whatsapp_200_no_access", False),
        (403, b"", OutcomeClass.NOT_SENT, "whatsapp_403", False),
        (500, error(131000), OutcomeClass.AMBIGUOUS, "whatsapp_500", False),
        (408, b"", OutcomeClass.AMBIGUOUS, "whatsapp_408", False),
        (302, b"", OutcomeClass.AMBIGUOUS, "whatsapp_302", False),
        (400, error("131026"), OutcomeClass.REJECTED, "whatsapp_400", False),
        (400, b'{"error": "no object"}', OutcomeClass.REJECTED, "whatsapp_400", False),
        (200, b'{"messages": []}', OutcomeClass.AMBIGUOUS, "whatsapp_answer_without_id", False),
        (200, b'{"messages": [{"id": ""}]}', OutcomeClass.AMBIGUOUS, "whatsapp_answer_without_id", False),
        (200, b'{"messages": {"id": "x"}}', OutcomeClass.AMBIGUOUS, "whatsapp_answer_without_id", False),
    ],
)
def test_what_meta_answers_has_one_meaning(
    status: int, body: bytes, outcome: OutcomeClass, reason: str, unreachable: bool
) -> None:
    result = read_answer(Answer(status, body, None))

    assert (result.outcome, result.reason, result.unreachable) == (outcome, reason, unreachable)


def test_the_wamid_of_an_accepted_message_is_kept() -> None:
    answer: dict[str, Any] = {"messages": [{"id": "wamid.HBg", "message_status": "held_for_quality_assessment"}]}

    result = read_answer(Answer(200, json.dumps(answer).encode(), None))

    assert (result.outcome, result.provider_message_id) == (OutcomeClass.ACCEPTED, "wamid.HBg")
