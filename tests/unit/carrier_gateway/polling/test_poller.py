"""The poller asks a carrier that is simulated at the HTTP transport; time is an argument, so no test waits."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from services.carrier_gateway.polling.asking import ANSWER_LIMIT_BYTES, read_retry_after
from services.carrier_gateway.polling.poller import BROKER_PAUSE, LONGEST_REST
from shared.contracts.vocabulary import Stage
from tests.support.polling_world import START, Polling, scans

ZIPPED = gzip.compress(scans("transit").content + b" " * ANSWER_LIMIT_BYTES)


async def test_what_a_carrier_answers_is_published_like_a_push() -> None:
    polling = Polling()
    polling.carrier.answer = lambda: scans("pre-transit", "transit", "delivered")

    await polling.step()

    assert polling.stages == [Stage.REGISTERED, Stage.IN_TRANSIT, Stage.DELIVERED]
    request = polling.carrier.asked[0]
    assert request.url.params["trackingNumber"] == "123"
    assert request.url.params["recipientPostalCode"] == "28001"
    assert request.headers["DHL-API-Key"] == "the-key"


async def test_what_was_told_is_not_told_again_and_what_is_new_is() -> None:
    polling = Polling()
    await polling.run_slowly_for(timedelta(hours=5))
    polling.carrier.answer = lambda: scans("transit", "delivered")
    await polling.run_slowly_for(timedelta(hours=12))

    assert polling.stages == [Stage.IN_TRANSIT, Stage.DELIVERED]


async def test_a_delivered_parcel_is_not_asked_about_again() -> None:
    polling = Polling()
    polling.carrier.answer = lambda: scans("delivered")

    await polling.run_slowly_for(timedelta(days=3))

    assert len(polling.carrier.asked) == 1


async def test_between_two_questions_lies_the_carriers_gap() -> None:
    polling = Polling(*(str(number) for number in range(20)))
    asked_at: list[datetime] = []

    def answer() -> httpx.Response:
        asked_at.append(polling.now)
        return scans("transit")

    polling.carrier.answer = answer
    await polling.run_for(timedelta(minutes=1))
    assert len(asked_at) == 20
    assert min(later - earlier for earlier, later in pairwise(asked_at)) >= timedelta(seconds=1)


async def test_nothing_is_asked_before_the_watches_are_all_read() -> None:
    polling = Polling()
    polling.board.partitions[0].complete = False

    assert await polling.step() == LONGEST_REST
    assert polling.carrier.asked == []


async def test_a_partition_that_is_lost_while_its_question_is_written_down_is_not_asked_out_of() -> None:
    polling = Polling()
    partition = polling.board.partitions[0]
    polling.publisher.before_each = polling.board.lose

    await polling.step()

    assert not partition.held
    assert polling.carrier.asked == []


async def test_a_parcel_the_carrier_does_not_know_yet_is_no_event_and_is_tried_again() -> None:
    polling = Polling()
    polling.carrier.answer = lambda: httpx.Response(404, json={"status": 404, "title": "No result"})
    await polling.step()
    assert polling.publisher.shipment_events == []

    polling.carrier.answer = lambda: scans("transit")
    await polling.run_slowly_for(timedelta(minutes=35))

    assert polling.stages == [Stage.IN_TRANSIT]


@pytest.mark.parametrize(
    ("answer", "pause"),
    [
        (lambda: httpx.Response(429, headers={"retry-after": "120"}), timedelta(seconds=120)),
        (lambda: httpx.Response(429), timedelta(minutes=15)),
        (lambda: httpx.Response(401), timedelta(hours=1)),
        (lambda: httpx.Response(503, headers={"retry-after": "60"}), timedelta(seconds=60)),
    ],
)
async def test_a_carrier_that_wants_peace_is_left_in_peace(
    answer: Callable[[], httpx.Response], pause: timedelta
) -> None:
    polling = Polling("1", "2", "3")
    polling.carrier.answer = answer

    await polling.run_for(pause - timedelta(seconds=1))
    assert len(polling.carrier.asked) == 1

    polling.carrier.answer = lambda: scans("transit")
    await polling.run_for(timedelta(seconds=10))
    assert len(set(polling.carrier.numbers)) >= 2


async def test_a_fault_about_one_parcel_stops_no_other_and_that_parcel_waits_longer_each_time() -> None:
    polling = Polling("1", "2", "broken")
    polling.carrier.answers["broken"] = lambda: httpx.Response(500)

    await polling.run_slowly_for(timedelta(hours=8))

    assert {"1", "2"} <= set(polling.carrier.numbers)
    assert 3 <= polling.carrier.numbers.count("broken") <= 5


async def test_when_every_parcel_fails_the_line_rests_and_one_question_tries_it() -> None:
    polling = Polling(*(str(number) for number in range(9)))
    polling.carrier.answer = lambda: httpx.Response(503)

    await polling.run_for(timedelta(seconds=6))
    assert len(polling.carrier.asked) == 3

    await polling.run_for(timedelta(seconds=4))
    assert len(polling.carrier.asked) == 4

    polling.carrier.answer = lambda: scans("transit")
    await polling.run_for(timedelta(seconds=30))
    assert set(polling.carrier.numbers) == {str(number) for number in range(9)}


async def test_an_answer_that_has_not_changed_is_asked_for_by_its_name_and_tells_nothing() -> None:
    polling = Polling()
    first = scans("transit")
    polling.carrier.answer = lambda: httpx.Response(200, content=first.content, headers={"etag": '"v1"'})
    await polling.step()
    polling.carrier.answer = lambda: httpx.Response(304)
    await polling.run_slowly_for(timedelta(hours=30))

    later = polling.carrier.asked[1:]
    assert later
    assert {request.headers["if-none-match"] for request in later} == {'"v1"'}
    assert polling.stages == [Stage.IN_TRANSIT]
    assert polling.board.partitions[0].spent("dhl").count >= 1, "it counts as a question"


async def test_a_304_that_nobody_asked_for_is_no_answer() -> None:
    polling = Polling()
    polling.carrier.answer = lambda: httpx.Response(304)

    await polling.step()

    memory = next(iter(polling.board.partitions[0].of("dhl"))).memory
    assert memory is not None
    assert memory.failures == 1


async def test_while_the_broker_is_away_an_answer_is_kept_and_nothing_more_is_asked() -> None:
    polling = Polling("1", "2")

    def answer() -> httpx.Response:
        polling.publisher.away = True
        return scans("delivered")

    polling.carrier.answer = answer

    assert await polling.step() == BROKER_PAUSE
    assert await polling.step() == BROKER_PAUSE
    assert len(polling.carrier.asked) == 1

    polling.publisher.away = False
    await polling.step()
    assert polling.stages == [Stage.DELIVERED]
    assert len(polling.carrier.asked) == 1


async def test_no_question_goes_out_that_could_not_be_written_down() -> None:
    polling = Polling()
    polling.publisher.away = True

    assert await polling.step() == BROKER_PAUSE
    assert polling.carrier.asked == []
    assert polling.board.partitions[0].spent("dhl").count == 0


@pytest.mark.parametrize(
    "answer",
    [
        lambda: httpx.Response(200, content=b"<html>maintenance</html>"),
        lambda: httpx.Response(200, json={"shipments": [{"id": ["1"]}]}),
        lambda: httpx.Response(200, content=scans("transit").content + b" " * ANSWER_LIMIT_BYTES),
        lambda: httpx.Response(200, content=ZIPPED, headers={"content-encoding": "gzip"}),
    ],
)
async def test_an_answer_nobody_can_read_costs_that_parcel_its_turn_and_nothing_else(
    answer: Callable[[], httpx.Response],
) -> None:
    polling = Polling("1", "2")
    polling.carrier.answer = answer

    await polling.step()
    polling.carrier.answer = lambda: scans("transit")
    await polling.run_for(timedelta(seconds=3))

    assert len(polling.carrier.asked) == 2
    assert len(polling.publisher.shipment_events) == 1


async def test_every_question_is_told_to_the_carriers_health_with_what_is_left_of_the_quota() -> None:
    polling = Polling("1", "2", "3")
    answers = iter((scans("teleported"), httpx.Response(503), httpx.Response(200, json={"shipments": [{"id": 1.5}]})))
    polling.carrier.answer = lambda: next(answers)
    await polling.run_for(timedelta(seconds=7))

    (dhl,) = [entry for entry in polling.health.carriers if entry.id == "dhl"]
    poll = dhl.health.poll

    assert (poll.last_good_at, poll.quota_left) == (START, 247)
    assert poll.last_hour is not None
    assert poll.last_hour.results == {"good": 1, "outage": 1, "malformed": 1}
    assert [found.code for found in poll.unmapped] == ["teleported"]
    assert poll.drift is not None
    assert (poll.drift.looked_at, [each.field for each in poll.drift.malformed]) == (1, ["shipments.*.id"])


@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("120", timedelta(seconds=120)),
        ("Mon, 30 Mar 2026 08:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 30 Mar 2026 07:05:00 GMT", timedelta(0)),
        ("99999999999999", timedelta(days=1)),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str | None, pause: timedelta | None) -> None:
    assert read_retry_after(value, START) == pause
