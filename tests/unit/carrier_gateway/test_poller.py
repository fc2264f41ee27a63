"""The poller asks a carrier that is simulated at the HTTP transport; time is an argument, so no test waits."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from services.carrier_gateway.asking import ANSWER_LIMIT_BYTES, read_retry_after
from services.carrier_gateway.health.answers import HealthList
from services.carrier_gateway.health.heard import Heard
from services.carrier_gateway.health.record import Way
from services.carrier_gateway.poller import BROKER_PAUSE, LONGEST_REST, CarrierPoller
from services.carrier_gateway.settings import read_access
from services.carrier_gateway.watches import WatchBoard
from shared.contracts.vocabulary import Stage
from shared.contracts.watches import Watch
from tests.support.recording_publisher import RecordingPublisher

START = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)


def scans(*stages: str) -> httpx.Response:
    """DHL's answer with one event per status code, an hour apart, newest first."""
    events = [
        {"timestamp": f"2026-03-30T{hour:02}:00:00Z", "statusCode": code} for hour, code in enumerate(stages, start=1)
    ]
    return httpx.Response(200, json={"shipments": [{"id": "123", "events": events[::-1]}]})


ZIPPED = gzip.compress(scans("transit").content + b" " * ANSWER_LIMIT_BYTES)


class Carrier:
    """Answers what the test wants next, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answer: Callable[[], httpx.Response] = lambda: scans("transit")

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answer()


class Polling:
    """A poller with its surroundings, and a clock that the test turns."""

    def __init__(self, *references: str) -> None:
        self.now, self.carrier, self.publisher, self.board = START, Carrier(), RecordingPublisher(), WatchBoard()
        self.board.begin()
        self.board.finish()
        for reference in references or ("123",):
            watch = Watch(carrier="dhl", reference=reference, since=START, country="ES", postal_code="28001")
            self.board.apply(watch.key, watch.to_json(), START)
        self.access = read_access({"CARRIER_DHL_KEY": "the-key", "CARRIER_DHL_URL": "https://dhl.example"})["dhl"]
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.carrier))
        self.heard = Heard(lambda: self.now, (Way.POLL,))
        self.poller = CarrierPoller(
            self.access, self.board, self.publisher, client, lambda: self.now, lambda: 0.0, self.heard
        )

    @property
    def health(self) -> HealthList:
        return self.heard.listing([self.access])

    async def step(self) -> timedelta:
        return await self.poller.step()

    async def run_for(self, duration: timedelta) -> None:
        """Step after step, each as far on as the poller wants to rest."""
        until = self.now + duration
        while self.now < until:
            self.now += await self.step()

    @property
    def stages(self) -> list[Stage]:
        return [event.stage for event in self.publisher.shipment_events]


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
    await polling.run_for(timedelta(hours=5))
    polling.carrier.answer = lambda: scans("transit", "delivered")
    await polling.run_for(timedelta(hours=5))

    assert polling.stages == [Stage.IN_TRANSIT, Stage.DELIVERED]
    assert len(polling.carrier.asked) == 3


async def test_a_delivered_parcel_is_not_asked_about_again() -> None:
    polling = Polling()
    polling.carrier.answer = lambda: scans("delivered")

    await polling.run_for(timedelta(hours=10))

    assert len(polling.carrier.asked) == 1


async def test_one_question_a_second_and_so_many_a_day() -> None:
    polling = Polling(*(str(number) for number in range(300)))
    polling.now = START.replace(hour=23, minute=54)
    asked_at: list[datetime] = []

    def answer() -> httpx.Response:
        asked_at.append(polling.now)
        return scans("transit")

    polling.carrier.answer = answer
    await polling.run_for(timedelta(minutes=5, seconds=59))
    assert len(asked_at) == 250
    assert min(later - earlier for earlier, later in pairwise(asked_at)) >= timedelta(seconds=1)

    await polling.run_for(timedelta(minutes=2))
    assert len(asked_at) == 300


async def test_nothing_is_asked_before_the_watches_are_all_read() -> None:
    polling = Polling()
    polling.board.begin()

    assert await polling.step() == LONGEST_REST
    assert polling.carrier.asked == []


async def test_a_parcel_the_carrier_does_not_know_yet_is_no_event_and_is_tried_again() -> None:
    polling = Polling()
    polling.carrier.answer = lambda: httpx.Response(404, json={"status": 404, "title": "No result"})
    await polling.step()
    assert polling.publisher.messages == []

    polling.carrier.answer = lambda: scans("transit")
    await polling.run_for(timedelta(minutes=31))

    assert polling.stages == [Stage.IN_TRANSIT]


@pytest.mark.parametrize(
    ("answer", "pause"),
    [
        (lambda: httpx.Response(429, headers={"retry-after": "120"}), timedelta(seconds=120)),
        (lambda: httpx.Response(429), timedelta(minutes=15)),
        (lambda: httpx.Response(401), timedelta(hours=1)),
        (lambda: httpx.Response(503), timedelta(seconds=5)),
        (lambda: httpx.Response(503, headers={"retry-after": "60"}), timedelta(seconds=60)),
        (lambda: httpx.Response(302, headers={"location": "http://127.0.0.1/"}), timedelta(seconds=5)),
    ],
)
async def test_a_carrier_that_refuses_is_left_in_peace_for_a_while(
    answer: Callable[[], httpx.Response], pause: timedelta
) -> None:
    polling = Polling("1", "2", "3")
    polling.carrier.answer = answer

    await polling.run_for(pause - timedelta(seconds=1))
    assert len(polling.carrier.asked) == 1

    polling.carrier.answer = lambda: scans("transit")
    await polling.run_for(timedelta(seconds=10))
    assert {r.url.params["trackingNumber"] for r in polling.carrier.asked} == {"1", "2", "3"}


async def test_pauses_grow_while_a_carrier_stays_down_and_are_forgotten_when_it_is_back() -> None:
    polling = Polling("1", "2")

    def fail() -> httpx.Response:
        raise httpx.ConnectError("refused")

    polling.carrier.answer = fail
    await polling.run_for(timedelta(seconds=34))
    assert len(polling.carrier.asked) == 3  # after 0, 5 and 15 seconds; the next would be after 35

    polling.carrier.answer = lambda: scans("transit")
    await polling.run_for(timedelta(seconds=3))
    assert len(polling.carrier.asked) == 5

    polling.carrier.answer = fail
    await polling.run_for(timedelta(hours=4, seconds=8))
    assert len(polling.carrier.asked) == 7  # five seconds apart again


async def test_while_the_broker_is_away_an_answer_is_kept_and_nothing_more_is_asked() -> None:
    polling = Polling("1", "2")
    polling.publisher.away = True
    polling.carrier.answer = lambda: scans("delivered")

    assert await polling.step() == BROKER_PAUSE
    assert await polling.step() == BROKER_PAUSE
    assert len(polling.carrier.asked) == 1

    polling.publisher.away = False
    await polling.step()
    assert polling.stages == [Stage.DELIVERED]
    assert len(polling.carrier.asked) == 1


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
    assert len(polling.publisher.messages) == 1


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
