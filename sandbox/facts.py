"""The five facts, looked for in every body a provider received: carrier, reference, phone, link, what happens next.

What each must be is written down here once more, after config/shops/demo.toml, and not asked of the product.
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.beats import Parcel, Plot
from sandbox.next_words import plain, says_what_is_next
from sandbox.people import Person
from sandbox.received import Received

CARRIER_NAMES = {"generic": "Mensajería Faro", "dhl": "DHL"}
COURIER_PHONE_IN_SPAIN = "+34 910 000 002"
SHOP_PHONE = "+34 910 000 001"
FACTS = ("carrier", "reference", "phone", "link", "next step")


def phone_for(parcel: Parcel, country: str) -> str:
    """The shop vouches for its courier in Spain; nobody has confirmed a number of DHL, so the shop's own stands in."""
    return COURIER_PHONE_IN_SPAIN if parcel.carrier == "generic" and country == "ES" else SHOP_PHONE


def lacking(received: Received, plot: Plot, tracking_url: str) -> Iterator[str]:
    """The facts that are missing, each with the body it is missing from. Nothing for a message about no parcel."""
    told = received.told
    parcel = next((p for p in plot.parcels if p.key == told.parcel), None)
    if parcel is None or not told.step.about_parcel:
        return
    reader = _reader(received, plot)
    to = plot.listeners[-1]
    wanted = {
        "carrier": plain(CARRIER_NAMES[parcel.carrier]),
        "reference": plain(parcel.reference),
        "phone": _digits(phone_for(parcel, to.country)),
    }
    for where, body in received.bodies.items():
        texts = {"carrier": plain(body), "reference": plain(body), "phone": _digits(body)}
        yield from (f"{fact} ({where})" for fact, value in wanted.items() if value not in texts[fact])
        if not says_what_is_next(body, told.step, told.channel, reader.locale.split("-")[0]):
            yield f"next step ({where})"
    if not received.contains_link(tracking_url):
        yield "link"


def _reader(received: Received, plot: Plot) -> Person:
    address = received.accepted.to
    return next((p for p in plot.listeners if address in (p.email, p.phone)), plot.buyer)


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())
