"""Every step, variant, language and channel: it renders, it carries its facts, it fits, it is in one language."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from services.notifier.render import Rendered
from services.notifier.wording.facts import read_page
from services.notifier.wording.gsm7 import Alphabet, size
from services.notifier.wording.specimens import bare, rich, rich_with_shops_phone
from services.notifier.wording.variants import VARIANTS, all_wordings, name_of, speaks_of_parcel, variant_of
from services.notifier.wording.whatsapp_templates import BODY_LIMIT
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Actor, Channel, Condition, Step
from tests.support.steps_reached import LUCIA, RECEIVER, catalog, home_delivery, read, with_parcel, without_parcel

WORDINGS = [pytest.param(*wording, id=name_of(*wording)) for wording in all_wordings()]
LANGUAGES = sorted(catalog().languages)
SPECIMENS = [rich, rich_with_shops_phone, bare]


def bodies(message: Rendered) -> list[str]:
    """Each thing that somebody may read on its own."""
    return [message.text] if message.html is None else [message.text, read_page(message.html).text]


def plain(text: str) -> str:
    return " ".join(text.replace("í", "i").replace("é", "e").split())


@pytest.mark.parametrize("specimen", SPECIMENS)
@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("step", "variant"), WORDINGS)
def test_every_parcel_message_carries_carrier_reference_phone_and_link(
    step: Step, variant: str | None, language: str, channel: Channel, specimen: object
) -> None:
    reached: StepReached = specimen(step, variant)  # type: ignore[operator]
    message = read(reached, channel, recipient=replace(LUCIA, locale=language))
    assert message.language == language
    for body in bodies(message):
        assert reached.tracking_url in body
        assert "{{" not in body
        assert "None" not in body
        if reached.parcel is not None:
            assert reached.parcel.reference in body
            assert reached.parcel.contact.phone in body
            assert plain(reached.parcel.carrier_name) in plain(body)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("step", "variant"), WORDINGS)
def test_every_sms_stays_in_gsm7_and_in_two_segments(step: Step, variant: str | None, language: str) -> None:
    for specimen in SPECIMENS:
        for recipient in (LUCIA, RECEIVER):
            sms = size(read(specimen(step, variant), Channel.SMS, recipient=replace(recipient, locale=language)).text)
            assert sms.alphabet is Alphabet.GSM7
            assert sms.segments <= 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("step", "variant"), WORDINGS)
def test_every_whatsapp_parameter_is_one_line_of_something(step: Step, variant: str | None, language: str) -> None:
    for specimen in SPECIMENS:
        message = read(specimen(step, variant), Channel.WHATSAPP, recipient=replace(LUCIA, locale=language))
        assert message.template is not None
        assert len(message.text) <= BODY_LIMIT
        for parameter in message.template.parameters:
            assert parameter.strip() == parameter != ""
            assert not re.search(r"[\n\t]| {5}", parameter)


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize(("step", "variant"), WORDINGS)
def test_no_two_languages_say_it_in_the_same_words(step: Step, variant: str | None, channel: Channel) -> None:
    reached = home_delivery(step, variant)
    texts = [read(reached, channel, recipient=replace(LUCIA, locale=language)).text for language in LANGUAGES]
    sentences = [{s for s in re.split(r"[.!?:\n]\s+", text) if len(s.split()) > 4} for text in texts]
    assert all(sentences)
    assert set.intersection(*sentences) <= {"https://hito.example/t/Zk3vQ8mN1xT7rB5wLc0yHd"}


@pytest.mark.parametrize(("step", "variant"), WORDINGS)
def test_spanish_reads_well_whatever_stands_in_the_gaps(step: Step, variant: str | None) -> None:
    for specimen in SPECIMENS:
        for recipient in (LUCIA, RECEIVER):
            for channel in Channel:
                text = read(specimen(step, variant), channel, recipient=recipient).text
                assert not re.search(r"\b(de el|a el|de de|a a)\b", text)
                assert not re.search(r"[.!?:] +[.,:]|\.\.| ,|\( ", text)


@pytest.mark.parametrize(("step", "variant"), WORDINGS)
def test_each_wording_is_found_by_the_facts_it_is_for(step: Step, variant: str | None) -> None:
    assert variant_of(rich(step, variant)) == variant


def test_no_two_wordings_of_a_step_say_the_same() -> None:
    for step, variants in VARIANTS.items():
        said = {read(home_delivery(step, variant), Channel.SMS).text for variant in (None, *variants)}
        assert len(said) == len(variants) + 1


@pytest.mark.parametrize("step", [step for step in Step if speaks_of_parcel(step, None)])
def test_what_a_parcel_brings_and_no_wording_names_is_told_in_plain_words(step: Step) -> None:
    plain_words = read(home_delivery(step), Channel.SMS).text
    parcel = home_delivery(step).parcel
    assert parcel is not None
    assert read(home_delivery(step).model_copy(update={"occurrence": "2026-03-24"}), Channel.SMS).text == plain_words


@pytest.mark.parametrize("step", [Step.OUT_FOR_DELIVERY, Step.FAILED_ATTEMPT, Step.DELAYED, Step.CUSTOMS])
@pytest.mark.parametrize("channel", Channel)
def test_a_buyer_is_never_asked_to_pay_what_the_shop_owes(step: Step, channel: Channel) -> None:
    owed = with_parcel(home_delivery(step), condition=Condition.PAYMENT_DUE, action_by=Actor.SHOP)
    text = read(owed, channel).text
    assert not re.search(r"cómo pagarlo|el importe|se paga|queda un pago", text, re.IGNORECASE)


def test_a_promise_broken_for_a_certain_day_is_told_as_a_broken_promise() -> None:
    step = home_delivery(Step.DELAYED).model_copy(update={"occurrence": "promise:2026-03-23"})
    assert read(step).subject == "Tu pedido A-1001 llegará más tarde de lo previsto"


def test_a_shop_that_ships_without_a_tracked_parcel_is_still_heard() -> None:
    for step in (Step.SHIPPED, Step.DELAYED, Step.DELIVERED, Step.RETURNED):
        assert "A-1001" in read(without_parcel(step), Channel.SMS).text
