"""The page's words in every language it speaks, what it shows of an address, and forms that nobody gave out."""

from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.preferences.choices import Choices
from services.notifier.preferences.forms import Unclear, asks_to_unsubscribe, read_choices
from services.notifier.preferences.view import HIDDEN, masked, render_notice
from services.notifier.preferences.wording import FOLDER, LANGUAGES, page_words
from shared.contracts.vocabulary import Channel

EMAIL, SMS, WHATSAPP = Channel.EMAIL, Channel.SMS, Channel.WHATSAPP
GAP = re.compile(r"\{(\w*)\}")
TAGS = frozenset({"es", "en"})


def gaps(language: str) -> dict[str, list[str]]:
    return {key: GAP.findall(text) for key, text in page_words(language).texts.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things_with_the_same_gaps(language: str) -> None:
    assert gaps(language) == gaps(LANGUAGES[0])
    assert page_words(language).language == language
    assert all(text.strip() for text in page_words(language).texts.values())


def test_every_channel_has_a_name_in_every_language_and_every_file_is_a_language_of_the_page() -> None:
    assert {file.stem for file in FOLDER.glob("*.toml")} == set(LANGUAGES)
    for language in LANGUAGES:
        assert {f"channels.{channel}" for channel in Channel} <= page_words(language).texts.keys()
        assert tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [
        (("es-AR",), "es"),
        (("pt-PT",), "pt-BR"),
        (("EN-gb",), "en"),
        (("de", "en"), "en"),
        (("de",), "es"),
        ((None, ""), "es"),
        (("*", "en"), "en"),
    ],
)
def test_the_page_speaks_the_nearest_language_it_has(wanted: tuple[str | None, ...], spoken: str) -> None:
    assert page_words(*wanted).language == spoken


@pytest.mark.parametrize("said", ["gone", "unclear", "away"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_says_what_happened_in_its_readers_language(language: str, said: str) -> None:
    page, policy = render_notice(page_words(language), said)
    assert f'<html lang="{language}">' in page
    assert page_words(language).say(f"{said}.title") in page
    assert "<form" not in page
    assert "script-src" not in policy


@given(local=st.text("abcdefghij0123456789.+", min_size=2, max_size=64))
def test_of_a_mailbox_no_more_than_the_first_letter_is_shown(local: str) -> None:
    assert masked(f"{local}@example.com") == f"{local[0]}{HIDDEN}@example.com"


@given(number=st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_of_a_number_no_more_than_country_and_last_digits_are_shown(number: str) -> None:
    shown = masked(number)
    assert len([digit for digit in shown if digit.isdigit()]) == 5
    assert number not in shown.replace(" ", "")


def test_a_channel_that_was_not_offered_stays_as_it_is() -> None:
    wish = read_choices(b"form=preferences&channel=email&extras=on", [EMAIL, SMS], TAGS, "es")
    before = Choices(frozenset({SMS, WHATSAPP}), None, False)
    assert wish(before) == Choices(frozenset({EMAIL, WHATSAPP}), None, True)


def test_a_language_is_chosen_only_when_it_is_another_than_the_one_that_counts() -> None:
    before = Choices(frozenset(), None, True)
    for language, chosen in (("es", None), ("en", "en")):
        wish = read_choices(f"form=preferences&extras=on&language={language}".encode(), [EMAIL], TAGS, "es")
        assert wish(before) == Choices(frozenset(), chosen, True)


@given(body=st.binary(max_size=300) | st.builds(lambda tail: b"form=preferences&" + tail, st.binary(max_size=100)))
def test_any_bytes_are_a_wish_or_unclear(body: bytes) -> None:
    try:
        wish = read_choices(body, [EMAIL], TAGS, "es")
    except Unclear:
        return
    assert wish(Choices(frozenset(), None, True)).channels <= {EMAIL}


ONE_CLICK = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
"""As in RFC 8058, section 8."""


@pytest.mark.parametrize(
    ("content_type", "body", "understood"),
    [
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click", True),
        ("", b"List-Unsubscribe=One-Click", True),
        ("multipart/form-data; boundary=x", ONE_CLICK, True),
        ('Multipart/Form-Data; boundary="x"', ONE_CLICK, True),
        ("multipart/form-data", ONE_CLICK, False),
        ("multipart/form-data; boundary=y", ONE_CLICK, False),
        ("multipart/form-data; boundary=x", ONE_CLICK.replace(b"One-Click", b"No"), False),
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=no", False),
        ("application/x-www-form-urlencoded", b"", False),
    ],
)
def test_one_click_is_understood_in_both_forms_and_nothing_else_is(
    content_type: str, body: bytes, understood: bool
) -> None:
    assert asks_to_unsubscribe(content_type, body) is understood


@given(
    content_type=st.sampled_from(["multipart/form-data; boundary=x", "multipart/form-data\r\nX: y; boundary=x", ""])
    | st.text(max_size=60),
    body=st.binary(max_size=300) | st.binary(max_size=80).map(lambda some: ONE_CLICK[: len(some)] + some),
)
def test_no_bytes_break_the_reading_of_one_click(content_type: str, body: bytes) -> None:
    assert asks_to_unsubscribe(content_type, body) in (True, False)
