"""A statement's named parameters reach the driver by number."""

from __future__ import annotations

import pytest

from shared.reading import numbered


@pytest.mark.parametrize(
    ("sql", "statement", "names"),
    [
        ("SELECT 1", "SELECT 1", ()),
        ("a = :a AND b = :b OR c = :a", "a = $1 AND b = $2 OR c = $1", ("a", "b")),
        ("x::text = :x", "x::text = $1", ("x",)),
        ("CAST(:ids AS text[])", "CAST($1 AS text[])", ("ids",)),
        ("fact #>> '{buyer,email}' = :text", "fact #>> '{buyer,email}' = $1", ("text",)),
        ("(at, id) < (:after_at, :after_id)", "(at, id) < ($1, $2)", ("after_at", "after_id")),
    ],
)
def test_names_become_numbers_and_casts_stay(sql: str, statement: str, names: tuple[str, ...]) -> None:
    assert numbered(sql) == (statement, names)
