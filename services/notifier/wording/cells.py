"""What a complete language has to say: every cell of it, so that a hole is found at start and never by a buyer.

A cell is a text by its dotted key. The steps' own words come from `variants`; the rest is listed here, by table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from services.notifier.wording.variants import all_wordings, name_of
from services.notifier.wording.words import FIELDS

_SHARED: Mapping[str, str] = {
    "formats": "day short_day time",
    "phrases": "the_shop payment_of refund refund_of",
    "phrases.yours": "whole part whole_short part_short payment",
    "phrases.theirs": "whole part whole_short part_short payment",
    "when": "moment until window between",
    "arrival": "on between now_on now_between unknown delayed",
    "arrival_short": "on between now_on now_between unknown delayed",
    "aftercare": "returns_and_warranty returns warranty none short",
    "parts": "this_one_only so_far all_here",
    "progress": "preparing shipped out_for_delivery ready_for_pickup delivered",
    "email": (
        "greeting greeting_by_name next_title carrier reference phone_of hours expected last_seen order_number total "
        "link carrier_site returns warranty read_policy shop_phone shop_email shop_site preferences unsubscribe"
    ),
    "email.parcel": "button sheet_title items_title",
    "email.order": "button sheet_title items_title",
    "email.closing": "yours theirs",
    "sms": "parcel parcel_shop_phone order",
    "whatsapp": "parcel order",
}
_COUNTED = ("phrases.days", "phrases.months", "phrases.years", "phrases.more_items")
_COUNTS = range(200)
"""Days, months and articles: larger numbers do not occur, nor do the plural forms that only millions have."""


def missing_cells(tag: str, texts: Collection[str]) -> tuple[str, ...]:
    """The keys that a complete language lacks, the shared ones first. `tag` says which plural forms it has.

    Raises ValueError for a tag that CLDR does not know.
    """
    return tuple(cell for cell in _cells(tag, texts) if cell not in texts)


def _cells(tag: str, texts: Collection[str]) -> Iterator[str]:
    """A variant words what happened or what comes next itself, always in both lengths.

    Else an SMS would say of a parcel at a neighbour's what is said of one in the buyer's hands.
    """
    yield from (f"{table}.{name}" for table, names in _SHARED.items() for name in names.split())
    yield from (f"{key}.{form}" for key in _COUNTED for form in _plural_forms(tag))
    for step, variant in all_wordings():
        name = name_of(step, variant)
        own = {field for field in FIELDS if f"{name}.{field}" in texts}
        if variant is None:
            needed = frozenset(FIELDS)
        elif own & {"happened", "sms"}:
            needed = frozenset({"happened", "sms"})
        else:
            needed = frozenset({"next", "sms_next"})
        yield from (f"{name}.{field}" for field in FIELDS if field in needed)


@lru_cache(maxsize=64)
def _plural_forms(tag: str) -> tuple[str, ...]:
    try:
        locale = Locale.parse(tag, sep="-")
    except UnknownLocaleError as error:
        raise ValueError(f"no such language in CLDR: {tag}") from error
    return tuple(sorted({locale.plural_form(count) for count in _COUNTS}))
