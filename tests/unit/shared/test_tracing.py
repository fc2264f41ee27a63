"""A trace goes on where it is well formed and starts anew where it is not; nothing else gets in by that header."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.observability import tracing

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "",
        "lucia@example.com",
        GIVEN.upper(),
        GIVEN + "\n",
        GIVEN + "-00",
        " " + GIVEN,
        GIVEN.replace("00-4", "ff-4", 1),
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        GIVEN[:-1],
    ],
)
def test_what_is_no_traceparent_starts_a_new_trace(broken: str | None) -> None:
    assert tracing.valid(broken) is None
    assert tracing.trace_id(broken) is None
    child = tracing.child_of(broken)
    assert tracing.valid(child) == child
    assert broken is None or broken == "" or broken.strip() not in child


def test_a_child_stays_in_its_trace_and_keeps_its_flags_under_a_span_of_its_own() -> None:
    for parent in (GIVEN, GIVEN[:-1] + "0"):
        child = tracing.child_of(parent)
        assert tracing.valid(child) == child
        assert tracing.trace_id(child) == tracing.trace_id(parent) == "4bf92f3577b34da6a3ce929d0e0e4736"
        assert child[-2:] == parent[-2:]
        assert child[36:52] != parent[36:52]


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_gets_through_as_a_trace(text: str) -> None:
    assert tracing.valid(text) is None


def test_no_two_traces_are_the_same() -> None:
    assert len({tracing.trace_id(tracing.new_trace()) for _ in range(1000)}) == 1000


async def test_each_task_has_a_trace_of_its_own() -> None:
    async def handle(traceparent: str | None) -> str | None:
        tracing.set_current(traceparent)
        await asyncio.sleep(0)
        return tracing.current()

    first, second = tracing.new_trace(), tracing.new_trace()
    seen = await asyncio.gather(handle(first), handle(second), handle("junk"))
    assert list(seen) == [first, second, None]
