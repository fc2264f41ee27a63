"""Each wording is found by the facts that it is for, says something of its own, and reads well in Spanish."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from services.notifier.wording.specimens import bare, rich, rich_with_shops_phone
from services.notifier.wording.variants import VARIANTS, all_wordings, name_of, speaks_of_parcel, variant_of
from shared.contracts.shipments import Eta
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Actor, Channel, Condition, DeliveredTo, Stage, Step
from tests.support.steps_reached import FARO, LUCIA, RECEIVER, home_delivery, read, with_parcel, without_parcel

WORDINGS = [pytest.param(*wording, id=name_of(*wording)) for wording in all_wordings()]
SPECIMENS = [rich, rich_with_shops_phone, bare]


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


def late(occurrence: str, **parcel: object) -> StepReached:
    return with_parcel(home_delivery(Step.DELAYED).model_copy(update={"occurrence": occurrence}), **parcel)


def test_a_new_day_of_the_carrier_is_told_as_the_new_day() -> None:
    text = read(late("eta:2026-03-24:1")).text
    assert "llegará más tarde de lo que te dijimos" in text
    assert "Ahora la entrega está prevista para el miércoles 25 de marzo" in text
    assert "Ahora llega el mié 25/3" in read(late("eta:2026-03-24:1"), Channel.SMS).text


def test_a_new_day_that_has_gone_by_too_is_no_new_day() -> None:
    passed = late("eta:2026-03-20:1", eta=Eta(until=datetime(2026, 3, 23, 13, tzinfo=UTC)))
    assert "La fecha que te dimos ya ha pasado" in read(passed).text
    assert "Nueva fecha" not in (read(passed).subject or "")
    assert read(late("eta:2026-03-20:1", eta=None)).subject == "Tu pedido A-1001 va con retraso"


def test_a_silence_says_since_when_in_the_buyers_zone() -> None:
    silent = late("stalled:2026-03-18T23:30:00Z")
    assert "SEUR no da noticias desde el jueves 19 de marzo" in read(silent).text
    assert "no se mueve desde el jue 19/3" in read(silent, Channel.SMS).text


@pytest.mark.parametrize("occurrence", ["stalled:", "stalled:yesterday", "stalled:2026-03-18T23:30:00", "stalled"])
def test_a_silence_without_an_instant_is_told_as_a_delay(occurrence: str) -> None:
    assert read(late(occurrence)).subject == "Tu pedido A-1001 va con retraso"


def test_a_parcel_that_the_carrier_has_not_scanned_is_not_in_its_hands() -> None:
    sent = with_parcel(home_delivery(Step.SHIPPED), stage=Stage.REGISTERED)
    assert "Hemos enviado tu pedido A-1001 con SEUR." in read(sent).text
    assert "SEUR ya tiene" not in read(sent).text
    assert "SEUR todavía no lo ha escaneado" in read(late("first_scan", stage=Stage.REGISTERED)).text


def test_where_a_delivered_parcel_is_comes_before_what_happened_to_it() -> None:
    delivered = with_parcel(home_delivery(Step.DELIVERED), condition=Condition.DAMAGED)
    assert "avisa de que ha sufrido daños" in read(delivered).text
    assert "a un vecino" in read(with_parcel(delivered, delivered_to=DeliveredTo.NEIGHBOUR)).text
    assert "avisa de que ha sufrido daños" in read(with_parcel(delivered, delivered_to=DeliveredTo.RECIPIENT)).text


@pytest.mark.parametrize("condition", [Condition.CUSTOMS, Condition.PAYMENT_DUE, Condition.HELD, None])
@pytest.mark.parametrize("step", [Step.CUSTOMS, Step.FAILED_ATTEMPT])
def test_what_the_shop_has_to_settle_asks_nothing_of_the_buyer(step: Step, condition: Condition | None) -> None:
    text = read(with_parcel(home_delivery(step), condition=condition, action_by=Actor.SHOP)).text
    assert "Ya estamos en ello y no tienes que hacer nada." in text


@pytest.mark.parametrize("step", [Step.IN_TRANSIT, Step.FAILED_ATTEMPT, Step.DELAYED])
def test_what_only_the_buyer_can_settle_asks_them_to_call(step: Step) -> None:
    text = read(with_parcel(home_delivery(step), action_by=Actor.BUYER)).text
    assert "necesita algo de ti" in text
    assert "Llama a SEUR al +34 910 000 111 y te dirán qué hace falta." in text


def test_a_name_with_an_emoji_leaves_no_hole_in_an_sms() -> None:
    shop = FARO.model_copy(update={"name": "Librería Faro 📚"})
    assert read(home_delivery(), Channel.SMS, shop=shop).text.startswith("Libreria Faro: tu pedido")
