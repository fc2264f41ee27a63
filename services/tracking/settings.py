"""What tracking needs to know at start. Secrets have no defaults."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, SecretStr

from shared.settings import BrokenConfiguration, Settings
from shared.shops import Shops


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
    ops_api_key: SecretStr = Field(min_length=20)


def shop_keys(shops: Shops, environment: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Each shop's API keys from `SHOP_<SHOP>_API_KEYS`, several separated by commas so that one can be rotated.

    Raises BrokenConfiguration for a shop without a key and for a key of fewer than 20 characters.
    """
    keys = {}
    for shop in shops.ids:
        variable = f"SHOP_{shop.upper().replace('-', '_')}_API_KEYS"
        found = tuple(key.strip() for key in environment.get(variable, "").split(",") if key.strip())
        if not found:
            raise BrokenConfiguration(f"environment: {variable}: missing; shop {shop!r} is configured and needs a key")
        if any(len(key) < 20 for key in found):
            raise BrokenConfiguration(f"environment: {variable}: a key has at least 20 characters")
        keys[shop] = found
    return keys
