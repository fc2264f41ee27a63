"""What becomes of e-mails, as those say who carried them: our own MTA, Amazon SES, SendGrid.

Each path exists only where its secret, topic or key is configured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from services.notifier.bounces.amazon import AmazonAway
from services.notifier.receipt_formats import parse_dsn, parse_sendgrid, parse_ses
from services.notifier.receipt_formats.sns import (
    CONFIRMATION,
    NOTIFICATION,
    certificate_url,
    check_sns,
    confirmation_url,
    read_sns,
)
from services.notifier.receipts import keep, refusals, state_of
from shared.observability.logs import get_logger
from shared.web import Problem, unavailable

router = APIRouter(tags=["receipts"])


@router.post("/receipts/dsn")
async def bounced(request: Request) -> JSONResponse:
    """One mail that came back, whole, signed as Standard Webhooks are by whoever pipes it here."""
    state = state_of(request)
    secrets = _configured(state.mail.bounce_secrets)
    body, headers = await request.body(), dict(request.headers)
    with refusals("dsn"):
        # In a thread: a mail nested as deeply as we let pass takes a quarter of a second to read.
        receipts = await asyncio.to_thread(parse_dsn, body, headers, secrets, state.clock())
    return await keep(state, state.mail.providers, receipts)


@router.post("/receipts/ses")
async def ses(request: Request) -> JSONResponse:
    """Amazon SES through SNS: an envelope with Amazon's signature. A new subscription of our topic is confirmed."""
    state = state_of(request)
    topics, certificates = _configured(state.mail.topic_arns), state.mail.certificates
    body = await request.body()
    with refusals("ses"), _amazon():
        message = read_sns(body, topics)
        check_sns(message, await certificates.get(certificate_url(message)), state.clock())
        receipts = parse_ses(message.message, state.clock()) if message.kind == NOTIFICATION else []
        if message.kind == CONFIRMATION:
            await certificates.fetch(confirmation_url(message))
            get_logger().info("sns_subscribed")
    return await keep(state, state.mail.providers, receipts)


@router.post("/receipts/sendgrid")
async def sendgrid(request: Request) -> JSONResponse:
    """SendGrid's signed event webhook."""
    state = state_of(request)
    keys = _configured(state.mail.sendgrid_keys)
    body = await request.body()
    signature = request.headers.get("x-twilio-email-event-webhook-signature")
    timestamp = request.headers.get("x-twilio-email-event-webhook-timestamp")
    with refusals("sendgrid"):
        receipts = parse_sendgrid(body, signature, timestamp, keys, state.clock())
    return await keep(state, state.mail.providers, receipts)


def _configured(found: Sequence[str]) -> Sequence[str]:
    if not found:
        raise Problem(404, "Not found", "there is no such thing here")
    return found


@contextmanager
def _amazon() -> Iterator[None]:
    try:
        yield
    except AmazonAway as error:
        raise unavailable("Amazon SNS") from error
