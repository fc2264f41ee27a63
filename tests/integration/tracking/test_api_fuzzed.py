"""Whatever is sent to tracking's API, well-formed or not, with a key or without: it answers as its document says."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.tracking.api import examples
from shared.messaging.dead_letters import DeadLetter, bury
from tests.support.deliveries import SEUR, order, scan
from tests.support.fuzzing import fuzz, served
from tests.support.tracking_api import KEY, OPS_KEY, Api

WITH_KEYS = f"""
[auth.openapi.shopKey]
bearer = "{KEY}"
[auth.openapi.opsKey]
bearer = "{OPS_KEY}"
"""
OF_A_REAL_ORDER = f"""
[parameters]
"path.shop" = "{examples.SHOP}"
"path.order" = "{examples.NUMBER}"
"path.token" = "%s"
"""


async def something_of_everything(api: Api) -> None:
    await api.tracking.tell(order("shipped", 2, parcels=[SEUR]), scan("in_transit", 4))
    await api.tracking.tell(scan("unknown", 5, of=("seur", "P-1"), carrier_code="LX99", carrier_text="?"))
    letters = [DeadLetter("shop.orders.v1", 0, n, b"k", b"x", [], "invalid: x") for n in range(50)]
    async with api.tracking.database.transaction() as tx:
        await bury(tx, letters, "tracking")


@pytest.mark.timeout(3700)
@pytest.mark.parametrize(
    ("caller", "phases"),
    [("who knows an order", "examples,fuzzing"), ("who guesses", "fuzzing"), ("without a key", "fuzzing")],
)
async def test_no_call_is_answered_with_a_fault_of_ours_or_with_what_is_not_documented(
    api: Api, tmp_path: Path, caller: str, phases: str
) -> None:
    await something_of_everything(api)
    token = api.tracking.announcer.tracking_url(examples.SHOP, examples.NUMBER).rpartition("/")[2]
    settings = {
        "who knows an order": OF_A_REAL_ORDER % token + WITH_KEYS,
        "who guesses": WITH_KEYS,
        "without a key": "",
    }
    async with served(api.app) as address:
        report = await fuzz(address, tmp_path, settings[caller], phases)
    assert report.code == 0, report.text
