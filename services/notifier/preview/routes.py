"""`POST /v1/preview`: what a send of this step would be, without one: each verdict, and the exact bytes.

It decides with the intake's own `decide` and writes with the sender's own Composer, so it cannot differ from a send.
Nothing is stored and nothing leaves. A message's id follows from its step; the one thing in the bytes that the hour
changes is the Date of an e-mail, which is `composed_at`. An order that was never told of has no link to its buyer's
preferences yet: noughts stand in its place. What the caps on phones leave room for today is not looked up.
"""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from pydantic import ValidationError

from services.notifier import erasure
from services.notifier.compose import Composer
from services.notifier.domain.delivery import VERDICT_OF, State
from services.notifier.domain.person import person_of
from services.notifier.domain.plan import Planned
from services.notifier.intake import Decided, Planner, decide, message_id
from services.notifier.people.audience import Known, address_of, addresses_of, look_up, recipients_of
from services.notifier.preferences.links import ForLetters, for_letters
from services.notifier.preview.answers import Asked, Preview, PreviewedMessage, SmsCost, Template, Written
from services.notifier.preview.described import DESCRIBED, EXAMPLES
from services.notifier.wording.gsm7 import size
from services.notifier.wording.unrenderable import Unrenderable
from shared.api_keys import Keys
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel, Verdict
from shared.database import Database
from shared.key_entries import Scope
from shared.web import Problem, invalid

router = APIRouter(tags=["preview"])
LIMIT_BYTES = 512 * 1024
"""Of the whole request: as large as an order may be."""
MOST_RECIPIENTS = 10
"""Beside the buyer: as many as an order may name."""
NOT_GIVEN_YET = "0" * 22
"""Stands for the secret in the link to the buyer's preferences, which an order is given when it is first told of."""


@dataclass(frozen=True)
class PreviewState:
    """The planner's clock is the time of now for who does not say `at`."""

    database: Database
    planner: Planner
    composer: Composer
    keys: Keys


def _state(request: Request) -> PreviewState:
    state = request.app.state.preview
    assert isinstance(state, PreviewState)
    return state


@router.post(
    "/v1/preview",
    operation_id="previewStep",
    summary="What would be sent",
    response_model=Preview,
    responses=DESCRIBED,
    openapi_extra=EXAMPLES,
)
async def preview(
    request: Request, authorization: Annotated[str | None, Header(include_in_schema=False)] = None
) -> Preview:
    """Every recipient and channel of a step with its verdict, and for those planned the bytes that a send would have.

    The body is a step as on `tracking.steps.v1`, or `{"step": {...}, "recipient", "channel", "at"}` to ask for less, or
    as of another instant. Opened by a key of the step's shop with the scope `orders.read`. The step counts as the
    order's latest: what a later step would make untrue, or what was told before, is not looked up. Nothing is stored.
    """
    state = _state(request)
    state.keys.recognise(authorization)
    body = await request.body()
    if len(body) > LIMIT_BYTES:
        raise Problem(413, "Body too large", f"the body may have at most {LIMIT_BYTES} bytes")
    asked = read_asked(body)
    step = asked.step
    state.keys.open_shop(step.shop, authorization, Scope.ORDERS_READ)
    at = asked.at or state.planner.clock()
    background = await _look_up(state.database, step, at)
    try:
        planner = replace(state.planner, clock=lambda: at)
        decided = decide(step, planner, background.known, erased=background.erased)
        wanted = [v for v in decided.verdicts if _asked_for(v, asked)]
        desk = _Desk(state.composer, step, decided, background.letters)
        messages = await asyncio.to_thread(lambda: tuple(_message(desk, v, at) for v in wanted))
    except OverflowError as error:
        raise Problem(422, "Invalid", "step.occurred_at: or `at`: too far away to plan with") from error
    return Preview(shop=step.shop, order_id=step.order_id, step=step.step, id=step.event_id, at=at, messages=messages)


@dataclass(frozen=True)
class _Background:
    """What the database knows of the order and its people."""

    erased: bool
    known: Known
    letters: ForLetters


class _Looked(Exception):
    """Ends the transaction without keeping what was written in it."""

    def __init__(self, background: _Background) -> None:
        super().__init__()
        self.background = background


async def _look_up(database: Database, step: StepReached, at: datetime) -> _Background:
    """As the intake looks it up, with the consents that the step brings; nothing of it stays."""
    people = {person_of(step.shop, a) for p in recipients_of(step).values() for a in addresses_of(p).values()}
    try:
        async with database.transaction() as tx:
            erased = bool(await erasure.erased_among(tx, {(step.shop, step.order_id)}))
            letters = await for_letters(tx, step.shop, step.order_id, people)
            raise _Looked(_Background(erased, await look_up(tx, [step], at), letters))
    except _Looked as looked:
        return looked.background


@dataclass(frozen=True)
class _Desk:
    """What the messages of one step are written with."""

    composer: Composer
    step: StepReached
    decided: Decided
    letters: ForLetters

    def row(self, verdict: Planned) -> dict[str, Any]:
        """As much of a ledger's row as writing needs."""
        address = address_of(self.decided.people[verdict.recipient], verdict.channel)
        person = person_of(self.step.shop, address) if address is not None else None
        return {
            "id": message_id(self.step, verdict.recipient, verdict.channel),
            "step_data": json.loads(self.step.to_json()),
            "recipient": verdict.recipient,
            "channel": verdict.channel,
            "address": address,
            "urgency": verdict.urgency,
            "preferences_token": self.letters.tokens.get(verdict.recipient, NOT_GIVEN_YET),
            "language_chosen": self.letters.languages.get(person) if person is not None else None,
        }


def read_asked(body: bytes) -> Asked:
    """Raises Problem 422 that names each field and repeats no value."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(422, "Invalid", "the body is not JSON") from error
    bare = isinstance(value, dict) and not isinstance(value.get("step"), dict)
    try:
        asked = Asked.model_validate_json(json.dumps({"step": value} if bare else value))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        if bare:
            wrong = [{**item, "loc": item["loc"][1:]} for item in wrong]
        raise invalid(wrong, "The step") from error
    if len(asked.step.recipients) > MOST_RECIPIENTS:
        raise Problem(422, "Invalid", f"recipients: at most {MOST_RECIPIENTS}")
    return asked


def _asked_for(verdict: Planned, asked: Asked) -> bool:
    return asked.recipient in (None, verdict.recipient) and asked.channel in (None, verdict.channel)


def _message(desk: _Desk, verdict: Planned, at: datetime) -> PreviewedMessage:
    answer = PreviewedMessage(
        id=message_id(desk.step, verdict.recipient, verdict.channel),
        recipient=verdict.recipient,
        channel=verdict.channel,
        verdict=VERDICT_OF[verdict.state],
        reason=verdict.reason,
        not_before=verdict.not_before,
        expires_at=verdict.expires_at,
    )
    if verdict.state is not State.PLANNED:
        return answer
    if verdict.not_before >= verdict.expires_at:  # it waits for the morning, and is no longer true by then
        return answer.model_copy(update={"verdict": Verdict.EXPIRED, "reason": "too_old_to_tell"})
    try:
        written = _write(desk, verdict, max(at, verdict.not_before))
    except Unrenderable as error:
        failed = {"verdict": Verdict.FAILED, "reason": f"cannot_render_{error.reason}", "detail": str(error)}
        return answer.model_copy(update=failed)
    return answer.model_copy(update={"written": written})


def _write(desk: _Desk, verdict: Planned, composed_at: datetime) -> Written:
    row, composer = desk.row(verdict), desk.composer
    preferred = composer.adapters[verdict.channel][0]
    letter, frozen = composer.write(row, composed_at), composer.compose(row, composed_at, preferred)
    cost = size(letter.rendered.text) if verdict.channel is Channel.SMS else None
    call = letter.rendered.template
    return Written(
        composed_at=composed_at,
        language=frozen["language"],
        provider=frozen["provider"],
        request=base64.b64encode(frozen["request"]).decode(),
        sha256=frozen["sha256"],
        size_bytes=len(frozen["request"]),
        subject=letter.rendered.subject,
        text=letter.rendered.text,
        html=letter.rendered.html,
        sms=SmsCost(alphabet=cost.alphabet, units=cost.units, segments=cost.segments) if cost else None,
        template=Template(name=call.name, language=call.language, parameters=call.parameters) if call else None,
    )
