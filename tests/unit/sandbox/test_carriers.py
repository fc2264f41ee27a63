"""What the simulated carriers send means to the gateway's adapters what the story meant by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sandbox.beats import CarrierKnows, CarrierSays, Parcel, Scan
from sandbox.carriers import courier_report
from sandbox.dhl import SIGNED_BY, DhlDesk
from sandbox.story import DEFAULT_ORDERS, tell
from services.carrier_gateway.carriers import carrier_named
from shared.contracts.shipments import ShipmentEvent

STORY = tell(7, DEFAULT_ORDERS, datetime(2026, 3, 24, 11, 30, tzinfo=UTC))


def scans_by_carrier(carrier: str) -> Iterator[tuple[Parcel, Scan]]:
    for plot in STORY.plots:
        for beats in plot.rounds:
            for beat in beats:
                if isinstance(beat, CarrierSays | CarrierKnows) and beat.parcel.carrier == carrier:
                    yield from ((beat.parcel, scan) for scan in beat.scans)


def parsed(carrier: str, body: bytes) -> tuple[ShipmentEvent, ...]:
    adapter = carrier_named(carrier)
    assert adapter is not None
    return adapter.parse(body).events


def test_each_scan_of_the_courier_arrives_as_the_story_tells_it() -> None:
    for parcel, scan in scans_by_carrier("generic"):
        (event,) = parsed("generic", courier_report(parcel.reference, (scan,)))
        assert (event.stage, event.condition, event.delivered_to) == (scan.stage, scan.condition, scan.delivered_to)
        assert event.occurred_at == scan.at
        assert event.eta is None or scan.eta == (event.eta.from_, event.eta.until)


def test_each_scan_of_dhl_is_understood_from_its_wording_place_and_local_clock() -> None:
    for parcel, scan in scans_by_carrier("dhl"):
        desk = DhlDesk("key")
        desk.happened(parcel.reference, (scan,))
        (event,) = parsed("dhl", json.dumps(desk.push(parcel.reference, (scan,))).encode())
        assert (event.stage, event.condition) == (scan.stage, scan.condition)
        assert event.occurred_at == scan.at.replace(microsecond=0)


def test_a_push_and_an_answer_tell_the_same_facts() -> None:
    (parcel, first), (_, second) = list(scans_by_carrier("dhl"))[:2]
    desk = DhlDesk("key")
    desk.happened(parcel.reference, (first, second))
    newest = max(first, second, key=lambda scan: scan.at)
    pushed = parsed("dhl", json.dumps(desk.push(parcel.reference, (newest,))).encode())
    answered = parsed("dhl", json.dumps({"shipments": [desk.shipment(parcel.reference)]}).encode())
    assert [event.event_id for event in pushed] == [event.event_id for event in answered]


@pytest.mark.parametrize("carrier", ["dhl"])
def test_who_signed_is_in_what_the_carrier_sends_and_in_nothing_that_comes_out(carrier: str) -> None:
    sent = 0
    for parcel, scan in scans_by_carrier(carrier):
        desk = DhlDesk("key")
        desk.happened(parcel.reference, (scan,))
        body = json.dumps(desk.push(parcel.reference, (scan,)))
        sent += SIGNED_BY in body
        assert all(SIGNED_BY not in event.to_json().decode().upper() for event in parsed(carrier, body.encode()))
    assert sent > 0
