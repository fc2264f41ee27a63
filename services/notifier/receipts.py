"""What providers say afterwards reaches the ledger: signed, in any order, twice, or before our own answer was recorded.

A receipt only moves a message forward along the table of transitions, and only if it comes from the provider that the
message went to.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import ledger
from services.notifier.bounces.amazon import Certificates
from services.notifier.channels import sms, whatsapp_twilio
from services.notifier.channels.base import ProviderError
from services.notifier.channels.sms_http import PROVIDER as SMS_HTTP
from services.notifier.channels.sms_http import SmsHttpSettings
from services.notifier.domain.delivery import STATE_OF_RECEIPT, State, receipt_sources
from services.notifier.ledger import Change
from services.notifier.people import reach
from services.notifier.people.reach import Lesson
from services.notifier.receipt_formats import Malformed, Receipt, parse_twilio, parse_whatsapp, whatsapp_handshake
from services.notifier.receipt_formats.sms_http import parse_sms_http
from services.notifier.sending.attempts import reporting
from services.notifier.sending.fallback import Loss, tell_another_way
from shared.contracts.vocabulary import Channel
from shared.database import Database, Row, cut, fetch
from shared.failpoints import failpoint
from shared.messaging.failures import is_infrastructure
from shared.observability.logs import get_logger
from shared.signatures import BadSignature
from shared.web import Problem, unavailable

router = APIRouter(tags=["receipts"])


@dataclass(frozen=True)
class MailReports:
    """With what those who report on e-mail sign; `certificates` is where Amazon's are looked up.

    `providers` are the relays that a mail may have gone through: a report does not say which it was.
    """

    providers: Sequence[str] = ()
    bounce_secrets: Sequence[str] = ()
    topic_arns: Sequence[str] = ()
    sendgrid_keys: Sequence[str] = ()
    certificates: Certificates = field(default_factory=Certificates)


@dataclass(frozen=True)
class ReceiptState:
    """The database, and the secrets with which providers sign. A provider without secrets is not served."""

    database: Database
    public_url: str
    twilio_tokens: Sequence[str]
    whatsapp_secrets: Sequence[str]
    whatsapp_verify_token: str | None
    mail: MailReports = field(default_factory=MailReports)
    sms_http: SmsHttpSettings | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


def state_of(request: Request) -> ReceiptState:
    state = request.app.state.receipts
    assert isinstance(state, ReceiptState)
    return state


@router.post(sms.RECEIPTS_PATH)
async def twilio(request: Request) -> JSONResponse:
    """Twilio's status callback for SMS: form-encoded, signed over our public URL."""
    return await _take_from_twilio(request, sms.RECEIPTS_PATH, sms.PROVIDER, sms.TWILIO_ERRORS)


@router.post(whatsapp_twilio.RECEIPTS_PATH)
async def twilio_whatsapp(request: Request) -> JSONResponse:
    """The same for WhatsApp through Twilio."""
    errors = whatsapp_twilio.TWILIO_WHATSAPP_ERRORS
    return await _take_from_twilio(request, whatsapp_twilio.RECEIPTS_PATH, whatsapp_twilio.PROVIDER, errors)


async def _take_from_twilio(
    request: Request, path: str, provider: str, errors: Mapping[int, ProviderError]
) -> JSONResponse:
    state = state_of(request)
    if not state.twilio_tokens:
        raise Problem(404, "Not found", "there is no such thing here")
    body = await request.body()
    url = state.public_url.rstrip("/") + path + (f"?{request.url.query}" if request.url.query else "")
    signature = request.headers.get("x-twilio-signature")

    def parse() -> list[Receipt]:
        form = read_form(body)
        return parse_twilio(url, form, signature, state.twilio_tokens, state.clock(), provider, errors)

    return await _take(state, provider, parse)


@router.post("/receipts/sms-http")
async def sms_http(request: Request) -> JSONResponse:
    """Receipts of the SMS provider that a description tells of: JSON, signed over the raw body."""
    state = state_of(request)
    settings = state.sms_http
    if settings is None or settings.sms_http_config.receipts is None:
        raise Problem(404, "Not found", "there is no such thing here")
    body, description, secrets = await request.body(), settings.sms_http_config, settings.receipt_secrets
    return await _take(
        state, SMS_HTTP, lambda: parse_sms_http(body, request.headers, description, secrets, state.clock())
    )


@router.post("/receipts/whatsapp")
async def whatsapp(request: Request) -> JSONResponse:
    """Meta's webhook for the Cloud API: JSON, signed over the raw body."""
    state = state_of(request)
    if not state.whatsapp_secrets:
        raise Problem(404, "Not found", "there is no such thing here")
    body = await request.body()
    signature = request.headers.get("x-hub-signature-256")

    def parse() -> list[Receipt]:
        return parse_whatsapp(body, signature, state.whatsapp_secrets, state.clock())

    return await _take(state, "whatsapp", parse)


@router.get("/receipts/whatsapp")
async def whatsapp_verification(request: Request) -> Response:
    """Meta's handshake when the webhook is registered."""
    state = state_of(request)
    if state.whatsapp_verify_token is None:
        raise Problem(404, "Not found", "there is no such thing here")
    try:
        challenge = whatsapp_handshake(dict(request.query_params), state.whatsapp_verify_token)
    except (BadSignature, Malformed) as error:
        raise Problem(403, "Forbidden", "the verify token is wrong") from error
    return PlainTextResponse(challenge)


async def _take(state: ReceiptState, provider: str, parse: Callable[[], list[Receipt]]) -> JSONResponse:
    """Read what came, and apply it to the messages that went through this provider."""
    with refusals(provider):
        receipts = parse()
    return await keep(state, (provider,), receipts)


@contextmanager
def refusals(provider: str) -> Iterator[None]:
    """What is forged or cannot be read becomes the answer that says so, without a word on why a signature failed."""
    try:
        yield
    except BadSignature as error:
        get_logger().warning("receipt_refused", provider=provider, reason=str(error))
        raise Problem(401, "Unauthorized", "the signature is missing or wrong") from error
    except Malformed as error:
        raise Problem(422, "Invalid", str(error)) from error


async def keep(state: ReceiptState, providers: Sequence[str], receipts: list[Receipt]) -> JSONResponse:
    """Apply them to the messages that went through one of these providers, and say how many moved."""
    try:
        moved = [await apply_receipts(state.database, provider, receipts) for provider in providers]
    except Exception as error:
        if not is_infrastructure(error):
            raise
        raise unavailable("the database") from error
    failpoint("notifier.after_receipt")
    return JSONResponse({"taken": len(receipts), "moved": sum(moved)})


async def apply_receipts(database: Database, provider: str, receipts: Sequence[Receipt]) -> int:
    """Move the messages that these receipts speak of. Answers how many moved; one that says nothing new moves none."""
    moved = 0
    # One order for all, so that two notifications about the same messages do not block each other.
    in_lock_order = sorted(receipts, key=lambda receipt: str(receipt.message_id or receipt.provider_message_id))
    async with database.transaction() as tx:
        for receipt in in_lock_order:
            found = await _find(tx, provider, receipt)
            if found is None:
                get_logger().info("receipt_for_nobody", provider=provider)
                continue
            with reporting(provider, receipt.verdict, found):
                moved += await _apply(tx, found["id"], Channel(found["channel"]), receipt)
    return moved


async def _apply(tx: AsyncConnection, message: UUID, channel: Channel, receipt: Receipt) -> int:
    state = STATE_OF_RECEIPT[receipt.verdict]
    change = Change(state, receipt.reason, receipt.provider_message_id)
    done = await ledger.change(tx, {message: change}, receipt_sources(state, channel))
    failpoint("notifier.in_receipt", functools.partial(cut, tx))
    await reach.learn(tx, {message: Lesson(receipt.reason, receipt.unreachable, receipt.complaint)}, receipt.at)
    returned = done if state is State.BOUNCED else []
    lost = {one: Loss(receipt.reason, receipt.unreachable) for one in returned}
    await ledger.tell(tx, [*done, *await tell_another_way(tx, lost)])
    return len(done)


async def _find(tx: AsyncConnection, provider: str, receipt: Receipt) -> Row | None:
    """By the id that we sent along, else by the provider's own; a known provider id must agree."""
    rows = await fetch(
        tx,
        "SELECT id, channel, provider_message_id, "
        "(SELECT s.traceparent FROM steps s WHERE s.event_id = step_event) AS traceparent "
        "FROM messages WHERE provider = :provider AND "
        "(id = :message OR (CAST(:message AS uuid) IS NULL AND provider_message_id = :provider_id)) FOR UPDATE",
        provider=provider,
        message=receipt.message_id,
        provider_id=receipt.provider_message_id,
    )
    if not rows:
        return None
    known = rows[0]["provider_message_id"]
    if known and receipt.provider_message_id and known != receipt.provider_message_id:
        return None
    return rows[0]


def read_form(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form body, in order. Raises Malformed for what is no UTF-8 or has too many fields."""
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100, strict_parsing=bool(body))
    except ValueError as error:
        raise Malformed("the body is no form") from error
