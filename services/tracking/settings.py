"""What tracking needs to know at start. Secrets have no defaults."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, SecretStr

from shared.key_entries import OF_OPERATORS, OF_SHOPS, KeyEntry, read_entries, variable_of
from shared.settings import Settings
from shared.shops import Shops

OPS_VARIABLE = "OPS_API_KEYS"
KEY_TOOL = "python -m services.tracking key"


class TrackingSettings(Settings):
    tracking_host: str = "0.0.0.0"
    tracking_port: int = 8002
    console_port: int = 8004
    gateway_url: str
    """The carrier gateway, asked for its directory: `http://gateway:8001`."""
    tracking_public_url: str = Field(pattern=r"^https?://")
    """What the buyer's links begin with: `https://track.example.com`."""
    tracking_token_secret: SecretStr = Field(min_length=32)
    """Makes the buyer's links unguessable; whoever has it can make them all."""


def shop_keys(shops: Shops, environment: Mapping[str, str]) -> dict[str, tuple[KeyEntry, ...]]:
    """Each shop's keys from `SHOP_<SHOP>_API_KEYS`: entries, several at once so that a key can be rotated.

    Raises BrokenConfiguration for a shop without an entry, and for anything that is none, a key in clear above all.
    """
    return {
        shop: read_entries(environment.get(variable_of(shop), ""), variable_of(shop), OF_SHOPS, f"{KEY_TOOL} {shop}")
        for shop in shops.ids
    }


def ops_keys(environment: Mapping[str, str]) -> tuple[KeyEntry, ...]:
    """The operators' keys from `OPS_API_KEYS`. Raises BrokenConfiguration as `shop_keys` does."""
    return read_entries(environment.get(OPS_VARIABLE, ""), OPS_VARIABLE, OF_OPERATORS, f"{KEY_TOOL} --ops")
