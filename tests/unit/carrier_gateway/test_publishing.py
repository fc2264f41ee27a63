from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.carrier_gateway.publishing import EARLIEST, LATEST, announce, within_reach
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Clock, Stage
from shared.messaging.failures import BrokerAway
from shared.observability.metrics import UNMAPPED_CODES
from tests.support.recording_publisher import RecordingPublisher

RECEIVED = datetime(2026, 3, 30, 12, 0, 30, tzinfo=UTC)


def event_at(occurred_at: datetime, stage: Stage = Stage.DELIVERED) -> ShipmentEvent:
    return ShipmentEvent(carrier="generic", reference="F-1", stage=stage, occurred_at=occurred_at)


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(minutes=-9), timedelta(days=179), timedelta(hours=3)])
def test_a_time_that_can_be_true_is_left_alone(ago: timedelta) -> None:
    event = event_at(RECEIVED - ago)

    assert within_reach(event, RECEIVED) is event


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (datetime(2099, 1, 1, tzinfo=UTC), datetime(2026, 3, 30, 12, 10, tzinfo=UTC)),
        (datetime(1970, 1, 1, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC)),
    ],
)
async def test_a_time_that_cannot_be_true_becomes_the_nearest_that_can(told: datetime, kept: datetime) -> None:
    publisher = RecordingPublisher()
    event = event_at(told)

    await announce(publisher, [event], RECEIVED)

    (published,), (envelope,) = publisher.shipment_events, publisher.envelopes
    assert (published.occurred_at, published.clock) == (kept, Clock.ASSUMED)
    assert (envelope.id, envelope.time) == (event.event_id, told), "a duplicate must share both"


async def test_an_impossible_time_told_again_a_little_later_is_the_same_message() -> None:
    publisher = RecordingPublisher()

    for later in (timedelta(0), timedelta(seconds=20)):
        await announce(publisher, [event_at(datetime(2099, 1, 1, tzinfo=UTC))], RECEIVED + later)

    first, second = publisher.messages
    assert first.value == second.value


@given(told=st.datetimes(timezones=st.just(UTC)))
def test_no_time_is_further_away_than_the_limits(told: datetime) -> None:
    kept = within_reach(event_at(told), RECEIVED)

    assert RECEIVED - EARLIEST - timedelta(days=1) <= kept.occurred_at <= RECEIVED + LATEST
    assert within_reach(kept, RECEIVED) == kept


async def test_nothing_is_published_for_no_events() -> None:
    publisher = RecordingPublisher()
    publisher.away = True

    assert await announce(publisher, [], RECEIVED) == 0


async def test_an_unknown_code_is_counted_once_the_broker_has_it() -> None:
    publisher, counted = RecordingPublisher(), UNMAPPED_CODES.labels("generic")
    before = counted._value.get()
    publisher.away = True
    with pytest.raises(BrokerAway):
        await announce(publisher, [event_at(RECEIVED, Stage.UNKNOWN)], RECEIVED)
    assert counted._value.get() == before

    publisher.away = False
    await announce(publisher, [event_at(RECEIVED, Stage.UNKNOWN), event_at(RECEIVED)], RECEIVED)

    assert counted._value.get() == before + 1
