"""The notifier takes the same key entries as tracking, of those shops that have any here, and never a key in clear."""

from __future__ import annotations

import pytest

from services.notifier.settings import preview_keys
from services.notifier.wording.specimens import specimen_shop
from shared.key_entries import Scope
from shared.settings import BrokenConfiguration
from shared.shops import Shops
from tests.support.api_keys import entry

KEY = "demo-key-0123456789abc"
SHOP = specimen_shop("es")
BOTH = Shops({"demo": SHOP, "other-shop": SHOP})


def test_a_shops_entries_are_read_and_a_shop_without_any_has_no_preview() -> None:
    given = {"SHOP_OTHER_SHOP_API_KEYS": str(entry(KEY, Scope.ORDERS_READ)), "SHOP_DEMO_API_KEYS": ""}
    assert preview_keys(BOTH, given) == {"other-shop": (entry(KEY, Scope.ORDERS_READ),)}
    assert preview_keys(BOTH, {}) == {}


def test_a_key_in_clear_stops_the_start_and_is_not_quoted() -> None:
    with pytest.raises(BrokenConfiguration, match="SHOP_DEMO_API_KEYS: entry 1") as refused:
        preview_keys(BOTH, {"SHOP_DEMO_API_KEYS": KEY})
    assert KEY not in str(refused.value)
