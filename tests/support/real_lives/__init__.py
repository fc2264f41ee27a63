"""What really happens to orders: each life with what is true in its end, and what its buyer hears as it happens."""

from __future__ import annotations

from tests.support.real_lives import (
    at_the_door,
    lateness,
    odd_facts,
    on_the_road,
    several_parcels,
    the_shops_word,
    without_carrier,
)
from tests.support.real_lives.script import Life, Moment, life, parcel

LIVES: tuple[Life, ...] = (
    *at_the_door.LIVES,
    *on_the_road.LIVES,
    *several_parcels.LIVES,
    *the_shops_word.LIVES,
    *lateness.LIVES,
    *odd_facts.LIVES,
    *without_carrier.LIVES,
)

NAMED: tuple[Life, ...] = LIVES[: len(LIVES) - len(without_carrier.LIVES)]
"""Those in which every parcel was sent with its carrier."""

CONTESTED: tuple[Life, ...] = without_carrier.CONTESTED

__all__ = ["CONTESTED", "LIVES", "NAMED", "Life", "Moment", "life", "parcel"]
