from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from services.carrier_gateway.parts.north_america import ZONES, zone_of_scan


@pytest.mark.parametrize(
    ("country", "state", "postal_code", "zone"),
    [
        ("US", "TX", None, "America/Chicago"),
        ("US", " ca ", None, "America/Los_Angeles"),
        ("US", "AZ", None, "America/Phoenix"),
        ("US", None, "10001", "America/New_York"),
        ("US", "ZZ", None, "America/New_York"),
        ("CA", "BC", None, "America/Vancouver"),
        ("CA", None, None, "America/Toronto"),
        ("PR", None, None, "America/Puerto_Rico"),
        ("US", "PR", None, "America/Puerto_Rico"),
        ("ES", None, "35001", "Atlantic/Canary"),
        ("DE", "NY", None, "Europe/Berlin"),
        (None, "TX", None, "America/New_York"),
    ],
)
def test_a_scan_is_timed_by_the_clock_of_its_state(
    country: str | None, state: str | None, postal_code: str | None, zone: str
) -> None:
    assert zone_of_scan(country, state, postal_code, "America/New_York") == ZoneInfo(zone)


def test_every_zone_exists_and_every_state_has_one() -> None:
    assert all(ZoneInfo(zone) for zone in ZONES.values())
    assert len([state for country, state in ZONES if country == "US"]) == 50 + 1 + 5
    assert len([state for country, state in ZONES if country == "CA"]) == 13
