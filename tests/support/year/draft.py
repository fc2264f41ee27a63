"""One order as it is being made up: what its shop says, how its parcels travel, and when each scan is heard."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from random import Random

from shared.contracts.vocabulary import Actor, Condition, ShopState, Stage
from tests.support.year.lives import Life, Parcel, Said, Scan
from tests.support.year.places import CARRIERS, Place, Sender, instant, is_moving, moving_day, worked_day

ONE_DAY = timedelta(days=1)


class Draft:
    """The journey is laid out first (`leaves`, `arrives`); a story then says what goes otherwise.

    `leaves` is the day on which the carrier takes the parcel, `arrives` that of the delivery if nothing goes wrong.
    """

    def __init__(self, chance: Random, sender: Sender, place: Place, placed_on: date, number: int, story: str) -> None:
        self.chance, self.sender, self.place = chance, sender, place
        self.number, self._parcels = number, count(1)
        home = sender.home
        placed_at = instant(placed_on, chance.uniform(0, 23.9), home.zone)
        self.life = Life(sender.shop.id, f"{number:06}", story, place.country, place.postal_code, place.zone, placed_at)
        self.abroad = place.country != home.country
        self.leaves = moving_day(worked_day(placed_on, chance.choice((1, 1, 1, 2)), home), home)
        business_days = chance.randint(4, 9) if self.abroad else chance.choice((1, 1, 2, 2, 3))
        self.arrives = moving_day(worked_day(self.leaves, business_days, place), place)

    # --- what the shop says

    def says(self, state: ShopState, at: datetime, promise: date | None, *parcels: Parcel) -> None:
        if self.life.said:
            at = max(at, self.life.said[-1].at + timedelta(minutes=1))
        self.life.said.append(Said(at, state, promise, parcels))
        for parcel in parcels:
            self.life.scans.setdefault(parcel, [])

    def sends(self, promise: date | None, *parcels: Parcel) -> None:
        """The three words of every order that goes its way: confirmed, preparing, shipped."""
        self.confirms(promise)
        self.says(ShopState.SHIPPED, self._dispatched_at(), promise, *parcels)

    def confirms(self, promise: date | None) -> None:
        placed_at = self.life.placed_at
        self.says(ShopState.CONFIRMED, placed_at + timedelta(minutes=self.chance.randint(1, 30)), promise)
        if self.chance.random() < 0.5:
            self.says(ShopState.PREPARING, placed_at + timedelta(minutes=self.chance.randint(40, 300)), promise)

    def _dispatched_at(self) -> datetime:
        """Mostly when the parcel leaves; now and then the shop tells of it only the morning after."""
        home = self.sender.home
        if self.chance.random() < 0.05:
            return instant(self.leaves + ONE_DAY, self.chance.uniform(8, 11), home.zone)
        return instant(self.leaves, self.chance.uniform(11, 17), home.zone)

    def parcel(self) -> Parcel:
        nth = next(self._parcels)
        return Parcel(self.chance.choice(CARRIERS), f"{self.sender.shop.id[0].upper()}{self.number:07}{nth}")

    # --- what the carrier does

    def scan(
        self,
        parcel: Parcel,
        at: datetime,
        stage: Stage,
        *,
        condition: Condition | None = None,
        by: Actor | None = None,
        eta: datetime | None = None,
        lag: timedelta | None = None,
    ) -> None:
        heard = [at + (lag if lag is not None else self._lag(parcel))]
        if self.chance.random() < 0.08:
            heard.append(heard[0] + timedelta(minutes=self.chance.randint(1, 3000)))
        known = self.life.scans.setdefault(parcel, [])
        known.append(Scan(at, stage, tuple(heard), condition, by, eta))

    def _lag(self, parcel: Parcel) -> timedelta:
        if parcel.carrier == CARRIERS[0]:
            return timedelta(seconds=self.chance.randint(30, 1200))
        return timedelta(minutes=self.chance.randint(2, 420))

    def here(self, day: date, earliest: float, latest: float) -> datetime:
        """A local hour at the destination."""
        return instant(day, self.chance.uniform(earliest, latest), self.place.zone)

    def takes(self, parcel: Parcel, day: date) -> None:
        """Label data, and the carrier's first scan in the evening."""
        home = self.sender.home
        self.scan(parcel, instant(day, self.chance.uniform(9, 15), home.zone), Stage.REGISTERED)
        self.scan(parcel, instant(day, self.chance.uniform(16, 20), home.zone), Stage.ACCEPTED)

    def carries(self, parcel: Parcel, after: date, before: date, *, held_back: bool = False) -> None:
        """Plain scans on the business days between the two. `held_back`: an outage lets them be heard days later."""
        day = after + ONE_DAY
        while day < before:
            if is_moving(day, self.place) and self.chance.random() < 0.85:
                for hour in sorted(self.chance.uniform(1, 23.5) for _ in range(self.chance.choice((1, 1, 2)))):
                    lag = timedelta(hours=self.chance.uniform(20, 70)) if held_back else None
                    self.scan(parcel, instant(day, hour, self.place.zone), Stage.IN_TRANSIT, lag=lag)
            day += ONE_DAY

    def goes_out(self, parcel: Parcel, day: date) -> None:
        self.scan(parcel, self.here(day, 3, 5.5), Stage.IN_TRANSIT)
        self.scan(parcel, self.here(day, 6, 8.5), Stage.OUT_FOR_DELIVERY)

    def delivers(self, parcel: Parcel, day: date, earliest: float = 8.6, latest: float = 21.5) -> None:
        self.goes_out(parcel, day)
        self.scan(parcel, self.here(day, earliest, latest), Stage.DELIVERED)

    def travels(self, parcel: Parcel, *, until: date | None = None, held_back: bool = False) -> None:
        """From the shop to the last depot: all but the day of arrival."""
        self.takes(parcel, self.leaves)
        first = self.leaves + ONE_DAY if self.abroad else self.leaves
        self.carries(parcel, first, until or self.arrives, held_back=held_back)

    # --- days to choose from

    def slack(self, low: int, high: int) -> date:
        """A promise so many business days after the arrival; before it with a negative number, never in the past."""
        chosen = worked_day(self.arrives, self.chance.randint(low, high), self.place)
        return max(chosen, self.leaves)

    def later(self, day: date, low: int, high: int) -> date:
        """A day on which things move, so many business days later."""
        return moving_day(worked_day(day, self.chance.randint(low, high), self.place), self.place)
