"""The right words to the right person: the bytes that were frozen, the five facts, and nothing of another shop."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape

from tests.oracle.case import Case, Heard
from tests.oracle.story import OPENING
from tests.oracle.verdicts import Finding, Tally
from tests.oracle.words import digits, plain, says_what_is_next, seen_in

ABOUT_THE_ORDER = OPENING | {"order_cancelled", "refunded"}


def of_order(case: Case, tally: Tally) -> Iterator[Finding]:
    for each in case.heard:
        key = f"{case.name}: {each.message.step} to {each.message.recipient} by {each.message.channel}"
        yield from _addressed(case, each, key)
        if each.message.sha256 is not None:
            tally["bodies compared with what was frozen"] += 1
            if each.message.sha256 != each.accepted.sha256:
                yield Finding("content.bytes", key, each.message.sha256, each.accepted.sha256)
        parcel = each.message.parcel
        if parcel is not None and each.message.step not in ABOUT_THE_ORDER:
            tally["messages looked through for the five facts"] += 1
            for fact in _lacking(case, each, parcel):
                yield Finding("content.fact", key, fact, "not in it")


def _addressed(case: Case, each: Heard, key: str) -> Iterator[Finding]:
    """Addresses are personal: a finding never names one."""
    accepted, message = each.accepted, each.message
    person = case.order.people.get(message.recipient)
    if accepted.channel != message.channel:
        yield Finding("content.channel", key, message.channel, accepted.channel)
    wanted = person.address(accepted.channel) if person else None
    if wanted is None or wanted.casefold() != accepted.to.casefold():
        yield Finding("content.recipient", key, "the recipient's own address", "somebody else's")
    bodies = plain(" ".join((accepted.text or "", seen_in(accepted.html or ""))))
    for other in case.shops.values():
        if other.id != case.shop.id and plain(other.name) in bodies:
            yield Finding("content.other_shop", key, f"nothing of {other.id}", "its name")


def _lacking(case: Case, each: Heard, parcel: str) -> Iterator[str]:
    carrier, _, reference = parcel.partition("/")
    phone = case.shop.phone_for(carrier, case.order.countries.get(parcel, ""))
    name = case.shop.carrier_names.get(carrier)
    for where, body in _bodies(each):
        if name is not None and plain(name) not in plain(body):
            yield f"carrier ({where})"
        if plain(reference) not in plain(body):
            yield f"reference ({where})"
        if digits(phone) not in digits(body):
            yield f"phone ({where})"
        if not says_what_is_next(body, each.message.step):
            yield f"next step ({where})"
    link, html = case.status.tracking_url, each.accepted.html
    if link not in (each.accepted.text or "") or (html is not None and link not in unescape(html)):
        yield "link"


def _bodies(each: Heard) -> Iterator[tuple[str, str]]:
    yield "text", each.accepted.text or ""
    if each.accepted.html is not None:
        yield "html", seen_in(each.accepted.html)
