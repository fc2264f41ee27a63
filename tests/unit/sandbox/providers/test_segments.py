from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.providers.segments import segments
from services.notifier.wording.gsm7 import size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 10, 2),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("á" * 134, 2),
        ("á" * 135, 3),
        ("📦" * 35, 1),
        ("📦" * 36, 2),
    ],
)
def test_the_edges_of_a_segment(text: str, expected: int) -> None:
    assert segments(text) == expected


@given(st.text(alphabet=st.sampled_from("aé€^[áñ漢📦\n"), max_size=400))
def test_two_tables_written_apart_agree(text: str) -> None:
    assert segments(text) == size(text).segments
