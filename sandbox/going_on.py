"""After the story life goes on: a few orders at a time, one thing after the other, so that open pages keep moving."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from sandbox.beats import Plot
from sandbox.calls import NotTaken
from sandbox.play import Player
from shared.messaging.failures import BrokerAway

AT_ONCE = 5
PAUSE = timedelta(seconds=3)
MOST_ORDERS = 400
"""Then it ends: a machine left alone over night does not fill its disk."""


@dataclass
class _Life:
    plot: Plot
    next_round: int = 0


async def go_on(player: Player, plots: Iterator[Plot], random: Random, pause: timedelta = PAUSE) -> int:
    """Plays until MOST_ORDERS have lived their lives; answers how many did. What is not taken is tried again later."""
    lives: list[_Life] = []
    begun = finished = 0
    while begun < MOST_ORDERS or lives:
        if len(lives) < AT_ONCE and begun < MOST_ORDERS:
            lives.append(_Life(next(plots)))
            begun += 1
        life = random.choice(lives)
        try:
            await player.play_round([life.plot], life.next_round)
        except (NotTaken, BrokerAway) as error:
            print(f"\n{life.plot.order_id}: {error}", flush=True)
        else:
            life.next_round += 1
        if life.next_round == len(life.plot.rounds):
            lives.remove(life)
            finished += 1
        await asyncio.sleep(pause.total_seconds())
    return finished
