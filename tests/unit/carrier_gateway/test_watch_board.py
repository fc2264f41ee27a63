from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from services.carrier_gateway.polling import next_poll_after
from services.carrier_gateway.watches import WatchBoard, Watched
from shared.contracts.shipments import Eta, ShipmentEvent
from shared.contracts.vocabulary import Stage
from shared.contracts.watches import Watch

NOW = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
LAST_WEEK = NOW - timedelta(days=7)


def watch(reference: str = "1", stage: Stage | None = Stage.IN_TRANSIT, since: datetime = LAST_WEEK) -> Watch:
    return Watch(carrier="dhl", reference=reference, since=since, stage=stage)


def board_with(*watches: Watch, complete: bool = True) -> WatchBoard:
    board = WatchBoard()
    board.begin()
    if complete:
        board.finish()
    for each in watches:
        board.apply(each.key, each.to_json(), NOW)
    return board


def due_at(board: WatchBoard) -> datetime:
    watched = board.most_due("dhl")
    assert watched is not None
    assert watched.due_at is not None
    return watched.due_at


def test_a_watch_that_comes_in_is_due_at_once() -> None:
    assert due_at(board_with(watch())) == NOW


def test_a_watch_met_at_the_start_waits_its_turn() -> None:
    usual = next_poll_after(Stage.IN_TRANSIT, timedelta(days=7))
    assert usual is not None

    assert NOW < due_at(board_with(watch(), complete=False)) < NOW + usual


def test_a_tombstone_ends_the_watch() -> None:
    board = board_with(watch())

    board.apply(watch().key, None, NOW)
    board.apply("dhl/never-seen", None, NOW)

    assert board.most_due("dhl") is None


def test_only_the_carriers_own_parcels_are_its_business() -> None:
    assert board_with(watch()).most_due("ups") is None


def test_of_many_parcels_the_most_overdue_is_first() -> None:
    board = board_with(watch("1"), watch("2"))
    first = board.most_due("dhl")
    assert first is not None
    first.due_at = NOW + timedelta(hours=1)

    second = board.most_due("dhl")

    assert second is not None
    assert second.watch.reference != first.watch.reference


def test_a_parcel_that_goes_out_for_delivery_is_asked_about_sooner_than_it_would_have_been() -> None:
    board = board_with(watch())
    asked = board.most_due("dhl")
    assert asked is not None
    asked.due_at = board.next_due(asked, NOW)

    board.apply(watch().key, watch(stage=Stage.OUT_FOR_DELIVERY).to_json(), NOW)

    assert due_at(board) == NOW + timedelta(minutes=45)


def test_the_pace_shortens_every_pause() -> None:
    board = WatchBoard(pace=0.001)
    watched = Watched(watch(), Stage.IN_TRANSIT, NOW)

    assert board.next_due(watched, NOW) == NOW + timedelta(hours=4) * 0.001


def test_what_is_no_watch_is_refused() -> None:
    with pytest.raises(ValidationError):
        board_with().apply("dhl/1", b"{}", NOW)


async def test_the_board_is_ready_when_the_topic_has_been_read_to_its_end() -> None:
    board = WatchBoard()
    assert await board.unready() is not None

    board.begin()
    board.finish()

    assert await board.unready() is None


def test_read_again_from_the_beginning_a_watch_that_is_gone_is_gone() -> None:
    board = board_with(watch("kept"), watch("ended meanwhile"))

    board.begin()
    board.apply(watch("kept").key, watch("kept").to_json(), NOW)
    board.finish()

    left = board.most_due("dhl")
    assert left is not None
    assert left.watch.reference == "kept"
    board.apply(left.watch.key, None, NOW)
    assert board.most_due("dhl") is None


def test_an_event_is_news_once_and_again_when_another_arrival_is_expected() -> None:
    watched = Watched(watch(), None, NOW)
    event = ShipmentEvent(carrier="dhl", reference="1", stage=Stage.IN_TRANSIT, occurred_at=NOW)
    later = event.model_copy(update={"eta": Eta(until=NOW + timedelta(days=1))})

    assert watched.news_in([event]) == (event,)
    watched.tell([event])
    assert watched.news_in([event]) == ()
    assert watched.news_in([later]) == (later,)
    watched.tell([later])
    assert watched.news_in([event, later]) == ()
