"""Of an order in several parcels, no message speaks as if it were the whole."""

from __future__ import annotations

import re

import pytest

from shared.contracts.orders import Line, LineQuantity
from shared.contracts.vocabulary import Channel, Step
from tests.support.steps_reached import RECEIVER, home_delivery, read, with_order, with_parcel


@pytest.mark.parametrize("channel", Channel)
def test_half_an_order_is_never_announced_as_the_order(channel: Channel) -> None:
    step = with_order(home_delivery(Step.DELIVERED), parcels_total=2, parcels_delivered=1)
    message = read(step, channel)
    said = f"{message.subject} {message.text}".lower()
    sentences = [sentence for sentence in re.split(r"[.:]\s", said) if "pedido" in sentence and "entregado" in sentence]
    assert "uno de los 2 paquetes" in said or "uno de tus 2 paquetes" in said
    assert all("uno de los 2 paquetes de tu pedido" in sentence for sentence in sentences)


def test_the_first_of_two_parcels_says_how_many_have_come() -> None:
    step = with_order(home_delivery(Step.DELIVERED), parcels_total=2, parcels_delivered=1)
    assert "Ya van 1 de 2 paquetes entregados" in read(step).text


def test_the_last_parcel_says_that_the_order_is_whole() -> None:
    step = with_order(home_delivery(Step.DELIVERED), parcels_total=2, parcels_delivered=2)
    assert "los 2 paquetes del pedido ya están entregados" in read(step).text


def test_a_message_on_the_way_says_that_the_others_are_told_apart() -> None:
    step = with_order(home_delivery(Step.SHIPPED), parcels_total=3)
    assert "El pedido va en 3 paquetes" in read(step).text
    assert read(step).subject == "Uno de los 3 paquetes de tu pedido A-1001 va en camino"


def test_an_order_of_one_parcel_is_called_the_order() -> None:
    message = read(home_delivery(Step.DELIVERED))
    assert message.subject == "Tu pedido A-1001 ya está entregado"
    assert "paquetes" not in message.text


def test_only_what_is_in_the_parcel_is_listed() -> None:
    lines = (Line(id="1", title="Cuaderno", quantity=3), Line(id="2", title="Tinta", quantity=1))
    step = with_order(home_delivery(), parcels_total=2, lines=lines)
    text = read(with_parcel(step, lines=(LineQuantity(id="1", quantity=2),))).text
    assert "2 × Cuaderno" in text
    assert "Tinta" not in text


def test_without_knowing_what_is_in_the_parcel_nothing_is_listed() -> None:
    assert "Qué va dentro" not in read(with_order(home_delivery(), parcels_total=2)).text


def test_a_long_list_is_cut_and_says_so() -> None:
    lines = tuple(Line(id=str(n), title=f"Libro {n}", quantity=1) for n in range(13))
    text = read(with_order(home_delivery(Step.ORDER_CONFIRMED), lines=lines)).text
    assert "Libro 11" in text
    assert "Libro 12" not in text
    assert "y 1 artículo más" in text


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("step", [Step.ORDER_CONFIRMED, Step.PAYMENT_RECEIVED, Step.SHIPPED, Step.REFUNDED])
def test_somebody_who_did_not_order_sees_neither_amounts_nor_contents(step: Step, channel: Channel) -> None:
    message = read(home_delivery(step), channel, recipient=RECEIVER)
    everything = f"{message.subject} {message.text} {message.html}"
    assert "1.299" not in everything
    assert "Cuaderno" not in everything
    assert "tu pedido" not in everything.lower()
    assert "Lucía" not in everything
