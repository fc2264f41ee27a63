"""Offices of Spain and Portugal, and whose clock they keep."""

from __future__ import annotations

import pytest

from services.carrier_gateway.parts.iberian_places import clock_of, clock_of_province


@pytest.mark.parametrize(
    ("office", "zone"),
    [
        ("MADRID SUC 1", "Europe/Madrid"),
        ("Las Palmas de Gran Canaria", "Atlantic/Canary"),
        ("SANTA CRUZ DE TENERIFE 2", "Atlantic/Canary"),
        ("Palma de Mallorca", "Europe/Madrid"),
        ("LA PALMA DEL CONDADO", "Europe/Madrid"),
        ("Lisboa", "Europe/Lisbon"),
        ("PORTO", "Europe/Lisbon"),
        ("Porto Cristo", "Europe/Madrid"),
        ("PUERTO DEL ROSARIO", "Atlantic/Canary"),
        ("", "Europe/Madrid"),
        (None, "Europe/Madrid"),
    ],
)
def test_an_office_keeps_the_clock_of_where_its_name_can_only_be(office: str | None, zone: str) -> None:
    assert clock_of(office).key == zone


@pytest.mark.parametrize(
    ("province", "zone"),
    [("28", "Europe/Madrid"), ("35", "Atlantic/Canary"), ("38", "Atlantic/Canary"), (None, "Europe/Madrid")],
)
def test_the_islands_provinces_are_an_hour_behind(province: str | None, zone: str) -> None:
    assert clock_of_province(province).key == zone
