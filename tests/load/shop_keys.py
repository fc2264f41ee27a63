"""Keys for the three shops of the load, and what a system has to be started with to serve them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.load.recipe import SHOPS_FOLDER


def _new_keys() -> Mapping[str, str]:
    return {file.stem: f"load_{secrets.token_urlsafe(24)}" for file in sorted(SHOPS_FOLDER.glob("*.toml"))}


@dataclass(frozen=True, repr=False)
class ShopKeys:
    """One secret for each shop, made anew each run."""

    of: Mapping[str, str] = field(default_factory=_new_keys)

    def environment(self) -> dict[str, str]:
        """Further variables of every service: the folder of the shops, and the hashes of their keys."""
        hashes = {shop: hashlib.sha256(key.encode()).hexdigest() for shop, key in self.of.items()}
        entries = {f"SHOP_{shop.upper()}_API_KEYS": _entry(hashed) for shop, hashed in hashes.items()}
        return {"SHOPS_DIR": str(SHOPS_FOLDER), **entries}

    def bearer(self, shop: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.of[shop]}"}


def _entry(hashed: str) -> str:
    return f"load:orders.read+orders.write:never:{hashed}"
