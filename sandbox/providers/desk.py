"""What all simulated providers share: the logs, the scripted faults, and how a request fares between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sandbox.providers.accept_log import Accepted, AcceptLog, StatusChange, StatusLog
from sandbox.providers.callbacks import Callback, Callbacks
from sandbox.providers.faults import Action, Arrival, Faults, Rule

DRIP_PAUSE = timedelta(milliseconds=200)

MakeCallback = Callable[[str, int | None], Callback | None]
"""The callback for a status and an error code, None when the sender asked for none."""


@dataclass
class Desk:
    """`pace` lies between two statuses of one message, so that a person can watch the ticks change."""

    accept_log: AcceptLog
    status_log: StatusLog
    faults: Faults
    callbacks: Callbacks
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    pace: timedelta

    async def tell_statuses(
        self, rule: Rule, accepted: Accepted, make: MakeCallback, statuses: tuple[str, ...]
    ) -> None:
        """Let the message go through its statuses, as the rule has it."""
        if rule.action is Action.RECEIPT_EARLY:
            await self._tell(rule, accepted, make, statuses)
        else:
            self.callbacks.start(self._tell(rule, accepted, make, statuses))

    async def _tell(self, rule: Rule, accepted: Accepted, make: MakeCallback, statuses: tuple[str, ...]) -> None:
        if rule.action is Action.RECEIPT_LATE:
            await asyncio.sleep(rule.delay_seconds)
        failed = rule.action is Action.RECEIPT_FAILED
        if rule.action is Action.RECEIPT_FORGED:
            await self._tell_a_lie(make("failed", rule.code))
        in_turn = statuses[::-1] if rule.action is Action.RECEIPT_REORDERED else statuses
        for status in ("failed",) if failed else in_turn:
            code = rule.code if failed else None
            await self.status_log.append(
                StatusChange(
                    at=self.clock(),
                    provider=accepted.provider,
                    provider_message_id=accepted.provider_message_id,
                    message_id=accepted.message_id,
                    status=status,
                    code=code,
                )
            )
            callback = make(status, code)
            if callback is not None and rule.action is not Action.RECEIPT_LOST:
                for _ in range(2 if rule.action is Action.RECEIPT_TWICE else 1):
                    await self.callbacks.deliver(callback)
            await asyncio.sleep(self.pace.total_seconds())

    async def _tell_a_lie(self, callback: Callback | None) -> None:
        """Signed for another body: a receiver that takes it was not looking."""
        if callback is not None:
            await self.callbacks.post_once(replace(callback, body=callback.body + b" "))


@dataclass(frozen=True, slots=True)
class HttpWork:
    """One request to an HTTP provider, valid as far as the provider can tell."""

    arrival: Arrival
    accepted: Callable[[], Accepted]
    answer: Callable[[Accepted], Response]
    refuse: Callable[[Rule, int], Response]
    """The provider's own error body for a rule and an HTTP status."""
    callback: Callable[[Accepted], MakeCallback]
    statuses: tuple[str, ...]
    repeated: Accepted | None = None
    """What this request was already answered with: the answer is given again, and nobody gets a second message."""


async def serve(desk: Desk, request: Request, work: HttpWork) -> Response:
    """Refuse or accept, note what was accepted, tell the statuses, and answer or fail to."""
    rule = desk.faults.decide(work.arrival)
    refused = await _refuse(rule, request, work)
    if refused is not None:
        return refused
    accepted = work.repeated or work.accepted()
    if work.repeated is None:
        await desk.accept_log.append(accepted)
        await desk.tell_statuses(rule, accepted, work.callback(accepted), work.statuses)
    match rule.action:
        case Action.ACCEPT_THEN_ERROR_500:
            return work.refuse(rule, 500)
        case Action.ACCEPT_THEN_HANG:
            return await _hang(request)
        case Action.ACCEPT_THEN_DROP:
            return _drop(request)
        case Action.GARBAGE_2XX:
            return Response(b"<html>it worked, probably</html>", 200, media_type="text/html")
        case Action.SLOW_DRIP:
            return _drip(work.answer(accepted))
        case _:
            return work.answer(accepted)


async def _refuse(rule: Rule, request: Request, work: HttpWork) -> Response | None:
    match rule.action:
        case Action.REJECT:
            return work.refuse(rule, 400)
        case Action.THROTTLE_429 | Action.UNAVAILABLE_503:
            answer = work.refuse(rule, 429 if rule.action is Action.THROTTLE_429 else 503)
            answer.headers["Retry-After"] = str(rule.retry_after_seconds)
            return answer
        case Action.ERROR_500:
            return work.refuse(rule, 500)
        case Action.HANG:
            return await _hang(request)
        case Action.DROP_BEFORE_ACCEPT:
            return _drop(request)
        case _:
            return None


async def _hang(request: Request) -> Response:
    """Until somebody closes the connection. The body has been read, so nothing else comes."""
    while (await request.receive())["type"] != "http.disconnect":
        continue
    return Response(status_code=499)


def _drop(request: Request) -> Response:
    transport: asyncio.Transport = request.scope["state"]["transport"]
    transport.abort()
    return Response(status_code=499)


def _drip(whole: Response) -> Response:
    async def drops() -> AsyncIterator[bytes]:
        for byte in bytes(whole.body):
            yield bytes([byte])
            await asyncio.sleep(DRIP_PAUSE.total_seconds())

    return StreamingResponse(drops(), whole.status_code, media_type=whole.media_type)
