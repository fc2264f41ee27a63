"""Dates whose day comes first, in a clock that is told beside them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from services.carrier_gateway.parts.day_first import day_first_or_none, read_day_first
from services.carrier_gateway.parts.instants import NoInstant
from shared.contracts.vocabulary import Clock

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("date", "time"),
    [("30/03/2026", "08:41"), ("30/03/2026", "08:41:00"), ("30032026", "0841"), ("30032026", "084100")],
)
def test_one_instant_in_each_way_of_writing_it(date: str, time: str) -> None:
    moment = read_day_first(date, time, MADRID)

    assert moment.at.isoformat() == "2026-03-30T06:41:00+00:00"
    assert moment.clock is Clock.ASSUMED


def test_the_day_is_never_taken_for_the_month() -> None:
    assert read_day_first("04/03/2026", None, MADRID).wall == "2026-03-04T00:00:00"


@pytest.mark.parametrize("time", [None, "", "  "])
def test_without_a_time_it_is_the_day(time: str | None) -> None:
    moment = read_day_first("30/03/2026", time, MADRID)

    assert moment.date_only
    assert moment.at.isoformat() == "2026-03-29T22:00:00+00:00"


def test_an_hour_that_the_clocks_skip_moves_forward_and_a_repeated_one_is_the_earlier() -> None:
    assert read_day_first("29032026", "0230", MADRID).at.isoformat() == "2026-03-29T01:30:00+00:00"
    assert read_day_first("25102026", "0230", MADRID).at.isoformat() == "2026-10-25T00:30:00+00:00"


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("31022026", "1015"), ("00000000", None), ("03/30/2026", None), ("2026-03-30", None), ("30/032026", None),
        ("30/03/26", None), ("30/03/2026", "25:00"), ("30/03/2026", "8:41"), ("", None), ("٣٠/٠٣/٢٠٢٦", None),
    ],
)  # fmt: skip
def test_what_is_no_instant_is_said_to_be_none(date: str, time: str | None) -> None:
    with pytest.raises(NoInstant):
        read_day_first(date, time, MADRID)

    assert day_first_or_none(date, time, MADRID) is None
