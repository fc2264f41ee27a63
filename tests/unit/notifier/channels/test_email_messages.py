from __future__ import annotations

import json
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.channels.base import Letter
from services.notifier.channels.clean_text import clean_line, clean_text
from services.notifier.channels.message_ids import read_sealed_message_id
from services.notifier.channels.mime import (
    ECHO,
    NAME_LIMIT_CHARACTERS,
    SUBJECT_LIMIT_CHARACTERS,
    Marks,
    compose,
    parse_mailbox,
)
from tests.support.letters import MESSAGE_ID, email_letter
from tests.support.mail_reports import BOUNCE_SECRET

SENDER = parse_mailbox("pedidos@sandbox.example")
HOSTILE = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="a\r\n\x00\u2028:<>@,;\"'\\()=?_ñ漢 .\t\u202e", max_size=200),
    st.text(alphabet='aé,"<>@ 𐀀', min_size=60, max_size=200),
    st.sampled_from(["x\r\nBcc: thief@example.com", "=?utf-8?q?hidden?=", "--=_5f0c9a52", "a\n.\nb", '"<thief@x.io>"']),
)


def read(letter: Letter) -> EmailMessage:
    message = message_from_bytes(compose(letter, SENDER, SENDER.domain), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def body_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_buyer_sees_the_shop_as_sender_and_the_words_in_text_and_html() -> None:
    message = read(email_letter())

    assert message["From"] == "Librería Faro <pedidos@libreriafaro.example>"
    assert message["To"] == "Lucía Prado <lucia@example.com>"
    assert message["Reply-To"] == "Librería Faro <hola@libreriafaro.example>"
    assert message["Subject"] == "Tu pedido está en camino"
    assert message.get_content_type() == "multipart/alternative"
    assert "GM-0001" in body_of(message, "plain")
    assert "<p>" in body_of(message, "html")


def test_a_shop_without_an_address_writes_from_ours() -> None:
    assert read(email_letter(sender_email=None))["From"].addresses[0].addr_spec == "pedidos@sandbox.example"


def test_robots_are_told_not_to_answer() -> None:
    message = read(email_letter())

    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"


def test_the_message_id_is_ours_and_all_messages_of_an_order_stand_in_one_thread() -> None:
    first, second = email_letter(), email_letter(message_id=MESSAGE_ID.__class__(int=7), subject="Entregado")
    other = email_letter(thread="demo/A-1002")

    assert read(first)["Message-ID"] == f"<{MESSAGE_ID}@sandbox.example>"
    assert read(first)["References"] == read(second)["References"] == read(second)["In-Reply-To"]
    assert read(first)["References"] != read(other)["References"]
    assert "A-1001" not in str(read(first)["References"])


def test_the_date_is_the_letters_not_the_clocks() -> None:
    assert read(email_letter())["Date"].datetime == email_letter().now


def test_a_text_only_letter_is_a_text_only_message() -> None:
    message = read(email_letter(html=None))

    assert message.get_content_type() == "text/plain"
    assert compose(email_letter(html=None, text="sin salto"), SENDER, SENDER.domain).endswith(b"\r\n")


def test_a_letter_one_can_do_without_is_ended_by_one_click() -> None:
    """RFC 8058, section 3.1: one HTTPS address, and the field that says that a POST there is enough."""
    url = "https://seguimiento.libreriafaro.example/preferences/" + "k" * 300
    raw = compose(replace(email_letter(), unsubscribe_url=url), SENDER, SENDER.domain)

    assert f"\r\nList-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode() in raw
    assert b"List-Unsubscribe" not in compose(email_letter(), SENDER, SENDER.domain)


def test_an_installation_without_tls_offers_no_one_click() -> None:
    letter = replace(email_letter(), unsubscribe_url="http://127.0.0.1:8003/preferences/k/unsubscribe")

    assert b"List-Unsubscribe" not in compose(letter, SENDER, SENDER.domain)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://faro.example/ñ",
        "https://faro.example/x\r\nBcc: a@b",
        "https://faro.example/>,<https://x",
        "mailto:a@faro.example",
    ],
)
def test_an_address_that_is_not_fit_for_one_click_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="one-click"):
        compose(replace(email_letter(), unsubscribe_url=url), SENDER, SENDER.domain)


def test_a_relay_that_reports_is_told_our_message_id_and_not_to_track() -> None:
    marks = Marks(seal_secret=BOUNCE_SECRET, ses_configuration_set="hito", sendgrid=True)
    message = message_from_bytes(compose(email_letter(), SENDER, SENDER.domain, marks), policy=default)
    told = json.loads(message["X-SMTPAPI"])

    assert (message["X-SES-CONFIGURATION-SET"], message["X-SES-MESSAGE-TAGS"]) == ("hito", f"{ECHO}={MESSAGE_ID}")
    assert told["unique_args"] == {ECHO: str(MESSAGE_ID)}
    assert [row["settings"]["enable"] for row in told["filters"].values()] == [0, 0]
    assert read_sealed_message_id(message["Message-ID"], [BOUNCE_SECRET]) == MESSAGE_ID


def test_a_relay_that_was_not_set_up_for_reports_gets_no_headers_of_others() -> None:
    assert not [name for name in read(email_letter()) if name.startswith(("X-SES", "X-SMTP"))]


@pytest.mark.parametrize("subject", ["", " \r\n ", "\x00\u202e"])
def test_a_letter_without_a_subject_is_refused(subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        compose(email_letter(subject=subject), SENDER, SENDER.domain)


@pytest.mark.parametrize(
    "address",
    ["", "lucia", "@example.com", "lucia@", "lucía@example.com", "a@b@c", "a b@example.com", "a@x.io\r\nRCPT"],
)
def test_what_is_no_mailbox_is_refused_without_being_quoted(address: str) -> None:
    with pytest.raises(ValueError, match=r"^not an e-mail address$"):
        compose(email_letter(address=address), SENDER, SENDER.domain)


def test_a_domain_in_another_script_travels_as_ascii() -> None:
    assert parse_mailbox("hola@librería.example").addr_spec == "hola@xn--librera-dza.example"


@settings(max_examples=600, deadline=None)
@given(subject=HOSTILE, name=HOSTILE, shop=HOSTILE, text=HOSTILE, html=HOSTILE)
def test_no_words_can_add_a_header_a_recipient_or_a_part(
    subject: str, name: str, shop: str, text: str, html: str
) -> None:
    letter = email_letter(subject=f"A {subject}", recipient_name=name, shop_name=shop, text=text, html=html)
    raw = compose(letter, SENDER, SENDER.domain)
    message = read(letter)

    assert message.keys() == read(email_letter()).keys()
    assert [address.addr_spec for address in message["To"].addresses] == ["lucia@example.com"]
    assert [address.addr_spec for address in message["From"].addresses] == ["pedidos@libreriafaro.example"]
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@settings(max_examples=600, deadline=None)
@given(subject=HOSTILE, name=HOSTILE, text=HOSTILE)
def test_what_is_fit_to_read_arrives_unchanged(subject: str, name: str, text: str) -> None:
    letter = replace(email_letter(subject=f"A {subject}", text=text), recipient_name=name)
    message = read(letter)
    shown = parseaddr(str(message_from_bytes(compose(letter, SENDER, SENDER.domain))["To"]).replace("\r\n", ""))[0]

    assert message["Subject"] == clean_line(f"A {subject}", SUBJECT_LIMIT_CHARACTERS)
    assert str(make_header(decode_header(shown))) == clean_line(name, NAME_LIMIT_CHARACTERS)
    assert body_of(message, "plain").replace("\r\n", "\n").rstrip("\n") == clean_text(text).rstrip("\n")
