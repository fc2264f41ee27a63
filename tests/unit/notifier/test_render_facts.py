"""A parcel message that lacks one of its facts does not leave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.wording.facts import read_page, require_present
from services.notifier.wording.unrenderable import Fact, MessageTooLong, MissingFact
from shared.contracts.orders import Line
from shared.contracts.shipments import Location
from shared.contracts.steps import Contact, StepReached
from shared.contracts.vocabulary import Channel, Step
from tests.support.steps_reached import FARO, home_delivery, read, with_order, with_parcel


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize(
    ("fact", "changes"),
    [
        (Fact.CARRIER, {"carrier_name": " "}),
        (Fact.REFERENCE, {"reference": "\u200b"}),
        (Fact.PHONE, {"contact": Contact(phone="", of_shop=False)}),
        (Fact.PHONE, {"contact": Contact(phone="sin teléfono", of_shop=False)}),
    ],
)
def test_a_blank_fact_stops_the_message(fact: Fact, changes: dict[str, object], channel: Channel) -> None:
    with pytest.raises(MissingFact) as stopped:
        read(with_parcel(home_delivery(), **changes), channel)
    assert stopped.value.fact is fact
    assert stopped.value.reason == f"missing_{fact}"


@pytest.mark.parametrize("step", [Step.IN_TRANSIT, Step.OUT_FOR_DELIVERY, Step.LOST])
def test_a_step_of_a_parcel_without_a_parcel_stops_the_message(step: Step) -> None:
    with pytest.raises(MissingFact, match="names no parcel"):
        read(home_delivery(step).model_copy(update={"parcel": None}))


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize(
    ("fact", "key", "words"),
    [
        (Fact.REFERENCE, "sms.parcel", "{{ shop }}: {{ sms }} {{ sms_next }} {{ carrier }} {{ phone }} {{ link }}"),
        (Fact.NEXT, "sms.parcel", "{{ shop }}: {{ sms }} {{ carrier }} {{ reference }} {{ phone }} {{ link }}"),
        (
            Fact.LINK,
            "whatsapp.parcel",
            "{{ shop }}: {{ happened }} {{ next }} {{ carrier }} {{ reference }} {{ phone }}.",
        ),
    ],
)
def test_a_shops_own_words_cannot_drop_a_fact(fact: Fact, key: str, words: str, channel: Channel) -> None:
    shop = FARO.model_copy(update={"texts": {f"es.{key}": words}})
    if not key.startswith(channel):
        assert read(home_delivery(), channel, shop=shop).text
        return
    with pytest.raises(MissingFact) as stopped:
        read(home_delivery(), channel, shop=shop)
    assert stopped.value.fact is fact


@pytest.mark.parametrize("channel", Channel)
def test_the_shops_own_phone_is_named_as_the_shops(channel: Channel) -> None:
    contact = Contact(phone="+34 910 123 456", of_shop=True)
    text = read(with_parcel(home_delivery(), contact=contact), channel).text
    assert "+34 910 123 456" in text
    assert "Libreria Faro" in text or "Librería Faro" in text
    assert "tienda" in text
    assert "Teléfono de SEUR" not in text


def test_a_number_that_only_contains_the_reference_does_not_count_as_it() -> None:
    with pytest.raises(MissingFact):
        require_present({Fact.REFERENCE: "12"}, "tel. 91200", "the SMS")
    require_present({Fact.REFERENCE: "12"}, "ref. 12, tel. 91200", "the SMS")


def test_what_an_html_reader_cannot_see_does_not_count() -> None:
    page = read_page(
        '<head><title>12</title></head><div style="display: none">34<br><b>56</b></div><p>78</p>'
        '<script type="application/ld+json">{"a": "90"}</script><a href="https://a.example">x</a>'
    )
    assert page.text == "78 x"
    assert page.links == ["https://a.example"]


def test_a_reference_that_an_sms_cannot_spell_goes_by_another_channel() -> None:
    step = with_parcel(home_delivery(), reference="ПОЧТА-1")
    assert "ПОЧТА-1" in read(step, Channel.EMAIL).text
    with pytest.raises(MissingFact) as stopped:
        read(step, Channel.SMS)
    assert stopped.value.fact is Fact.REFERENCE


def test_a_message_that_would_cost_too_many_segments_is_refused() -> None:
    with pytest.raises(MessageTooLong, match="segments"):
        read(overlong(), Channel.SMS)


def test_a_whatsapp_text_over_its_limit_is_refused() -> None:
    with pytest.raises(MessageTooLong, match="1024"):
        read(overlong(), Channel.WHATSAPP)


def overlong() -> StepReached:
    return home_delivery().model_copy(update={"tracking_url": f"https://hito.example/t/{'x' * 900}"})


names = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), min_size=1, max_size=60)


@given(name=names, title=names, city=names)
def test_whatever_a_name_holds_the_facts_stand_or_the_message_does_not_leave(name: str, title: str, city: str) -> None:
    step = with_parcel(home_delivery(), carrier_name=name, location=Location(city=city))
    step = with_order(step, lines=(Line(id="1", title=title, quantity=1),))
    for channel in Channel:
        try:
            message = read(step, channel)
        except (MissingFact, MessageTooLong):
            continue
        assert "12345678901234" in message.text
        assert "+34 910 000 111" in message.text
        assert step.tracking_url in message.text
        assert message.subject is None or "\n" not in message.subject
