"""An SMS provider is a file: what it says is checked at start, kept to when sending, and never stretched."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.notifier.channels.base import OutcomeClass
from services.notifier.channels.http import Answer
from services.notifier.channels.settings import configured
from services.notifier.channels.sms_http import SmsHttpSettings, credentials, read_answer
from services.notifier.channels.sms_http_description import Auth, read_description
from shared.settings import BrokenConfiguration
from tests.support.described_sms import EXAMPLE, an_adapter, described, told
from tests.support.letters import MESSAGE_ID, sms_letter

ENVIRONMENT = {
    "SMS_HTTP_CONFIG": str(EXAMPLE),
    "SMS_HTTP_SECRET": "s3cret",
    "SMS_HTTP_FROM": "+34600000000",
    "SMS_HTTP_RECEIPT_SECRET": "s3cret-of-receipts",
    "NOTIFIER_PUBLIC_URL": "https://avisos.example",
}

WITHOUT_ID = {"to": "{to}", "text": "{text}"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize("path", sorted(Path("config/sms").glob("*.toml")), ids=lambda path: path.name)
def test_every_description_that_comes_with_hito_can_be_used(path: Path) -> None:
    assert read_description(path).send.body


def test_what_the_file_promises_is_what_the_adapter_promises() -> None:
    adapter = an_adapter()

    assert (adapter.idempotency_window, adapter.lookup, adapter.echo) == (timedelta(hours=24), True, True)


def test_what_the_file_does_not_promise_is_not_relied_on() -> None:
    adapter = an_adapter(idempotency=None, lookup=None, receipts=None)

    assert (adapter.idempotency_window, adapter.lookup, adapter.echo) == (None, False, False)


def test_the_body_is_the_one_of_the_file_with_its_blanks_filled_in() -> None:
    body = json.loads(an_adapter().prepare(sms_letter(text="Hola")).body)

    assert body == {
        "to": "+34600000001",
        "from": "+34600000000",
        "text": "Hola",
        "reference": str(MESSAGE_ID),
        "callback_url": "https://avisos.example/receipts/sms-http",
    }


def test_a_body_may_be_nested_and_a_form_is_encoded() -> None:
    nested = {"messages": [{"to": {"number": "{to_digits}"}, "text": "{text}", "flash": False}], "id": "{message_id}"}
    send = {**told()["send"], "body": nested}
    form = {"path": "/sms", "format": "form", "body": {"msisdn": "{to_digits}", "m": "{text}", "r": "{message_id}"}}

    body = json.loads(an_adapter(send=send).prepare(sms_letter(text="Hola")).body)
    fields = dict(parse_qsl(an_adapter(send=form).prepare(sms_letter(text="a&b=c €")).body.decode()))

    assert body["messages"] == [{"to": {"number": "34600000001"}, "text": "Hola", "flash": False}]
    assert fields == {"msisdn": "34600000001", "m": "a&b=c €", "r": str(MESSAGE_ID)}


@given(st.text(min_size=1, max_size=60).filter(lambda text: text.strip()))
def test_words_from_outside_stay_inside_their_own_blank(text: str) -> None:
    adapter = an_adapter(transliterate=False, segment_limit=10)
    try:
        body = json.loads(adapter.prepare(sms_letter(text=text + '{to}{message_id}"')).body)
    except ValueError:
        return  # nothing readable in it
    assert set(body) == {"to", "from", "text", "reference", "callback_url"}
    assert body["text"].endswith('{to}{message_id}"')
    assert body["to"] == "+34600000001"


def test_letters_that_gsm7_lacks_become_plain_unless_the_file_says_otherwise() -> None:
    letter = sms_letter(text="Tu paquete llegará mañana 📦")

    plain = json.loads(an_adapter().prepare(letter).body)["text"]
    as_written = json.loads(an_adapter(transliterate=False).prepare(letter).body)["text"]

    assert plain == "Tu paquete llegara mañana"
    assert as_written == "Tu paquete llegará mañana 📦"


def test_a_text_over_the_segment_limit_is_refused_before_it_costs() -> None:
    with pytest.raises(ValueError, match="2 segments"):
        an_adapter(segment_limit=1).prepare(sms_letter(text="a" * 200))


def test_accents_give_way_where_they_would_cost_more_segments_than_the_file_allows() -> None:
    letter = sms_letter(text="á" * 100)  # two segments of UCS-2, one of GSM-7

    within = an_adapter(segment_limit=2, transliterate=False).prepare(letter)
    beyond = an_adapter(segment_limit=1, transliterate=False).prepare(letter)

    assert json.loads(within.body)["text"] == "á" * 100
    assert json.loads(beyond.body)["text"] == "a" * 100


@pytest.mark.parametrize(
    ("auth", "headers"),
    [
        ({"scheme": "bearer"}, {"Authorization": "Bearer s3cret"}),
        ({"scheme": "basic", "username": "faro"}, {"Authorization": "Basic ZmFybzpzM2NyZXQ="}),
        ({"scheme": "header", "header": "X-Api-Key"}, {"X-Api-Key": "s3cret"}),
    ],
)
def test_the_secret_travels_as_the_provider_wants_it(auth: dict[str, str], headers: dict[str, str]) -> None:
    assert credentials(Auth.model_validate(auth), "s3cret") == headers


@pytest.mark.parametrize(
    ("status", "body", "outcome", "reason"),
    [
        (202, {"id": "k-1"}, OutcomeClass.ACCEPTED, "sms_http_accepted"),
        (202, {"id": 17}, OutcomeClass.ACCEPTED, "sms_http_accepted"),
        (202, {}, OutcomeClass.AMBIGUOUS, "sms_http_answer_without_id"),
        (202, {"id": "x" * 201}, OutcomeClass.AMBIGUOUS, "sms_http_answer_without_id"),
        (200, {"error": {"code": "opted_out"}}, OutcomeClass.REJECTED, "sms_http_opted_out_opted_out"),
        (200, {"id": "k-1", "error": {"code": "new_word"}}, OutcomeClass.AMBIGUOUS, "sms_http_200_new_word"),
        (400, {"error": {"code": "no_credit"}}, OutcomeClass.NOT_SENT, "sms_http_no_credit_no_credit"),
        (400, {"error": {"code": "+34600000001 is wrong"}}, OutcomeClass.REJECTED, "sms_http_400_unlisted"),
        (400, {"error": {"code": 34600000001}}, OutcomeClass.REJECTED, "sms_http_400_unlisted"),
        (429, {}, OutcomeClass.THROTTLED, "sms_http_429"),
        (401, {}, OutcomeClass.NOT_SENT, "sms_http_401"),
        (409, {}, OutcomeClass.AMBIGUOUS, "sms_http_409_key_in_use"),
        (500, {"error": {"code": "invalid_number"}}, OutcomeClass.AMBIGUOUS, "sms_http_500"),
    ],
)
def test_an_answer_is_read_by_the_table_and_never_guessed(
    status: int, body: dict[str, Any], outcome: OutcomeClass, reason: str
) -> None:
    result = read_answer(Answer(status, json.dumps(body).encode(), None), described())

    assert (result.outcome, result.reason) == (outcome, reason)


def test_a_code_that_stands_in_good_answers_is_no_error() -> None:
    description = described(answer={"error_code": "status", "no_error": ["0"]})

    assert read_answer(Answer(200, b'{"id": "k-1", "status": "0"}', None), description).outcome == "accepted"
    assert read_answer(Answer(200, b'{"id": "k-1", "status": "4"}', None), description).outcome == "ambiguous"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"secret": "s3cret"}, "secret: Extra inputs are not permitted"),
        ({"url": "api.sms.example"}, "url: String should match"),
        ({"auth": {"scheme": "basic"}}, "username belongs to the scheme basic"),
        ({"auth": {"header": "X-Key"}}, "header belongs to the scheme header"),
        ({"send": {"body": {"to": "{to}", "text": "{texto}"}}}, "no such placeholder: texto"),
        ({"send": {"body": {"to": "{to}"}}}, "{text} must stand in it"),
        ({"send": {"format": "form", "body": {"to": "{to}", "text": ["{text}"]}}}, "a form holds strings only"),
        ({"send": {"headers": {"Authorization": "Bearer x"}}}, "follow from auth and format"),
        ({"idempotency": None, "receipts": None, "send": {"body": WITHOUT_ID}}, "lookup: our id never travels"),
        ({"lookup": None, "send": {"body": WITHOUT_ID}}, "receipts.message_id: our id never travels"),
        ({"idempotency": {"window": "PT0S"}}, "idempotency.window: Input should be greater than 0"),
        ({"lookup": {"path": "/v1/messages"}}, "{message_id} must stand in it"),
        ({"statuses": None}, "statuses: needed"),
        ({"statuses": {"odd": "planned"}}, "statuses.odd: Input should be"),
        ({"errors": {"odd": {"words": "Odd words"}}}, "errors.odd.words: String should match"),
        ({"receipts": {"status": "a b"}}, "receipts.status: String should match"),
        ({"segment_limit": 0}, "segment_limit"),
    ],
)
def test_a_description_that_does_not_hold_together_is_refused_by_its_key(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        described(**changes)

    problems = [
        f"{'.'.join(map(str, each['loc']))}: {each['msg'].removeprefix('Value error, ')}"
        for each in refused.value.errors()
    ]
    assert any(says in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        ("url = ", "Invalid value"),
        ("x" * 70_000, "larger than 64 KiB"),
        ("", "send: Field required"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: str | None, says: str) -> None:
    path = tmp_path / "provider.toml"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ValueError, match=says) as refused:
        read_description(path)

    assert "provider.toml" in str(refused.value)


@pytest.mark.parametrize("missing", ENVIRONMENT)
def test_half_a_provider_is_refused_by_the_name_of_what_is_missing(
    environment: pytest.MonkeyPatch, missing: str
) -> None:
    environment.setenv(missing, "")

    with pytest.raises(BrokenConfiguration, match=missing) as refused:
        configured(SmsHttpSettings)

    assert "s3cret" not in str(refused.value)


def test_printing_its_settings_shows_no_secret(environment: pytest.MonkeyPatch) -> None:
    assert "s3cret" not in repr(configured(SmsHttpSettings))
