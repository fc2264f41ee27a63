"""Which phones are too dear to write to, and how often a day one number, its neighbours and a whole shop may be.

Whoever earns a share of what a message costs orders with numbers of their own, thousands of them ("SMS pumping"). A
shop's caps bound that bill; its list of countries keeps it from beginning. Pure: what was counted is an argument.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, MutableMapping
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from services.notifier.domain.person import person_of
from shared.contracts.vocabulary import Channel

PHONE_CHANNELS = frozenset({Channel.SMS, Channel.WHATSAPP})
NEIGHBOURS_DIGITS = 4
"""Numbers that differ in no more than their last digits are bought together: 10,000 of them are one prefix."""

COUNTRY_NOT_ALLOWED, COSTLY_NUMBER = "country_not_allowed", "costly_number"
CAP_OF_NUMBER, CAP_OF_PREFIX, CAP_OF_SHOP = "cap_of_number", "cap_of_prefix", "cap_of_shop"
REFUSALS = frozenset({COUNTRY_NOT_ALLOWED, COSTLY_NUMBER, CAP_OF_NUMBER, CAP_OF_PREFIX, CAP_OF_SHOP})

_COSTLY = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PERSONAL_NUMBER,  # a British 070 looks like a mobile and bills like a premium line
        PhoneNumberType.PAGER,
    }
)
_NOWHERE = "001"
"""What libphonenumber calls the region of satellites, of +979 and of other codes that are no country's."""

Bucket = tuple[str, str]
"""A shop and what is counted in it. A number is counted by its digest."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How many tellings a UTC day. A telling is one step for one recipient, by whichever channel reaches the phone."""

    number: int
    prefix: int
    shop: int


@dataclass(frozen=True, slots=True)
class Wish:
    """To tell something by phone."""

    shop: str
    number: str
    caps: Caps

    @property
    def counted_in(self) -> tuple[tuple[Bucket, int, str], ...]:
        """Each bucket with its cap and the reason of what it refuses."""
        digest, prefix = person_of(self.shop, self.number).hex(), self.number[:-NEIGHBOURS_DIGITS]
        return (
            ((self.shop, f"number {digest}"), self.caps.number, CAP_OF_NUMBER),
            ((self.shop, f"prefix {prefix}"), self.caps.prefix, CAP_OF_PREFIX),
            ((self.shop, "shop"), self.caps.shop, CAP_OF_SHOP),
        )


def why_not_to(number: str, countries: Collection[str] | None) -> str | None:
    """Why this number in E.164 is never written to; `countries` are those allowed, None: all of them."""
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return COUNTRY_NOT_ALLOWED  # no country has this code
    region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    if region == _NOWHERE or phonenumbers.number_type(parsed) in _COSTLY:
        return COSTLY_NUMBER
    if countries is None or _country_of(parsed, region) in countries:
        return None
    return COUNTRY_NOT_ALLOWED


def _country_of(parsed: phonenumbers.PhoneNumber, main: str) -> str:
    """Of countries that share a code (+1, +7, +44), the number's own; the main one for a number in no known range."""
    return phonenumbers.region_code_for_number(parsed) or main


def share_out(wishes: Iterable[Wish], counted: MutableMapping[Bucket, int]) -> Iterator[str | None]:
    """For each wish why not, else None; `counted` goes on with each that is granted. A refusal takes up no room."""
    for wish in wishes:
        buckets = wish.counted_in
        why = next((reason for bucket, cap, reason in buckets if counted.get(bucket, 0) >= cap), None)
        if why is None:
            for bucket, _, _ in buckets:
                counted[bucket] = counted.get(bucket, 0) + 1
        yield why
