"""What the shops of a run wish, from their own configuration: an input of the run, not a word of the product."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class ShopWishes:
    """One shop. `groups`: each tells a buyer once, through its first channel that reaches them."""

    id: str
    name: str
    zone: ZoneInfo
    support_phone: str
    groups: tuple[tuple[str, ...], ...]
    only: dict[str, tuple[str, ...]]
    carrier_names: dict[str, str]
    carrier_phones: dict[str, dict[str, str]]

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(channel for group in self.groups for channel in group)

    def tells(self, step: str, channel: str) -> bool:
        return channel in self.only.get(step, self.channels)

    def phone_for(self, carrier: str, country: str) -> str:
        """The number that the shop vouches for, else its own."""
        return self.carrier_phones.get(carrier, {}).get(country, self.support_phone)


def read_shops(folder: Path) -> dict[str, ShopWishes]:
    """Raises FileNotFoundError when there is no shop."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise FileNotFoundError(f"{folder}: no shop")
    return {file.stem: _wishes(file.stem, tomllib.loads(file.read_text("utf-8"))) for file in files}


def _wishes(id: str, told: dict[str, Any]) -> ShopWishes:
    channels = told.get("channels", {})
    return ShopWishes(
        id=id,
        name=told["name"],
        zone=ZoneInfo(told.get("zone", "Europe/Madrid")),
        support_phone=told["support_phone"],
        groups=tuple(tuple(group) for group in channels.get("order", (("email",), ("whatsapp", "sms")))),
        only={step: tuple(allowed) for step, allowed in channels.get("only", {}).items()},
        carrier_names=told.get("carrier_names", {}),
        carrier_phones=told.get("carrier_phones", {}),
    )
