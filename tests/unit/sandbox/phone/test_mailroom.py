"""Messages find their owner, statuses only move forward, and open pages hear of both."""

from __future__ import annotations

from itertools import permutations

import pytest

from sandbox.people import PEOPLE
from sandbox.phone.address_book import AddressBook
from sandbox.phone.mailroom import KEPT_PER_PERSON, PENDING_PER_PAGE, Mailroom
from shared.contracts.vocabulary import Channel
from tests.support.accepted_messages import LINK, LUCIA, phone_message, status_change


@pytest.fixture
def mailroom() -> Mailroom:
    return Mailroom(AddressBook(PEOPLE, b"salt"))


def test_a_buyers_mail_and_phone_are_one_persons(mailroom: Mailroom) -> None:
    mailroom.deliver(phone_message("m1", channel=Channel.EMAIL))
    mailroom.deliver(phone_message("m2", channel=Channel.SMS))
    (person,) = mailroom.people()
    assert (person["name"], person["total"], person["channels"]) == (LUCIA.name, 2, ["email", "sms"])


def test_a_strangers_mail_and_phone_meet_through_the_tracking_link_they_share(mailroom: Mailroom) -> None:
    mailroom.deliver(phone_message("m1", to="curious@example.org", channel=Channel.EMAIL, text=f"Mira: {LINK}."))
    mailroom.deliver(phone_message("m2", to="+34699999999", text=f"Aquí {LINK}"))
    assert [person["total"] for person in mailroom.people()] == [2]


def test_two_strangers_of_one_order_with_a_phone_each_stay_two(mailroom: Mailroom) -> None:
    mailroom.deliver(phone_message("m1", to="+34699999999", text=LINK))
    mailroom.deliver(phone_message("m2", to="+34688888888", text=LINK))
    assert len(mailroom.people()) == 2


def test_whoever_got_the_latest_message_stands_first(mailroom: Mailroom) -> None:
    for number, person in enumerate(PEOPLE[:3]):
        channel = person.channels[0]
        mailroom.deliver(phone_message(f"m{number}", to=person.address(channel), channel=channel, minutes=number))
    assert [person["name"] for person in mailroom.people()] == [person.name for person in reversed(PEOPLE[:3])]


@pytest.mark.parametrize("order", permutations(["sent", "delivered", "read"]), ids=" ".join)
def test_a_status_never_goes_back_in_whichever_order_they_come(mailroom: Mailroom, order: tuple[str, ...]) -> None:
    mailroom.deliver(phone_message("m1"))
    for status in order:
        mailroom.tell(status_change("m1", status))
    message = mailroom.message("m1")
    assert message is not None
    assert message.status == "read"


def test_a_status_that_comes_before_its_message_is_kept(mailroom: Mailroom) -> None:
    mailroom.tell(status_change("m1", "delivered"))
    mailroom.deliver(phone_message("m1"))
    message = mailroom.message("m1")
    assert message is not None
    assert message.status == "delivered"


def test_no_address_stands_in_an_id_that_goes_into_urls(mailroom: Mailroom) -> None:
    mailroom.deliver(phone_message("m1", channel=Channel.EMAIL))
    (person,) = mailroom.people()
    assert person["id"].isalnum()
    assert AddressBook(PEOPLE, b"other").owner_of(phone_message("m1", channel=Channel.EMAIL)).id != person["id"]


def test_only_the_newest_messages_of_a_person_are_kept(mailroom: Mailroom) -> None:
    for number in range(KEPT_PER_PERSON + 5):
        mailroom.deliver(phone_message(f"m{number}", minutes=number))
    (person,) = mailroom.people()
    assert person["total"] == KEPT_PER_PERSON
    assert mailroom.message("m0") is None


async def test_an_open_page_hears_of_a_message_and_of_its_status(mailroom: Mailroom) -> None:
    async with mailroom.page_open() as page:
        mailroom.deliver(phone_message("m1"))
        mailroom.tell(status_change("m1", "delivered"))
        heard = [await page.get(), await page.get()]
    assert [update["message"]["status"] for update in heard if update] == ["sent", "delivered"]


async def test_a_page_that_does_not_read_is_let_go(mailroom: Mailroom) -> None:
    async with mailroom.page_open() as page:
        for number in range(PENDING_PER_PAGE + 1):
            mailroom.deliver(phone_message(f"m{number}"))
        assert await page.get() is None
