"""What survives a restart, and how several pollers share: everything is drawn from what the broker has."""

from __future__ import annotations

from datetime import timedelta

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from services.carrier_gateway.polling.board import day_of
from shared.contracts.polls import Poll
from shared.contracts.topics import GATEWAY_POLLS
from shared.contracts.vocabulary import Stage
from tests.support.polling_world import DHL, SILENT_AFTER, START, Polling, scans

FEW = DHL | {"CARRIER_DHL_DAILY_QUOTA": "6"}
ANSWERS = {
    "moves": lambda: scans("transit"),
    "unknown": lambda: httpx.Response(404),
    "fails": lambda: httpx.Response(500),
    "quota": lambda: httpx.Response(429, headers={"retry-after": "5"}),
    "nonsense": lambda: httpx.Response(200, content=b"<html>"),
}


async def test_after_a_restart_nothing_is_asked_or_told_a_second_time() -> None:
    polling = Polling(*"12345")
    await polling.run_for(timedelta(seconds=20))
    asked, told = len(polling.carrier.asked), len(polling.stages)
    assert asked == 5

    polling.restart()
    await polling.run_for(timedelta(seconds=20))
    assert len(polling.carrier.asked) == asked

    await polling.run_slowly_for(timedelta(hours=24))
    assert len(polling.carrier.asked) > asked
    assert len(polling.stages) == told


async def test_two_pollers_that_hold_different_partitions_ask_about_each_parcel_once() -> None:
    references = [str(number) for number in range(12)]
    polling = Polling(*references, partitions=4)
    pollers = [polling.another(held)[1] for held in ((0, 1), (2, 3))]

    for _ in range(60):
        for poller in pollers:
            await poller.step()
        polling.now += timedelta(milliseconds=500)

    assert sorted(polling.carrier.numbers) == sorted(references)


async def test_a_question_whose_answer_was_lost_with_its_poller_is_not_asked_again_at_once() -> None:
    polling = Polling()
    polling.carrier.answer = lambda: scans("delivered")
    writes = iter((None, polling.board.lose))
    polling.publisher.before_each = lambda: (next(writes, None) or (lambda: None))()
    await polling.step()
    assert len(polling.carrier.asked) == 1

    polling.publisher.messages = [m for m in polling.publisher.messages if m.topic == GATEWAY_POLLS.name][:1]
    polling.restart()
    await polling.run_for(timedelta(minutes=4))
    assert len(polling.carrier.asked) == 1

    await polling.run_for(timedelta(minutes=2))
    assert polling.stages == [Stage.DELIVERED]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(ANSWERS)), st.sampled_from(("goes on", "restarts", "rebalances", "away"))),
        min_size=1,
        max_size=60,
    )
)
async def test_the_quota_is_never_exceeded_whatever_is_answered_and_however_often_pollers_start_and_swap(
    events: list[tuple[str, str]],
) -> None:
    polling = Polling(*(str(number) for number in range(30)), environ=FEW, partitions=3)
    polling.now = START.replace(hour=22)
    pollers = [polling.another(held)[1] for held in ((0,), (1, 2))]
    for nth, (answer, event) in enumerate(events):
        polling.carrier.answer = ANSWERS[answer]
        polling.publisher.away = event == "away"
        if event == "restarts":
            pollers = [polling.another(held)[1] for held in ((0,), (1, 2))]
        if event == "rebalances":
            shared = (((0, 1), (2,)), ((0,), (1, 2)), ((2, 0), (1,)))[nth % 3]
            pollers = [polling.another(held)[1] for held in shared]
        for poller in pollers:
            await poller.step()
        polling.now += timedelta(seconds=40)
        today = day_of(polling.now)
        assert len(polling.carrier.asked) <= 6, today


async def test_a_memory_that_nobody_watches_any_more_counts_until_its_day_is_over_and_is_then_forgotten() -> None:
    polling = Polling("1", "2")
    await polling.run_for(timedelta(seconds=5))
    polling.watches.pop("dhl/1")
    polling.restart()
    assert polling.board.partitions[0].spent("dhl").on(day_of(polling.now)) == 2

    await polling.run_slowly_for(timedelta(hours=1))
    assert _last_word_about(polling, "dhl/1") is not None
    polling.now += timedelta(days=1)
    await polling.step()

    assert _last_word_about(polling, "dhl/1") is None
    assert _last_word_about(polling, "dhl/2") is not None


async def test_a_parcel_that_is_silent_for_too_long_is_told_once_and_not_asked_about_any_more() -> None:
    polling = Polling()
    polling.carrier.answer = lambda: scans("transit")
    await polling.run_for(timedelta(seconds=2))
    polling.now = START + SILENT_AFTER + timedelta(hours=1)

    await polling.step()
    polling.restart()
    polling.now += timedelta(days=3)
    asked = len(polling.carrier.asked)
    await polling.run_slowly_for(timedelta(days=1))

    silence = polling.publisher.shipment_events[-1]
    assert (silence.stage, silence.silent_since) == (Stage.UNKNOWN, START)
    assert silence.occurred_at == START + SILENT_AFTER
    assert [event.silent_since for event in polling.publisher.shipment_events].count(START) == 1
    assert len(polling.carrier.asked) == asked


def _last_word_about(polling: Polling, key: str) -> Poll | None:
    said = [m for m in polling.publisher.messages if m.topic == GATEWAY_POLLS.name and m.key == key.encode()]
    value = said[-1].value
    return Poll.model_validate_json(value) if value is not None else None
