"""An order without its buyer's contact: nothing of the contact is in it, and everything else still is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.tracking.contact import ErasedOrder, order_without_contact, read_order
from shared.contracts.orders import Buyer, Consent, Order, Recipient
from shared.contracts.vocabulary import Channel
from tests.support.canaries import BUYER, CANARIES, FRIEND
from tests.support.deliveries import CORREOS, SEUR, order

unmistakable = st.integers(min_value=10**11, max_value=10**12 - 1).map(str)
"""Digits that nothing else in an order could hold by chance."""
names = unmistakable.map(lambda digits: f"Lucía {digits}")
emails = unmistakable.map(lambda digits: f"buyer.{digits}@example.com")
phones = unmistakable.map(lambda digits: f"+{digits}")
consents = st.builds(Consent, channel=st.sampled_from(Channel), purpose=names, evidence=names | st.none())
reachable = st.tuples(emails, phones | st.none()) | st.tuples(emails | st.none(), phones)
buyers = st.builds(
    lambda way, **rest: Buyer(email=way[0], phone=way[1], **rest),
    reachable,
    name=names | st.none(),
    locale=st.sampled_from([None, "es-ES", "pt-BR"]),
    timezone=st.sampled_from([None, "Europe/Madrid", "America/Lima"]),
    consents=st.lists(consents, max_size=3).map(tuple),
)
recipients = st.builds(
    lambda way, **rest: Recipient(email=way[0], phone=way[1], **rest),
    reachable,
    name=names | st.none(),
    consents=st.lists(consents, max_size=2).map(tuple),
)
orders = st.builds(
    lambda buyer, others, parcels: order("shipped", buyer=buyer, recipients=tuple(others), parcels=parcels),
    buyers,
    st.lists(recipients, max_size=3),
    st.sampled_from([[], [SEUR], [SEUR, CORREOS]]),
)


def words_in(value: Any) -> set[str]:
    """Every text in a JSON value."""
    match value:
        case dict():
            return {word for child in value.values() for word in words_in(child)}
        case list():
            return {word for child in value for word in words_in(child)}
        case str():
            return {value}
    return set()


def contact_of(told: Order) -> set[str]:
    people: list[Buyer | Recipient] = [*told.recipients, told.buyer]
    spoken = [consent for person in people for consent in person.consents]
    given = [getattr(person, field) for person in people for field in ("name", "email", "phone")]
    return {word for word in (*given, *(said for c in spoken for said in (c.purpose, c.evidence))) if word}


@given(orders)
def test_no_value_of_any_field_of_contact_is_anywhere_in_it(told: Order) -> None:
    left = order_without_contact(told).to_json().decode()
    assert contact_of(told)
    assert [word for word in contact_of(told) if word in left] == []


@given(orders)
def test_everything_but_contact_is_as_it_was(told: Order) -> None:
    before, after = json.loads(told.to_json()), json.loads(order_without_contact(told).to_json())
    kept = {name: value for name, value in before["buyer"].items() if name in ("locale", "timezone")}
    assert after["buyer"] == {**kept, "consents": []}
    assert after["recipients"] == []
    assert {**after, "buyer": None, "recipients": None} == {**before, "buyer": None, "recipients": None}


@given(orders)
def test_it_is_stored_and_read_back_and_taking_contact_out_again_changes_nothing(told: Order) -> None:
    erased = order_without_contact(told)
    assert read_order(erased.to_json().decode()) == erased
    assert order_without_contact(erased) == erased
    assert read_order(told.to_json().decode()) == told


def test_a_canary_in_each_field_of_contact_is_gone() -> None:
    told = order(buyer=BUYER, recipients=(FRIEND,))
    assert all(canary in told.to_json().decode() for canary in CANARIES)
    assert not any(canary in order_without_contact(told).to_json().decode() for canary in CANARIES)


@pytest.mark.parametrize("contact", [{"name": "Lucía"}, {"email": "lucia@example.com"}, {"phone": "+34600000001"}])
def test_an_order_that_was_erased_takes_no_contact_back(contact: dict[str, str]) -> None:
    document = order_without_contact(order()).model_dump()
    with pytest.raises(ValidationError, match="was erased and must not come back"):
        ErasedOrder.model_validate(document | {"buyer": contact})


def test_from_outside_an_order_still_needs_somebody_to_tell() -> None:
    document = order_without_contact(order()).to_json()
    with pytest.raises(ValidationError, match=r"buyer\.email or buyer\.phone is required"):
        Order.model_validate_json(document)
