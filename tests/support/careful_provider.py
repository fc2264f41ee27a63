"""A provider in the test's own process: it may recognise keys and be asked, and answers as a test has scripted it."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from enum import Enum, auto
from uuid import UUID

from services.notifier.channels.base import UNPACED, Letter, OutcomeClass, Pace, Request, SendResult
from shared.contracts.vocabulary import Channel


class Does(Enum):
    """What becomes of one request."""

    ACCEPTS = auto()
    LOSES_IT = auto()
    LOSES_ITS_ANSWER = auto()
    CANNOT_BE_REACHED = auto()
    REFUSES = auto()


_WITHOUT_ACCEPTING = {
    Does.LOSES_IT: OutcomeClass.AMBIGUOUS,
    Does.CANNOT_BE_REACHED: OutcomeClass.NOT_SENT,
    Does.REFUSES: OutcomeClass.REJECTED,
}


class CarefulProvider:
    """`told` are the messages that reached a buyer, in order: a message that stands there twice was told twice."""

    echo = False
    number = "+34900000000"

    def __init__(
        self,
        channel: Channel = Channel.SMS,
        *does: Does,
        provider: str = "careful",
        window: timedelta | None = None,
        lookup: bool = False,
        pace: Pace = UNPACED,
        always: Does = Does.ACCEPTS,
        cannot_carry: bool = False,
    ) -> None:
        self.channel, self.provider, self.pace = channel, provider, pace
        self.idempotency_window, self.lookup = window, lookup
        self.told: list[UUID] = []
        self.requests: list[tuple[UUID, bytes]] = []
        self._script, self._always, self._cannot_carry = deque(does), always, cannot_carry

    def prepare(self, letter: Letter) -> Request:
        if self._cannot_carry:
            raise ValueError("nothing can be carried here")
        return Request(letter.address, f"{letter.message_id} {letter.rendered.text}".encode())

    async def send(self, request: Request, message_id: UUID) -> SendResult:
        self.requests.append((message_id, request.body))
        does = self._script.popleft() if self._script else self._always
        outcome = _WITHOUT_ACCEPTING.get(does)
        if outcome is not None:
            return SendResult(outcome, f"{self.provider}_{does.name.lower()}")
        if self.idempotency_window is None or message_id not in self.told:
            self.told.append(message_id)
        if does is Does.LOSES_ITS_ANSWER:
            return SendResult(OutcomeClass.AMBIGUOUS, f"{self.provider}_loses_its_answer")
        return SendResult(OutcomeClass.ACCEPTED, f"{self.provider}_accepted", f"{self.provider}-{message_id}")

    async def look_up(self, message_id: UUID, request: Request) -> SendResult | None:
        if not self.lookup:
            return None
        if message_id in self.told:
            return SendResult(OutcomeClass.ACCEPTED, f"{self.provider}_found", f"{self.provider}-{message_id}")
        return SendResult(OutcomeClass.NOT_SENT, f"{self.provider}_never_taken")

    async def close(self) -> None:
        """There is nothing to let go of."""
