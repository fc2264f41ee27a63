"""The facts of an e-mail as lists of entries: the parcel's, the order's, its contents, how to reach the shop."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.notifier.wording.arrival import expected_day
from services.notifier.wording.money import format_money
from services.notifier.wording.situation import Situation, clean
from shared.contracts.orders import Line
from shared.contracts.steps import ParcelFacts
from shared.contracts.vocabulary import Step

ITEMS_SHOWN = 12
_NO_LONGER_EXPECTED = frozenset({Step.DELIVERED, Step.READY_FOR_PICKUP, Step.RETURNING, Step.RETURNED, Step.LOST})

_ARRIVED = frozenset({Step.DELIVERED, Step.RETURNED})


@dataclass(frozen=True)
class Entry:
    """One line: `label: value`. `href` makes the value a link."""

    label: str
    value: str
    href: str | None = None


def sheet(situation: Situation, values: Mapping[str, str]) -> tuple[Entry, ...]:
    """Carrier, reference and phone first; what is unknown has no line."""
    say, parcel = situation.speech.say, situation.parcel
    phone = Entry(say("email.phone_of", values), values["phone"], _dial(values["phone"]))
    link = Entry(say("email.link"), values["link"], values["link"])
    order = Entry(say("email.order_number"), values["order"])
    if parcel is None:
        return (order, *_total(situation), phone, link)
    carrier = Entry(say("email.carrier"), values["carrier"])
    reference = Entry(say("email.reference"), values["reference"])
    known = _known_of_parcel(situation, parcel)
    return (carrier, reference, phone, *known, order, link, *_site(situation, parcel, values))


def contact(situation: Situation) -> tuple[Entry, ...]:
    """How to reach the shop, at the foot of every e-mail."""
    shop, say = situation.shop, situation.speech.say
    entries = [Entry(say("email.shop_phone"), shop.support_phone, _dial(shop.support_phone))]
    if shop.support_email:
        entries.append(Entry(say("email.shop_email"), shop.support_email, f"mailto:{shop.support_email}"))
    if shop.website:
        entries.append(Entry(say("email.shop_site"), shop.website, shop.website))
    return tuple(entries)


def contents(situation: Situation) -> tuple[Line, ...]:
    """What the buyer ordered, or what of it is in this parcel. Nobody else is told: it may be a present."""
    order, parcel = situation.step.order, situation.parcel
    if not situation.to_buyer:
        return ()
    if parcel is None or (not parcel.lines and order.parcels_total <= 1):
        return order.lines
    ordered = {line.id: line.title for line in order.lines}
    packed = [part for part in parcel.lines if part.id in ordered]
    return tuple(Line(id=part.id, title=ordered[part.id], quantity=part.quantity) for part in packed)


def list_of(lines: tuple[Line, ...], situation: Situation) -> tuple[str, ...]:
    """`2 × Zapatillas`; a long list is cut and says how many more there are."""
    shown = [f"{line.quantity} × {situation.told(line.title)}" for line in lines[:ITEMS_SHOWN]]
    hidden = len(lines) - len(shown)
    return (*shown, *([situation.speech.count("phrases.more_items", hidden)] if hidden else []))


def _known_of_parcel(situation: Situation, parcel: ParcelFacts) -> tuple[Entry, ...]:
    expected = expected_day(situation) if situation.step.step not in _NO_LONGER_EXPECTED else None
    known = (
        ("email.hours", situation.told(parcel.contact.hours or "")),
        ("email.expected", clean(expected[:1].upper() + expected[1:] if expected else "")),
        ("email.last_seen", _last_seen(situation, parcel) if situation.step.step not in _ARRIVED else ""),
    )
    return tuple(Entry(situation.speech.say(label), value) for label, value in known if value)


def _last_seen(situation: Situation, parcel: ParcelFacts) -> str:
    place = parcel.location
    if place is None or not place.city:
        return ""
    abroad = place.country is not None and place.country != situation.shop.country
    country = situation.speech.locale.territories.get(place.country) if abroad else None
    city = situation.told(place.city)
    return f"{city}, {country}" if country and city else city


def _site(situation: Situation, parcel: ParcelFacts, values: Mapping[str, str]) -> tuple[Entry, ...]:
    if parcel.carrier_url is None:
        return ()
    return (Entry(situation.speech.say("email.carrier_site", values), parcel.carrier_url, parcel.carrier_url),)


def _total(situation: Situation) -> tuple[Entry, ...]:
    payment = situation.step.order.payment
    if payment is None or payment.total is None or not situation.to_buyer:
        return ()
    return (Entry(situation.speech.say("email.total"), clean(format_money(payment.total, situation.speech.locale))),)


def _dial(phone: str) -> str:
    """The `tel:` link of a number as people write it."""
    return "tel:" + re.sub(r"[^\d+]", "", phone)
