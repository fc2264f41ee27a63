"""The shops of the load, configured for one run, with a key of this run for each."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.load.recipe import SHOPS_FOLDER

SCOPES = "orders.read+orders.write+erasure"


@dataclass(frozen=True, repr=False)
class ShopKeys:
    """A key for each shop."""

    of: Mapping[str, str]

    def header(self, shop: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.of[shop]}"}

    @property
    def variables(self) -> dict[str, str]:
        """How the services are told of the keys: by their hashes."""
        return {
            f"SHOP_{shop.upper()}_API_KEYS": f"rig:{SCOPES}:never:{hashlib.sha256(key.encode()).hexdigest()}"
            for shop, key in self.of.items()
        }


def open_shops(folder: Path) -> ShopKeys:
    """Their files are copied into the folder: they belong to what the run was."""
    shutil.copytree(SHOPS_FOLDER, folder, dirs_exist_ok=True)
    shops = sorted(file.stem for file in folder.glob("*.toml"))
    return ShopKeys({shop: f"{shop}_{secrets.token_urlsafe(24)}" for shop in shops})
