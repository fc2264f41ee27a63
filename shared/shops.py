"""Shops are configuration, not code: one `config/shops/<shop>.toml` each, read and checked at start.

Secrets are never in these files. A shop's API keys come from the environment.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from shared.contracts.base import CarrierId, Contract, CountryCode, HttpUrl, ShopId, ShortText
from shared.contracts.orders import Email, Locale, TimeZone
from shared.contracts.vocabulary import Channel, Step
from shared.settings import BrokenConfiguration

DisplayPhone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ()./-]{2,24}$")]
"""A phone as people read it: `+34 910 123 456` or a short national number."""


Minutes = Annotated[int, Field(ge=1, le=24 * 60)]


class Channels(Contract):
    """`order` is a list of groups. Each group tells the buyer once, through its first channel that reaches them."""

    order: tuple[tuple[Channel, ...], ...] = Field(
        default=((Channel.EMAIL,), (Channel.WHATSAPP, Channel.SMS)), min_length=1
    )
    only: Mapping[Step, tuple[Channel, ...]] = {}
    """Steps that go to fewer channels than the rest, for example `in_transit = ["email"]`."""
    fallback_after_minutes: Minutes | None = None
    """How long a channel is tried in vain before its group's next one tells. None: 15 where it is urgent, else 60."""
    receipt_within_minutes: Minutes | None = None
    """The next channel tells too when no receipt of delivery came within this time. None: what was accepted counts."""
    resend_in_doubt: bool = False
    """A message on which the buyer must act is sent once more when nobody knows whether it left. It may come twice."""

    def groups_for(self, step: Step) -> tuple[tuple[Channel, ...], ...]:
        allowed = self.only.get(step)
        if allowed is None:
            return self.order
        return tuple(g for g in (tuple(c for c in group if c in allowed) for group in self.order) if g)


class QuietHours(Contract):
    """No message that can wait is sent between these local times of the buyer's zone. `begin` may lie after `end`."""

    begin: time = time(22, 0)
    end: time = time(8, 0)


def _without_zone(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("a local time such as 14:00:00, without a zone")
    return value


ADay = Annotated[int, Field(ge=1, le=10_000_000)]


class Phones(Contract):
    """What may be told by phone, as a wall against orders that are placed to earn a share of the messages' fees.

    Counted are tellings, in UTC days: one step for one recipient, by whichever channel reaches the phone.
    """

    countries: Annotated[tuple[CountryCode, ...], Field(min_length=1)] | None = None
    """Only numbers of these countries. None: of all; premium numbers and satellites are refused everywhere."""
    per_number_a_day: ADay = 20
    per_prefix_a_day: ADay = 300
    """Numbers that differ in their last four digits only."""
    per_shop_a_day: ADay = 10_000


LocalTime = Annotated[time, AfterValidator(_without_zone)]
BusinessDays = Annotated[int, Field(ge=1, le=60)]


class PromiseRules(Contract):
    """What counts as late for this shop. Business days are those of the destination, but for the first scan."""

    announce_broken: bool = True
    """False: buyers are told neither of a broken promise nor of a parcel without scans. What carriers say is told."""
    first_scan_business_days: BusinessDays = 4
    """From the day the shop said that it was sent to the first scan, in business days of the shop."""
    stalled_domestic_business_days: BusinessDays = 3
    """Without a scan, for a parcel that goes to the shop's own country."""
    stalled_international_business_days: BusinessDays = 5
    cut_off: LocalTime = time(14, 0)
    """In the shop's zone. What the shop says from then on counts as said on the next business day."""
    tell_at: LocalTime = time(9, 0)
    """In the destination's zone, on the day after: the night before it is left for scans that are heard late."""


class Shop(Contract):
    """One shop as buyers meet it."""

    id: ShopId
    name: ShortText
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#0b6e4f"
    language: Locale = "es"
    zone: TimeZone = "Europe/Madrid"
    country: CountryCode = "ES"
    support_phone: DisplayPhone
    support_email: Email | None = None
    sender_email: Email | None = None
    website: HttpUrl | None = None
    channels: Channels = Channels()
    quiet_hours: QuietHours | None = None
    phones: Phones = Phones()
    promise: PromiseRules = PromiseRules()
    carrier_phones: Mapping[CarrierId, Mapping[CountryCode, DisplayPhone]] = {}
    """The shop vouches for these numbers: they win over the directory's."""
    carrier_names: Mapping[CarrierId, ShortText] = {}
    """What this shop calls a carrier, its own courier (`generic`) above all."""
    texts: Mapping[str, Annotated[str, StringConstraints(max_length=2000)]] = {}
    """Wording overrides, keyed like the language files: `es.shipped.subject`."""


class Shops:
    """All shops by id."""

    def __init__(self, shops: Mapping[str, Shop]) -> None:
        self._shops = dict(shops)

    def get(self, shop: str) -> Shop | None:
        return self._shops.get(shop)

    def __getitem__(self, shop: str) -> Shop:
        return self._shops[shop]

    def __iter__(self) -> Iterator[Shop]:
        return iter(self._shops.values())

    def __contains__(self, shop: str) -> bool:
        return shop in self._shops

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._shops)


def load_shops(folder: Path) -> Shops:
    """Read every `*.toml` of the folder. Raises BrokenConfiguration naming the file and the key."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise BrokenConfiguration(f"{folder}: no shop is configured; add {folder}/<shop>.toml")
    return Shops({file.stem: _load_shop(file) for file in files})


def _load_shop(file: Path) -> Shop:
    try:
        read = tomllib.loads(file.read_text("utf-8"))
        if "id" in read:
            raise BrokenConfiguration(f"{file}: id: remove it; the file's name is the shop's id")
        return Shop.model_validate({"id": file.stem, **read})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenConfiguration(f"{file}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BrokenConfiguration(f"{file}: {key}: {first['msg']}") from error
