"""Every step x condition x actor x place, in every language and channel: it renders, with its facts, within budget.

The shop's name, the carrier's, the buyer's, the reference and the order number are long, accented and have emoji.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.render import Rendered
from services.notifier.wording.facts import read_page
from services.notifier.wording.gsm7 import Alphabet, size, transliterate
from services.notifier.wording.variants import VARIANTS, variant_of
from services.notifier.wording.whatsapp_templates import BODY_LIMIT
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel, Step
from tests.support.matrix import BUYER, RECEIVER, SHOP, situations, told_apart
from tests.support.steps_reached import catalog, read

LANGUAGES = sorted(catalog().languages)
SUBJECT_LIMIT = 100
WORDS_OF = {
    "es": "el los las y del ha hemos tu si una con llama llamanos tienda",
    "en": "the your you and is was we it to of call",
    "pt": "os dos em um uma com ao seu você não ligue loja mais são",
}
"""Each is common in its language and is no word of the other two."""


@cache
def messages_of(step: Step, language: str) -> list[tuple[StepReached, dict[Channel, Rendered]]]:
    """What is told apart, each with what the buyer reads of it in every channel."""
    recipient = replace(BUYER, locale=language)
    return [
        (reached, {channel: read(reached, channel, recipient=recipient, shop=SHOP) for channel in Channel})
        for reached in told_apart(step).values()
    ]


def bodies(message: Rendered) -> list[str]:
    """Each thing that somebody may read on its own."""
    return [message.text] if message.html is None else [message.text, read_page(message.html).text]


def as_sent(text: str, channel: Channel) -> str:
    return " ".join((transliterate(text) if channel is Channel.SMS else text).split())


@pytest.mark.parametrize("step", Step)
def test_whatever_happens_to_a_parcel_has_its_words(step: Step) -> None:
    reached = {variant_of(situation) for _, situation in situations(step)}
    assert reached <= {None, *VARIANTS[step]}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", Step)
def test_every_message_carries_the_same_facts_in_every_channel(step: Step, language: str) -> None:
    for reached, messages in messages_of(step, language):
        _, happened, next_, *_ = messages[Channel.WHATSAPP].text.split("\n\n")
        for channel, message in messages.items():
            assert message.language == language
            for body in bodies(message):
                text = " ".join(body.split())
                assert reached.tracking_url in text
                assert not re.search(r"[{}]|None", text)
                if channel is not Channel.SMS:
                    assert {happened, next_} <= {part for part in (happened, next_) if part in text}
                if reached.parcel is not None:
                    assert reached.parcel.reference in text
                    assert as_sent(reached.parcel.carrier_name, channel) in text
                    assert said_whose(text, reached, channel)


def said_whose(text: str, reached: StepReached, channel: Channel) -> bool:
    """The number stands beside its owner's name; an SMS names the shop as such, or ends with the carrier's."""
    assert reached.parcel is not None
    contact = reached.parcel.contact
    owner = as_sent(SHOP.name if contact.of_shop else reached.parcel.carrier_name, channel)
    shops = r"(la tienda|the shop|a loja)"
    if channel is not Channel.SMS:
        beside = rf"{re.escape(owner)}( \({shops}\))?:? {re.escape(contact.phone)}"
        named = bool(re.search(rf"\({shops}\):? {re.escape(contact.phone)}", text))
        return bool(re.search(beside, text)) and named == contact.of_shop
    named = bool(re.search(rf"(tienda:|Shop tel\.|loja:) {re.escape(contact.phone)}\. http", text))
    return contact.phone in text and named == contact.of_shop


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", Step)
def test_every_message_fits_its_budget(step: Step, language: str) -> None:
    for _, messages in messages_of(step, language):
        sms, whatsapp = size(messages[Channel.SMS].text), messages[Channel.WHATSAPP]
        assert sms.alphabet is Alphabet.GSM7
        assert sms.segments <= 2, messages[Channel.SMS].text
        assert len(messages[Channel.EMAIL].subject or "") <= SUBJECT_LIMIT
        assert len(whatsapp.text) <= BODY_LIMIT
        assert whatsapp.template is not None
        for parameter in whatsapp.template.parameters:
            assert parameter.strip() == parameter != ""
            assert not re.search(r"[\n\t]| {5}", parameter)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", Step)
def test_no_word_is_left_in_another_language(step: Step, language: str) -> None:
    own = language.partition("-")[0]
    foreign = {word for tag, words in WORDS_OF.items() if tag != own for word in words.split()}
    for reached, messages in messages_of(step, language):
        for channel, message in messages.items():
            for body in [message.subject or "", *bodies(message)]:
                words = set(re.findall(r"[^\W\d_]+", without_data(body, reached, channel).lower()))
                assert not words & foreign, (words & foreign, body[:60])


def without_data(body: str, reached: StepReached, channel: Channel) -> str:
    """The text without what the order, the shop and the carrier bring along in a language of their own."""
    data = [SHOP.name, SHOP.website or "", BUYER.name or "", reached.tracking_url]
    data += [line.title for line in reached.order.lines]
    if reached.parcel is not None:
        data += [reached.parcel.carrier_name, reached.parcel.carrier_url or ""]
    text = re.sub(r"https?://\S+|\S+@\S+", " ", " ".join(body.split()))
    for value in data:
        text = text.replace(as_sent(value, channel), " ") if value else text
    return text


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_two_situations_with_the_same_wording_and_place_read_the_same(data: st.DataObject) -> None:
    step = data.draw(st.sampled_from(list(Step)))
    place, reached = data.draw(st.sampled_from(list(situations(step))))
    language, channel = data.draw(st.sampled_from(LANGUAGES)), data.draw(st.sampled_from(list(Channel)))
    alike = told_apart(step)[variant_of(reached), place].model_copy(update={"occurrence": reached.occurrence})
    recipient = replace(BUYER, locale=language)
    assert read(reached, channel, recipient=recipient, shop=SHOP) == read(
        alike, channel, recipient=recipient, shop=SHOP
    )


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("language", LANGUAGES)
def test_who_did_not_order_sees_no_price_no_contents_and_not_who_did(language: str, channel: Channel) -> None:
    for step in Step:
        for reached in told_apart(step).values():
            buyers = reached.buyer.model_copy(update={"name": "Zenobia Quiroga"})
            told = reached.model_copy(update={"buyer": buyers})
            message = read(told, channel, recipient=replace(RECEIVER, locale=language), shop=SHOP)
            everything = message.canonical().decode()
            assert not re.search(r"Zenobia|Quiroga|1[.,]299|Cuaderno|lucia@", everything)
            assert not re.search(r"\b(tu pedido|your order|seu pedido)\b", everything, re.IGNORECASE)
