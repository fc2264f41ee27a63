"""The profile's tree adds up: a function's time is its children's and its own."""

from __future__ import annotations

from tests.bench.tracking.stopwatch import Node


def test_the_longest_comes_first_and_what_no_child_accounts_for_is_said() -> None:
    root = Node("all")
    batch = root.child("batch")
    batch.calls, batch.wall, batch.processor = 1, 10.0, 6.0
    for name, wall in (("fold", 3.0), ("write", 5.0), ("next to nothing", 0.001)):
        child = batch.child(name)
        child.calls, child.wall = 1, wall
    lines = list(root.lines(10.0))
    assert [line.split()[-1] for line in lines] == ["batch", "write", "fold", "(itself)"]
    assert lines[-1].split()[:3] == ["20.0%", "2.00", "6.00"]
