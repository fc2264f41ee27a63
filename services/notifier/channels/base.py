"""What a channel is: it freezes a letter into the bytes of one request, and sends exactly these bytes once.

`send` never raises for trouble with the provider: it says in which of five classes the attempt ended. Four of them are
certain; whatever leaves room for doubt is AMBIGUOUS, and nobody sends it again blindly.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from services.notifier.render import Rendered
from shared.contracts.vocabulary import Channel
from shared.observability.logs import get_logger
from shared.observability.metrics import SEND_DURATION


class OutcomeClass(StrEnum):
    """How one attempt ended. NOT_SENT and THROTTLED may be tried again, REJECTED not on this channel.

    NOT_SENT says nothing of the message: the provider, or the way to it, is not there, or our account is not in order.
    THROTTLED is about the message, its recipient or our pace: this one is to come back later.
    """

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    THROTTLED = "throttled"
    REJECTED = "rejected"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Letter:
    """What an adapter freezes: everything is decided, nothing is on the wire yet.

    `thread` is the same for all letters about one order. `sender_email`, `reply_to` and `unsubscribe_url` matter to
    e-mail only; the last is set for letters that a buyer may do without, and ends them with one POST (RFC 8058).
    """

    message_id: UUID
    thread: str
    address: str = field(repr=False)
    recipient_name: str | None = field(repr=False)
    rendered: Rendered = field(repr=False)
    shop_name: str
    sender_email: str | None
    reply_to: str | None
    now: datetime
    unsubscribe_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """What goes over the wire, byte for byte, but for the credentials, which are added when it is sent."""

    address: str = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Hex digest of the body."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class SendResult:
    """`reason` is a short stable word without personal data, such as `twilio_21211_invalid_number`.

    `unreachable`: this channel does not reach this address, another one may. `retry_after`: the provider's own wish.
    """

    outcome: OutcomeClass
    reason: str
    provider_message_id: str | None = None
    retry_after: timedelta | None = None
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class ProviderError:
    """One row of a provider's table of error codes."""

    words: str
    outcome: OutcomeClass = OutcomeClass.REJECTED
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a provider lets us go; None where no limit is known. All senders of an installation share it.

    `per_second` counts the provider's whole account, `number_per_second` one sending number. `per_recipient` is the
    least time between two attempts to one address. `burst` may go at once after a pause.
    """

    per_second: float | None = None
    number_per_second: float | None = None
    per_recipient: timedelta | None = None
    burst: int = 1


UNPACED = Pace()


class ChannelAdapter(Protocol):
    """One provider of one channel. `provider` is unique among all adapters, `number` is what it sends from ("": none).

    `idempotency_window`: for how long the provider recognises a repeated request, None when it never does. `echo`: its
    receipts carry our message id. `lookup`: it can be asked what became of our message id.
    """

    channel: Channel
    provider: str
    number: str
    idempotency_window: timedelta | None
    echo: bool
    lookup: bool
    pace: Pace

    def prepare(self, letter: Letter) -> Request:
        """The same letter always gives the same bytes. Raises ValueError for a letter this channel cannot carry."""
        ...

    async def send(self, request: Request, message_id: UUID) -> SendResult:
        """One attempt, bounded in time. `message_id` is the idempotency key where the provider honours one."""
        ...

    async def look_up(self, message_id: UUID, request: Request) -> SendResult | None:
        """What became of a message in doubt; bounded in time. NOT_SENT: the provider certainly never took it.

        None: it could not be asked, or does not know. Called only where `lookup` is True.
        """
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...


def keeps_accents(adapter: ChannelAdapter) -> bool:
    """Whether an SMS may reach this adapter with letters that GSM-7 lacks. Few can say so: hence no field of all."""
    return bool(getattr(adapter, "accents", False))


async def send_timed(adapter: ChannelAdapter, request: Request, message_id: UUID) -> SendResult:
    """One attempt, measured. A fault of ours after the attempt began leaves the same doubt as a lost connection."""
    started = time.perf_counter()
    try:
        result = await adapter.send(request, message_id)
    except Exception as error:
        get_logger().error("send_crashed", provider=adapter.provider, message_id=str(message_id), exc_info=error)
        result = SendResult(OutcomeClass.AMBIGUOUS, f"{adapter.provider}_adapter_crashed")
    SEND_DURATION.labels(adapter.provider, result.outcome.value).observe(time.perf_counter() - started)
    return result


async def ask_about(adapter: ChannelAdapter, request: Request, message_id: UUID) -> SendResult | None:
    """A look-up whose own faults leave the doubt as it was."""
    try:
        return await adapter.look_up(message_id, request)
    except Exception as error:
        get_logger().error("look_up_crashed", provider=adapter.provider, message_id=str(message_id), exc_info=error)
        return None
