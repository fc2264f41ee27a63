from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from prometheus_client import REGISTRY

from services.notifier.channels.base import UNPACED, Letter, OutcomeClass, Request, SendResult, send_timed
from shared.contracts.vocabulary import Channel
from tests.support.letters import MESSAGE_ID


class Pigeon:
    """A channel that does what it is told."""

    channel = Channel.SMS
    provider = "pigeon"
    idempotency_window: timedelta | None = None
    echo = False
    lookup = False
    number = ""
    pace = UNPACED

    def __init__(self, does: SendResult | Exception) -> None:
        self._does = does

    def prepare(self, letter: Letter) -> Request:
        return Request(letter.address, b"")

    async def send(self, request: Request, message_id: UUID) -> SendResult:
        if isinstance(self._does, Exception):
            raise self._does
        return self._does

    async def look_up(self, message_id: UUID, request: Request) -> SendResult | None:
        if isinstance(self._does, Exception):
            raise self._does
        return self._does

    async def close(self) -> None:
        return


def measured(outcome: OutcomeClass) -> float:
    labels = {"provider": "pigeon", "outcome_class": outcome.value}
    return REGISTRY.get_sample_value("otn_send_duration_seconds_count", labels) or 0.0


async def test_every_attempt_is_measured_by_its_outcome() -> None:
    before = measured(OutcomeClass.THROTTLED)
    result = SendResult(OutcomeClass.THROTTLED, "pigeon_resting")

    assert await send_timed(Pigeon(result), Request("x", b""), MESSAGE_ID) is result
    assert measured(OutcomeClass.THROTTLED) == before + 1


async def test_a_fault_of_ours_leaves_doubt_and_never_stops_the_sender() -> None:
    before = measured(OutcomeClass.AMBIGUOUS)

    result = await send_timed(Pigeon(RuntimeError("+34600000001")), Request("x", b""), MESSAGE_ID)

    assert (result.outcome, result.reason) == (OutcomeClass.AMBIGUOUS, "pigeon_adapter_crashed")
    assert measured(OutcomeClass.AMBIGUOUS) == before + 1


def test_what_is_frozen_is_known_by_its_hash_and_shows_no_personal_data() -> None:
    request = Request("lucia@example.com", b"Hola")

    assert request.sha256 == "e633f4fc79badea1dc5db970cf397c8248bac47cc3acf9915ba60b5d76b0e88f"
    assert "lucia" not in repr(request)
