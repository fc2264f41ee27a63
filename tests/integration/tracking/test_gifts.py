"""That an order is a gift goes with each of its steps; an order that says nothing of it is none."""

from __future__ import annotations

import pytest

from tests.support.deliveries import SEUR, order, scan
from tests.support.tracking_world import Tracking


@pytest.mark.parametrize("gift", [True, False, None])
async def test_whether_it_is_a_gift_goes_with_every_step(tracking: Tracking, gift: bool | None) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR], gift=gift), scan("delivered", 4))
    steps = await tracking.steps()
    assert len(steps) >= 2
    assert {step.gift for step in steps} == {gift}
