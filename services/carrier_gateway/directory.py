"""`GET /carriers`: whom to call and where to look, carrier by carrier, and the lint that keeps it fresh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from services.carrier_gateway.parts.base import Carrier
from shared.contracts.directory import CarrierEntry, CarrierList

PHONE_LIFETIME = timedelta(days=365)


def list_carriers(carriers: Iterable[Carrier]) -> CarrierList:
    """Every entry; `polled` says that the carrier can be asked, whether or not a key is set up today."""
    return CarrierList(
        carriers=tuple(carrier.entry.model_copy(update={"polled": carrier.pull is not None}) for carrier in carriers)
    )


def complaints(entry: CarrierEntry, today: date) -> Iterator[str]:
    """What a person has to mend before release: buyers would be given it as it is."""
    for phone in entry.phones:
        if phone.confirmed and not phone.source.strip():
            yield f"{entry.id}: the phone for {phone.country} has no source"
        if phone.confirmed and today - phone.checked_on > PHONE_LIFETIME:
            yield f"{entry.id}: the phone for {phone.country} was last checked on {phone.checked_on}"
        if phone.checked_on > today:
            yield f"{entry.id}: the phone for {phone.country} was checked in the future"
    for link in entry.links:
        if link.template.count("{reference}") != 1:
            yield f"{entry.id}: a link must hold {{reference}} once: {link.template}"
        if not link.template.startswith("https://"):
            yield f"{entry.id}: a link must be https: {link.template}"
