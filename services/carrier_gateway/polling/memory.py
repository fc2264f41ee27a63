"""What the poller writes down about a parcel, and how it goes to `gateway.polls.v1`."""

from __future__ import annotations

from datetime import datetime

from services.carrier_gateway.polling.parcel import Parcel
from shared.contracts.envelope import Envelope, Outgoing
from shared.contracts.polls import Poll
from shared.contracts.topics import GATEWAY_POLLS

SOURCE = "/carrier_gateway/poll"


def of_question(parcel: Parcel, now: datetime, nth: int) -> Poll:
    """What is remembered from the moment a question goes out; what was known before stays."""
    if parcel.memory is not None:
        return parcel.memory.model_copy(update={"asked_at": now, "nth": nth, "given_up_at": None})
    watch = parcel.watch
    return Poll(carrier=watch.carrier, reference=watch.reference, asked_at=now, nth=nth)


def after_failure(parcel: Parcel) -> Poll:
    """No answer about this parcel, again perhaps."""
    assert parcel.memory is not None, "a question is remembered before it goes out"
    return parcel.memory.model_copy(update={"failures": parcel.memory.failures + 1})


def message(record: Poll) -> Outgoing:
    return Outgoing.of(GATEWAY_POLLS, record, key=record.key, id=record.event_id, time=record.asked_at, source=SOURCE)


def tombstone(record: Poll) -> Outgoing:
    """It is wanted no more."""
    envelope = Envelope(record.event_id, SOURCE, GATEWAY_POLLS.event_type, record.asked_at)
    return Outgoing(GATEWAY_POLLS.name, record.key.encode(), None, envelope.to_headers())
