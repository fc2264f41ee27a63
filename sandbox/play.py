"""Plays a story: round by round, orders side by side, and between two rounds waits until the system is at rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.beats import Beat, CarrierKnows, CarrierSays, Plot, ShopSays, SomebodyLies, Via
from sandbox.carriers import Carriers
from sandbox.shops import ShopFront
from sandbox.story import Story

SIDE_BY_SIDE = 12
TOGETHER = (Via.LIST, Via.BATCH)
"""Forms that carry many orders at once: what a round has to say in them goes in one call."""


class Quiet(Protocol):
    """Whatever can tell when the system is at rest."""

    async def until_quiet(self) -> None: ...


@dataclass
class Progress:
    """How far the story is."""

    orders: int
    rounds: int
    round: int = 0
    finished: int = 0


@dataclass
class Player:
    """Plays beats against the running system. Raises NotTaken when Hito refuses what it should take, or takes a lie."""

    shop: ShopFront
    carriers: Carriers
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SIDE_BY_SIDE))

    async def play(self, story: Story, quiet: Quiet, tell: Callable[[Progress], None]) -> None:
        """The whole story. Raises NotQuiet when the system does not come to rest."""
        rounds = list(story.rounds)
        progress = Progress(len(story.plots), len(rounds))
        tell(progress)
        for number, plots in enumerate(rounds):
            await self.play_round(plots, number)
            await quiet.until_quiet()
            progress.round = number + 1
            progress.finished = sum(len(plot.rounds) <= number + 1 for plot in story.plots)
            tell(progress)

    async def play_round(self, plots: Iterable[Plot], number: int) -> None:
        """This round of each plot; the beats of one plot follow each other."""
        alone, together = [], list[ShopSays]()
        for plot in plots:
            match plot.rounds[number]:
                case (ShopSays() as only,) if only.via in TOGETHER:
                    together.append(only)
                case beats:
                    alone.append(self._play_beats(beats))
        for via in TOGETHER:
            snapshots = [beat.snapshot for beat in together if beat.via is via]
            if snapshots:
                await self.shop.say(snapshots, via)
        await asyncio.gather(*alone)

    async def _play_beats(self, beats: Iterable[Beat]) -> None:
        async with self._room:
            for beat in beats:
                await self.play_beat(beat)

    async def play_beat(self, beat: Beat) -> None:
        match beat:
            case ShopSays():
                await self.shop.say([beat.snapshot], beat.via)
            case CarrierSays():
                await self.carriers.say(beat)
            case CarrierKnows():
                self.carriers.know(beat)
            case SomebodyLies():
                await self.carriers.lie(beat)
