"""Whatever is typed for a name, a place, an item or a number: it reaches no header, no markup and no foreign link.

What is read here are the very bytes that each adapter would send.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl

import pytest
from pydantic import SecretStr, ValidationError

from services.notifier.channels.base import ChannelAdapter
from services.notifier.channels.email import Email
from services.notifier.channels.email_settings import EmailSettings
from services.notifier.channels.sms import TwilioSettings, TwilioSms
from services.notifier.channels.whatsapp import WhatsAppCloud, WhatsAppSettings
from services.notifier.compose import Composer
from services.notifier.wording.gsm7 import foreign_to_gsm7
from services.notifier.wording.unrenderable import MessageTooLong, MissingFact
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel, Step
from shared.shops import Shops
from tests.support.injections import INJECTIONS, REFUSED_AT_THE_DOOR
from tests.support.letters import MESSAGE_ID, NOW
from tests.support.steps_reached import FARO, catalog, home_delivery

STEPS = (Step.OUT_FOR_DELIVERY, Step.DELIVERED, Step.ORDER_CONFIRMED)
PLACES: tuple[tuple[str | int, ...], ...] = (
    ("buyer", "name"),
    ("order_id",),
    ("parcel", "carrier_name"),
    ("parcel", "reference"),
    ("parcel", "contact", "hours"),
    ("parcel", "location", "city"),
    ("parcel", "destination", "city"),
    ("parcel", "destination", "postal_code"),
    ("order", "lines", 0, "title"),
)
REFERENCE = ("parcel", "reference")
BECOMES_LINK = re.compile(
    r"(?:https?|ftp|intent|whatsapp)://|\bwww\.\w"
    r"|[\w-][.。](?:com|net|org|co|uk|io|ly|me|es|ru|example|рф|中国|xn--)(?![\w])|[\w-]\.xn--"
    r"|\d+\.\d+\.\d+\.\d+|\b(?:mailto|tel|sms|javascript|data):\S",
    re.IGNORECASE,
)
"""Written without a look at the code under test: what phones and mail programs are known to link."""


@cache
def adapters() -> dict[Channel, ChannelAdapter]:
    word = SecretStr("a-word-of-ours")
    twilio = TwilioSettings(
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token=word,
        twilio_from="+34600000000",
        notifier_public_url="https://avisos.example",
    )
    meta = WhatsAppSettings(
        whatsapp_phone_number_id="100000000000001",
        whatsapp_access_token=word,
        whatsapp_app_secret=word,
        whatsapp_verify_token=word,
    )
    mail = EmailSettings(smtp_url=SecretStr("smtp://127.0.0.1:25"), email_from="pedidos@sandbox.example")
    return {Channel.EMAIL: Email(mail), Channel.SMS: TwilioSms(twilio), Channel.WHATSAPP: WhatsAppCloud(meta)}


def written(step: Step, words: str, *, spare: tuple[tuple[str | int, ...], ...] = ()) -> dict[str, Any]:
    """A step with these words in every place that takes them."""
    data: dict[str, Any] = json.loads(home_delivery(step).to_json())
    for place in PLACES:
        if place in spare or data.get(str(place[0])) is None:
            continue
        *way, last = place
        target: Any = data
        for part in way:
            target = target[part]
        before, target[last] = target[last], words
        try:
            StepReached.model_validate(data)
        except ValidationError:
            target[last] = before
    return data


def sent(channel: Channel, data: dict[str, Any]) -> bytes:
    address = "lucia@example.com" if channel is Channel.EMAIL else "+34600000001"
    row = {"id": MESSAGE_ID, "step_data": data | {"shop": FARO.id}, "recipient": "buyer", "channel": channel}
    row |= {"address": address, "urgency": "optional", "preferences_token": "A" * 22, "language_chosen": None}
    adapter = adapters()[channel]
    composer = Composer(catalog(), Shops({FARO.id: FARO}), {channel: (adapter,)}, "https://avisos.example")
    return bytes(composer.compose(row, NOW, adapter)["request"])


@dataclass
class Markup(HTMLParser):
    """The skeleton of a page: tags with all their attributes, but for what the links show and the page's own words."""

    skeleton: list[tuple[str, tuple[tuple[str, str | None], ...]]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skeleton.append((tag, tuple((name, value) for name, value in attrs if name != "aria-label")))

    def handle_endtag(self, tag: str) -> None:
        self.skeleton.append((f"/{tag}", ()))

    def handle_comment(self, data: str) -> None:
        self.skeleton.append(("comment", ((data, None),)))

    def handle_data(self, data: str) -> None:
        inside = self.skeleton[-1][0] if self.skeleton else ""
        {"script": self.scripts, "style": []}.get(inside, self.seen).append(data)


def mail_of(data: dict[str, Any]) -> tuple[EmailMessage, Markup]:
    raw = sent(Channel.EMAIL, data)
    assert raw.isascii() and raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage) and not message.defects
    markup = Markup()
    markup.feed(part(message, "html"))
    markup.close()
    return message, markup


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def strings_in(node: Any) -> Iterator[str]:
    match node:
        case dict():
            for value in node.values():
                yield from strings_in(value)
        case list():
            for value in node:
                yield from strings_in(value)
        case str():
            yield node


OWN_LINKS = re.compile(
    r"https://(?:hito\.example/t/|seur\.example/|libreriafaro\.example|avisos\.example/preferences/)[\w/]*|hola@libreriafaro\.example"
    r"|https://schema\.org|\d{4}-\d\d-\d\dT\S+"
)


def assert_harmless(text: str, where: str) -> None:
    """As a screen shows it: one direction, nothing hidden, and no link but ours."""
    hidden = [
        c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Cn", "Co") and c not in "\n\r\u200b\u200d"
    ]
    assert hidden == [], where
    assert not re.search(r"(?<![\U00002190-\U0001ffff])\u200d", text), where
    shown = unicodedata.normalize("NFKC", "".join(c for c in text if unicodedata.category(c) != "Mn"))
    assert BECOMES_LINK.findall(OWN_LINKS.sub("", shown)) == [], where


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("words", INJECTIONS.values(), ids=INJECTIONS.keys())
def test_an_email_keeps_its_headers_its_markup_and_its_links(words: str, step: Step) -> None:
    plain, plain_markup = mail_of(written(step, "Ana"))
    message, markup = mail_of(written(step, words))

    assert message.keys() == plain.keys()
    for name in ("From", "Reply-To", "Message-ID", "Date", "Content-Type"):
        assert message[name] == plain[name], name
    assert re.fullmatch(r"<[0-9a-f]{32}@sandbox\.example>", str(message["References"]))
    assert [address.addr_spec for address in message["To"].addresses] == ["lucia@example.com"]
    assert [found.get_content_type() for found in message.iter_parts()] == ["text/plain", "text/html"]
    assert markup.skeleton == plain_markup.skeleton
    for text in (str(message["To"]), str(message["Subject"]), part(message, "plain"), "\n".join(markup.seen)):
        assert_harmless(text.replace("lucia@example.com", ""), step)
    for script in markup.scripts:
        for text in strings_in(json.loads(script)):
            assert_harmless(text, "the mark-up for machines")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("words", INJECTIONS.values(), ids=INJECTIONS.keys())
def test_an_sms_is_one_text_for_one_number_without_a_foreign_link(words: str, step: Step) -> None:
    try:
        body = sent(Channel.SMS, written(step, words))
    except MissingFact:  # a reference that the alphabet of SMS cannot spell goes by another channel
        assert foreign_to_gsm7(words)
        body = sent(Channel.SMS, written(step, words, spare=(REFERENCE,)))
    except MessageTooLong:
        assert len(words) > 150
        return
    form = parse_qsl(body.decode("ascii"), strict_parsing=True, keep_blank_values=True)
    assert [name for name, _ in form] == ["To", "From", "Body", "StatusCallback"]
    values = dict(form)
    assert (values["To"], values["From"]) == ("+34600000001", "+34600000000")
    assert values["StatusCallback"].startswith("https://avisos.example/receipts/twilio?m=")
    assert foreign_to_gsm7(values["Body"]) == ()
    assert "\n" not in values["Body"]
    assert_harmless(values["Body"], step)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("words", INJECTIONS.values(), ids=INJECTIONS.keys())
def test_a_whatsapp_template_is_called_as_it_was_approved(words: str, step: Step) -> None:
    plain = json.loads(sent(Channel.WHATSAPP, written(step, "Ana")))
    try:
        message = json.loads(sent(Channel.WHATSAPP, written(step, words)))
    except MessageTooLong:
        assert len(words) > 150
        return

    texts = [parameter.pop("text") for parameter in message["template"]["components"][0]["parameters"]]
    for parameter in plain["template"]["components"][0]["parameters"]:
        parameter.pop("text")
    assert message == plain
    for text in texts:
        assert text == " ".join(text.split())
        assert_harmless(text, step)
        if "://" not in text:
            assert not re.search(r"(?<!\w)([*_~])\S(?:.*\S)?\1(?!\w)|`", text), text


@pytest.mark.parametrize("name", [name for name in INJECTIONS if name.startswith("jinja") or "placeholder" in name])
def test_a_template_in_a_name_is_read_and_never_run(name: str) -> None:
    message, _ = mail_of(written(Step.OUT_FOR_DELIVERY, INJECTIONS[name]))
    assert f"{INJECTIONS[name]} ha salido a entregar" in part(message, "plain")
    parameters = json.loads(sent(Channel.WHATSAPP, written(Step.OUT_FOR_DELIVERY, INJECTIONS[name])))
    said = [parameter["text"] for parameter in parameters["template"]["components"][0]["parameters"]]
    assert any(words.replace("∗", "*").replace("ˍ", "_").startswith(INJECTIONS[name]) for words in said)


@pytest.mark.parametrize("words", REFUSED_AT_THE_DOOR.values(), ids=REFUSED_AT_THE_DOOR.keys())
def test_what_no_database_could_hold_is_refused_at_the_door(words: str) -> None:
    plain = json.loads(home_delivery(Step.OUT_FOR_DELIVERY).to_json())
    assert written(Step.OUT_FOR_DELIVERY, words) == plain


def test_the_injections_are_told_and_not_swallowed() -> None:
    """Harm is taken out of the words, not the words out of the message."""
    message, _ = mail_of(written(Step.OUT_FOR_DELIVERY, "Gana un iPhone en evil.com"))
    assert "Gana un iPhone en evil. com" in part(message, "plain")
    assert "Gana un iPhone en evil. com" in str(message["Subject"])
    assert message["To"] == "lucia@example.com"
    assert len(INJECTIONS) >= 50


def test_a_list_of_injections_that_lost_its_sting_would_be_noticed() -> None:
    """Each of these is caught by this file's own eyes when nobody cleans it."""
    for name in (
        "link",
        "shortener",
        "bare_host",
        "fullwidth_host",
        "foreign_host",
        "ip_address",
        "zero_width",
        "tags",
    ):
        with pytest.raises(AssertionError):
            assert_harmless(INJECTIONS[name].replace("\u200b", "\u200c"), name)
