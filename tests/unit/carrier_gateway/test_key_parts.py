"""Keys of several parts in one variable."""

from __future__ import annotations

import pytest

from services.carrier_gateway.carriers.correos_express import CORREOS_EXPRESS
from services.carrier_gateway.parts.key_parts import key_parts
from services.carrier_gateway.settings import read_access
from shared.settings import BrokenConfiguration

NAMES = ("user", "password")


def test_a_part_may_hold_any_character() -> None:
    assert key_parts("user=a&password=%26%3D%2B%20%C3%B1", NAMES) == {"user": "a", "password": "&=+ ñ"}


@pytest.mark.parametrize(
    "key",
    ["", "secret", "user=a", "user=a&password=", "user=a&user=b&password=secret", "user=a&password=secret&more=1"],
)
def test_a_key_that_lacks_a_part_or_has_another_is_refused_without_being_quoted(key: str) -> None:
    with pytest.raises(ValueError, match=r"user, password") as refused:
        key_parts(key, NAMES)

    assert "secret" not in str(refused.value)


def test_the_gateway_does_not_start_with_half_a_key() -> None:
    with pytest.raises(BrokenConfiguration, match=r"CARRIER_CORREOS_EXPRESS_KEY.*client"):
        read_access({"CARRIER_CORREOS_EXPRESS_KEY": "user=a&password=b"}, [CORREOS_EXPRESS])
