"""Whose holidays count: the region a destination lies in, told by its postal code where that is beyond doubt."""

from __future__ import annotations

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracking.domain.regions import COMMUNITY_OF_PROVINCE, Region, region_of

PLACES = {
    ("ES", "28013"): "MD",
    ("ES", "08001"): "CT",
    ("ES", "8001"): "CT",
    ("ES", "E-35001"): "CN",
    ("ES", " 07 001 "): "IB",
    ("ES", "ES48001"): "PV",
    ("ES", "51001"): "CE",
    ("ES", "52001"): "ML",
    ("ES", "53001"): None,
    ("ES", "00001"): None,
    ("ES", "AD500"): None,
    ("ES", "madrid"): None,
    ("ES", ""): None,
    ("PT", "1000-001"): None,
    ("PT", "9000-001"): "30",
    ("PT", "9400-150"): None,
    ("PT", "9500-321"): "20",
    ("BR", "01310-100"): "SP",
    ("BR", "1310100"): "SP",
    ("BR", "20040-002"): "RJ",
    ("BR", "30130010"): "MG",
    ("BR", "70040-010"): "DF",
    ("BR", "72800-000"): "GO",
    ("BR", "69301-000"): "RR",
    ("BR", "99999-999"): "RS",
    ("BR", "00999-999"): None,
    ("AR", "C1425ABC"): "C",
    ("AR", "B1900"): "B",
    ("AR", "1425"): None,
    ("AR", "I1425"): None,
    ("FR", "67000"): "6AE",
    ("FR", "57000"): "57",
    ("FR", "97400"): "974",
    ("FR", "75001"): None,
    ("MX", "06000"): None,
    ("CL", "8320000"): None,
    ("CO", "110111"): None,
    ("ZZ", "12345"): None,
}


@pytest.mark.parametrize(("place", "subdivision"), PLACES.items(), ids=str)
def test_a_postal_code_tells_the_region_where_it_does_so_beyond_doubt(
    place: tuple[str, str], subdivision: str | None
) -> None:
    assert region_of(*place) == Region(place[0], subdivision)


def test_every_province_of_spain_lies_in_a_community_and_every_community_has_one() -> None:
    known = set(holidays.country_holidays("ES").subdivisions) - {"Barcelona"}
    assert {f"{province:02}" for province in range(1, 53)} == set(COMMUNITY_OF_PROVINCE)
    assert set(COMMUNITY_OF_PROVINCE.values()) == known


@pytest.mark.parametrize("country", ["ES", "PT", "BR", "AR", "FR"])
def test_a_region_is_always_one_whose_holidays_are_known(country: str) -> None:
    known = set(holidays.country_holidays(country).subdivisions)
    codes = [f"{number:0{width}}" for width in (4, 5) for number in range(0, 10**width, 50)]
    codes += [f"{chr(letter)}1234" for letter in range(ord("A"), ord("Z") + 1)]
    found = {region_of(country, code).subdivision for code in codes} - {None}
    assert found
    assert found <= known


@given(country=st.none() | st.text(max_size=3), postal_code=st.none() | st.text(max_size=12))
def test_no_destination_is_an_error(country: str | None, postal_code: str | None) -> None:
    assert region_of(country, postal_code).country == (country or "")


@given(st.text(alphabet="0123456789 -.EPTSBRFA", max_size=12), st.sampled_from(["ES", "PT", "BR", "AR", "FR"]))
def test_spaces_and_hyphens_in_a_postal_code_do_not_matter(code: str, country: str) -> None:
    assert region_of(country, code) == region_of(country, code.replace(" ", "").replace("-", ""))
