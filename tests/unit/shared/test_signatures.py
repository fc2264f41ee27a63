"""A webhook is believed only when whoever holds the secret has signed exactly these bytes, just now."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.signatures import (
    TOLERANCE,
    BadSignature,
    StandardWebhooks,
    check_form_hmac,
    check_hmac,
    check_token,
    sign_form,
)

PUBLISHED_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PUBLISHED_BODY = b'{"test": 2432232314}'
PUBLISHED = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
PUBLISHED_AT = datetime.fromtimestamp(1614265330, UTC)

NOW = datetime(2026, 3, 24, 9, 30, tzinfo=UTC)
OLD, NEW = ("whsec_" + base64.b64encode(bytes([n]) * 24).decode() for n in (1, 2))
BODY = '{"reference": "FARO/0007-2", "city": "Cádiz"}'.encode()


def test_the_published_vector_of_standard_webhooks_is_accepted_and_reproduced() -> None:
    ours = StandardWebhooks([PUBLISHED_SECRET])
    assert ours.verify(PUBLISHED_BODY, PUBLISHED, PUBLISHED_AT) == PUBLISHED["webhook-id"]
    assert ours.sign(PUBLISHED_BODY, PUBLISHED["webhook-id"], PUBLISHED_AT) == PUBLISHED


def test_what_we_sign_the_official_library_accepts() -> None:
    now = datetime.now(UTC)
    headers = StandardWebhooks([NEW]).sign(BODY, "msg_1", now)
    assert standardwebhooks.Webhook(NEW).verify(BODY, headers)["reference"] == "FARO/0007-2"


@settings(deadline=None)
@given(body=st.text(max_size=300), identifier=st.text("abcXYZ019_-.", min_size=1, max_size=40))
def test_what_the_official_library_signs_we_accept(body: str, identifier: str) -> None:
    signature = standardwebhooks.Webhook(NEW).sign(identifier, NOW, body)
    headers = {
        "webhook-id": identifier,
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": signature,
    }
    assert StandardWebhooks([NEW]).verify(body.encode(), headers, NOW) == identifier


@pytest.mark.parametrize("signed_with", [OLD, NEW])
def test_while_a_secret_is_rotated_both_are_accepted(signed_with: str) -> None:
    headers = StandardWebhooks([signed_with]).sign(BODY, "msg_1", NOW)
    assert StandardWebhooks([NEW, OLD]).verify(BODY, headers, NOW) == "msg_1"


def test_after_the_rotation_the_old_secret_is_refused() -> None:
    headers = StandardWebhooks([OLD]).sign(BODY, "msg_1", NOW)
    with pytest.raises(BadSignature, match="no signature matches"):
        StandardWebhooks([NEW]).verify(BODY, headers, NOW)


def test_a_sender_that_rotates_its_secret_may_send_a_signature_of_each() -> None:
    headers = StandardWebhooks([NEW]).sign(BODY, "msg_1", NOW)
    other = StandardWebhooks([OLD]).sign(BODY, "msg_1", NOW)["webhook-signature"]
    both = {**headers, "webhook-signature": f"v1a,c29tZXRoaW5n {other} {headers['webhook-signature']}"}
    assert StandardWebhooks([NEW]).verify(BODY, both, NOW) == "msg_1"


def test_we_sign_with_the_newest_secret() -> None:
    assert StandardWebhooks([NEW, OLD]).sign(BODY, "m", NOW) == StandardWebhooks([NEW]).sign(BODY, "m", NOW)


@pytest.mark.parametrize("age", [TOLERANCE, -TOLERANCE, timedelta(0)])
def test_a_clock_that_is_five_minutes_off_is_forgiven(age: timedelta) -> None:
    headers = StandardWebhooks([NEW]).sign(BODY, "msg_1", NOW - age)
    assert StandardWebhooks([NEW]).verify(BODY, headers, NOW) == "msg_1"


@pytest.mark.parametrize("age", [TOLERANCE + timedelta(seconds=1), -TOLERANCE - timedelta(seconds=1)])
def test_a_call_recorded_and_played_again_later_is_refused(age: timedelta) -> None:
    headers = StandardWebhooks([NEW]).sign(BODY, "msg_1", NOW - age)
    with pytest.raises(BadSignature, match="too far from now"):
        StandardWebhooks([NEW]).verify(BODY, headers, NOW)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_call_without_one_of_the_three_headers_is_refused(missing: str) -> None:
    headers = StandardWebhooks([NEW]).sign(BODY, "msg_1", NOW)
    for broken in ({k: v for k, v in headers.items() if k != missing}, {**headers, missing: ""}):
        with pytest.raises(BadSignature, match="missing"):
            StandardWebhooks([NEW]).verify(BODY, broken, NOW)


@pytest.mark.parametrize("timestamp", ["now", "-1614265330", "1614265330.5", " 1614265330", "١٦١٤٢٦٥٣٣٠", "9" * 400])
def test_a_timestamp_that_is_no_number_of_seconds_is_refused(timestamp: str) -> None:
    headers = {**StandardWebhooks([NEW]).sign(BODY, "msg_1", NOW), "webhook-timestamp": timestamp}
    with pytest.raises(BadSignature, match="not a number of seconds"):
        StandardWebhooks([NEW]).verify(BODY, headers, NOW)


@pytest.mark.parametrize("signature", ["v1,", ",", "v1", "v2,{}", "{}", "v1, {}", "é,{}", "v1a,{}", " " * 5000])
def test_a_signature_in_another_form_is_refused(signature: str) -> None:
    headers = StandardWebhooks([NEW]).sign(BODY, "msg_1", NOW)
    bare = headers["webhook-signature"].removeprefix("v1,")
    with pytest.raises(BadSignature):
        StandardWebhooks([NEW]).verify(BODY, {**headers, "webhook-signature": signature.format(bare)}, NOW)


_VISIBLE = st.characters(min_codepoint=33, max_codepoint=126)


@st.composite
def forgeries(draw: st.DrawFn) -> tuple[bytes, dict[str, str]]:
    """A signed call of which one thing was changed after signing."""
    headers = StandardWebhooks([NEW]).sign(BODY, "msg_1", NOW)
    changed = draw(st.sampled_from(["body", *headers]))
    genuine = BODY.decode("latin-1") if changed == "body" else headers[changed]
    position = draw(st.integers(0, len(genuine) - 1))
    put = draw(st.one_of(_VISIBLE, st.just("")))
    forged = genuine[:position] + put + genuine[position + 1 :]
    if forged == genuine:
        forged = genuine[:position]
    return (forged.encode("latin-1"), headers) if changed == "body" else (BODY, {**headers, changed: forged})


@settings(max_examples=2000, deadline=None)
@given(forgeries())
def test_not_one_of_two_thousand_forgeries_is_accepted(call: tuple[bytes, dict[str, str]]) -> None:
    body, headers = call
    with pytest.raises(BadSignature):
        StandardWebhooks([NEW]).verify(body, headers, NOW)


@pytest.mark.parametrize("secrets", [[], ["whsec_not base64"], ["whsec_"], ["whsec_c2hvcnQ="], ["whsec_ñ"], [NEW, ""]])
def test_a_secret_that_protects_nothing_is_refused_without_being_shown(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="webhook secret") as refused:
        StandardWebhooks(secrets)
    assert not any(secret.removeprefix("whsec_") in str(refused.value) for secret in secrets if len(secret) > 8)


def test_a_shared_token_opens_and_nothing_else_does() -> None:
    check_token("this carrier's token", ["the next token", "this carrier's token"])
    for given_token in (None, "", "this carrier's toke", "this carrier's token ", "THIS CARRIER'S TOKEN"):
        with pytest.raises(BadSignature):
            check_token(given_token, ["the next token", "this carrier's token"])


def test_no_token_at_all_opens_nothing_even_where_an_empty_one_was_configured() -> None:
    for given_token in (None, ""):
        with pytest.raises(BadSignature):
            check_token(given_token, [""])
    with pytest.raises(BadSignature):
        check_token("anything", [])


def test_metas_signature_of_the_raw_body_is_accepted_with_either_secret() -> None:
    for secret in ("app secret", "its successor"):
        given_header = "sha256=" + hmac.new(secret.encode(), BODY, hashlib.sha256).hexdigest()
        check_hmac(BODY, given_header, ["its successor", "app secret"], prefix="sha256=")


@pytest.mark.parametrize("spoiled", ["", "sha256=", "sha1={}", "{}", "sha256={}0", None])
def test_metas_signature_in_another_form_is_refused(spoiled: str | None) -> None:
    digest = hmac.new(b"app secret", BODY, hashlib.sha256).hexdigest()
    with pytest.raises(BadSignature):
        check_hmac(BODY, spoiled and spoiled.format(digest), ["app secret"], prefix="sha256=")


@settings(max_examples=300, deadline=None)
@given(position=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_one_bit_changed_in_the_body_voids_metas_signature(position: int, bit: int) -> None:
    given_header = "sha256=" + hmac.new(b"app secret", BODY, hashlib.sha256).hexdigest()
    changed = bytearray(BODY)
    changed[position] ^= 1 << bit
    with pytest.raises(BadSignature):
        check_hmac(bytes(changed), given_header, ["app secret"], prefix="sha256=")


TWILIO_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
TWILIO_FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]


def test_twilios_published_vector_is_reproduced() -> None:
    """Source: the request validator's test of Twilio's own Python library."""
    assert sign_form(TWILIO_URL, TWILIO_FORM, "12345") == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@settings(deadline=None)
@given(st.permutations(TWILIO_FORM))
def test_twilios_signature_does_not_depend_on_the_order_of_the_form(form: list[tuple[str, str]]) -> None:
    check_form_hmac(TWILIO_URL, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", ["the next token", "12345"])


@pytest.mark.parametrize(
    ("url", "form", "signature"),
    [
        ("http://mycompany.com/myapp.php?foo=1&bar=2", TWILIO_FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (TWILIO_URL, TWILIO_FORM[1:], "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (TWILIO_URL, [*TWILIO_FORM, ("MessageStatus", "delivered")], "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (TWILIO_URL, TWILIO_FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8"),
        (TWILIO_URL, TWILIO_FORM, None),
        (TWILIO_URL, TWILIO_FORM, ""),
    ],
)
def test_a_callback_that_twilio_did_not_sign_is_refused(
    url: str, form: list[tuple[str, str]], signature: str | None
) -> None:
    with pytest.raises(BadSignature, match="X-Twilio-Signature"):
        check_form_hmac(url, form, signature, ["12345"])
