"""A part of the simulated year on the real tables: the index names the moment, and nobody else has to look."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from shared.database import Database
from tests.support.tracking_world import Tracking, announcer_for
from tests.support.year.judge import judge
from tests.support.year.lives import Notice
from tests.support.year.places import SENDERS
from tests.support.year.stories import arrivals, live_a_year
from tests.support.year_driver import YearInMemory
from tests.support.year_on_database import YearOnDatabase

SHOPS = [sender.shop for sender in SENDERS]
TELL_AT = {shop.id: shop.promise.tell_at for shop in SHOPS}


def heard(notices: Iterable[Notice]) -> list[tuple[str | None, ...]]:
    """What buyers hear, whenever."""
    return sorted((each.shop, each.order_id, each.parcel or "", each.occurrence) for each in notices if each.still_true)


@pytest.mark.timeout(600)
async def test_a_sample_of_it_on_the_tables_is_told_of_as_decided_and_only_what_is_due_is_looked_at(
    tracking_database: Database,
) -> None:
    lives = live_a_year(parcels=250, seed=7)
    year = YearOnDatabase(Tracking(tracking_database, announcer_for(*SHOPS)))
    notices = await year.live(arrivals(lives))
    verdict = judge(lives, notices, TELL_AT)
    print(f"\n{verdict}\n{year.looks} looks")
    assert verdict.findings == [], str(verdict)
    in_memory = YearInMemory(SHOPS)
    assert heard(notices) == heard(in_memory.live(arrivals(lives)))
    assert year.looks <= in_memory.looked_at
