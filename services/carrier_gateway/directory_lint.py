"""`python -m services.carrier_gateway directory [folder of shops]`: what in the directory buyers must not be given.

A phone that is called confirmed without a source, or was last checked too long ago, is a complaint, unless every shop
says another number in its place: then nobody is given it. A shop's own number is the shop's word and has no age; it
must only be for a carrier that there is. Needs no settings and no broker.
Exit codes: 0 nothing to mend; 1 complaints, one a line; 64 usage; 78 a shop's file is broken.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.directory import complaints
from shared.contracts.directory import CarrierEntry
from shared.processes import EXIT_USAGE
from shared.settings import EXIT_BROKEN_CONFIGURATION, BrokenConfiguration
from shared.shops import Shop, load_shops

COMPLAINTS = 1
USUAL_FOLDER = Path("config/shops")


def lint_directory(arguments: Sequence[str]) -> int:
    """Answers the exit code."""
    if len(arguments) > 1:
        print("usage: python -m services.carrier_gateway directory [folder of shops]", file=sys.stderr)
        return EXIT_USAGE
    try:
        shops = tuple(load_shops(Path(arguments[0]) if arguments else USUAL_FOLDER))
    except BrokenConfiguration as error:
        print(error, file=sys.stderr)
        return EXIT_BROKEN_CONFIGURATION
    entries = tuple(carrier.entry for carrier in CARRIERS)
    found = tuple(all_complaints(entries, shops, datetime.now(UTC).date()))
    print(*found, *_summary(entries, shops), sep="\n")
    return COMPLAINTS if found else 0


def all_complaints(entries: Iterable[CarrierEntry], shops: Sequence[Shop], today: date) -> Iterator[str]:
    known = {entry.id: entry for entry in entries}
    for entry in known.values():
        yield from complaints(_as_given_to_buyers(entry, shops), today)
    for shop in shops:
        for carrier in shop.carrier_phones:
            if carrier not in known:
                yield f"{shop.id}: carrier_phones.{carrier}: there is no such carrier"


def _as_given_to_buyers(entry: CarrierEntry, shops: Sequence[Shop]) -> CarrierEntry:
    """Without the phones for which each shop says one of its own."""
    own = [shop.carrier_phones.get(entry.id, {}) for shop in shops]
    given = tuple(phone for phone in entry.phones if not all(phone.country in numbers for numbers in own))
    return entry.model_copy(update={"phones": given})


def _summary(entries: Iterable[CarrierEntry], shops: Sequence[Shop]) -> Iterator[str]:
    phones = [phone for entry in entries for phone in entry.phones]
    confirmed = sum(phone.confirmed for phone in phones)
    own = sum(len(numbers) for shop in shops for numbers in shop.carrier_phones.values())
    yield f"{confirmed} phones confirmed, {len(phones) - confirmed} carried and shown to nobody, {own} of shops' own"
