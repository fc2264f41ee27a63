"""A mail that comes back finds its message, whoever reports it, and nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from sandbox.providers import Providers
from services.notifier.bounces.amazon import AmazonAway, Certificates
from shared.contracts.vocabulary import Step
from shared.database import Database
from tests.support.mail_reports import (
    BOUNCE_SECRET,
    CERTIFICATE_URL,
    SUBSCRIBE_URL,
    TOPIC,
    Amazon,
    SendGrid,
    abuse_mail,
    bounce_mail,
    sendgrid_events,
    ses_event,
    signed_bounce,
)
from tests.support.notifier_world import Notifier, a_notifier, step

AMAZON, SENDGRID = Amazon(), SendGrid()
GENERAL = {"bounceType": "Permanent", "bounceSubType": "General"}


@pytest.fixture
async def reporting(
    running: Providers, notifier_database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Notifier]:
    """E-mail alone, through a relay that reports in every way there is."""
    AMAZON.fetched.clear()
    environment = {
        "SMTP_URL": running.smtp_url,
        "EMAIL_FROM": "pedidos@libreriafaro.example",
        "EMAIL_BOUNCE_SECRET": BOUNCE_SECRET,
        "SES_CONFIGURATION_SET": "hito",
        "SES_TOPIC_ARNS": TOPIC,
        "SENDGRID_WEBHOOK_KEY": SENDGRID.public_key,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    certificates = Certificates(AMAZON.fetch)
    async with a_notifier(notifier_database, running, certificates=certificates) as opened:
        yield opened


async def sent_mail(notifier: Notifier) -> UUID:
    await notifier.hears(step(Step.SHIPPED))
    await notifier.send_what_is_due()
    message = (await notifier.message(Step.SHIPPED))["id"]
    assert isinstance(message, UUID)
    return message


async def post(notifier: Notifier, path: str, body: bytes, headers: dict[str, str] | None = None) -> int:
    return (await notifier.http.post(path, content=body, headers=headers)).status_code


async def dsn(notifier: Notifier, mail: bytes) -> int:
    return await post(notifier, "/receipts/dsn", mail, signed_bounce(mail, now=datetime.now(UTC)))


async def test_a_mail_that_an_mta_returns_fails_with_the_reason_it_gives(reporting: Notifier) -> None:
    message = await sent_mail(reporting)

    assert await dsn(reporting, bounce_mail(message_id=message)) == 200
    assert await reporting.state(Step.SHIPPED) == ("bounced", "dsn_5.1.1_no_such_mailbox")


async def test_a_bounce_through_ses_or_sendgrid_is_the_same_fact(reporting: Notifier) -> None:
    message = await sent_mail(reporting)
    delivered = sendgrid_events({"event": "delivered", "hito_message": str(message)})

    assert await post(reporting, "/receipts/sendgrid", delivered, SENDGRID.headers(delivered)) == 200
    assert (await reporting.state(Step.SHIPPED))[0] == "delivered"
    bounce = AMAZON.envelope(ses_event("Bounce", ours=message, bounce=GENERAL))
    assert await post(reporting, "/receipts/ses", bounce) == 200
    assert await reporting.state(Step.SHIPPED) == ("bounced", "ses_bounce_permanent_general")


async def test_amazons_certificate_is_fetched_once(reporting: Notifier) -> None:
    message = await sent_mail(reporting)
    for kind in ("Send", "Delivery", "Delivery"):
        assert await post(reporting, "/receipts/ses", AMAZON.envelope(ses_event(kind, ours=message))) == 200

    assert AMAZON.fetched == [CERTIFICATE_URL]


async def test_a_subscription_is_confirmed_for_our_topic_and_for_no_other(reporting: Notifier) -> None:
    strange = AMAZON.confirmation(TopicArn=TOPIC.replace("hito", "thief"))

    assert await post(reporting, "/receipts/ses", strange) == 401
    assert await post(reporting, "/receipts/ses", AMAZON.confirmation(SubscribeURL="https://thief.example/")) == 401
    assert SUBSCRIBE_URL not in AMAZON.fetched
    assert await post(reporting, "/receipts/ses", AMAZON.confirmation()) == 200
    assert SUBSCRIBE_URL in AMAZON.fetched


async def test_what_nobody_signed_changes_nothing(reporting: Notifier) -> None:
    message = await sent_mail(reporting)
    mail = bounce_mail(message_id=message)
    bounced = sendgrid_events({"event": "bounce", "hito_message": str(message)})
    stranger = Amazon().envelope(ses_event("Bounce", ours=message, bounce=GENERAL))

    assert await post(reporting, "/receipts/dsn", mail) == 401
    assert await post(reporting, "/receipts/sendgrid", bounced, SendGrid().headers(bounced)) == 401
    assert await post(reporting, "/receipts/ses", stranger) == 401
    assert await post(reporting, "/receipts/ses", b"[]") == 422
    # Signed by our own pipe, but written by somebody who only knows the order.
    assert await dsn(reporting, bounce_mail(message_id=message, secret=None)) == 200
    assert (await reporting.state(Step.SHIPPED))[0] == "accepted"


async def test_a_complaint_is_taken_and_does_not_undo_the_delivery(reporting: Notifier) -> None:
    message = await sent_mail(reporting)
    mail = abuse_mail().replace(
        bounce_mail().split(b"Message-ID: ")[1].split(b"\r\n")[0],
        bounce_mail(message_id=message).split(b"Message-ID: ")[1].split(b"\r\n")[0],
    )

    assert await dsn(reporting, mail) == 200
    assert await reporting.state(Step.SHIPPED) == ("delivered", "dsn_complaint")


async def test_amazon_being_away_is_said_so_that_the_report_comes_again(
    running: Providers, reporting: Notifier
) -> None:
    async def away(url: str) -> bytes:
        raise AmazonAway(url)

    message = await sent_mail(reporting)
    async with a_notifier(reporting.database, running, certificates=Certificates(away)) as cut_off:
        bounce = AMAZON.envelope(ses_event("Bounce", ours=message, bounce=GENERAL))
        assert await post(cut_off, "/receipts/ses", bounce) == 503


async def test_who_is_not_configured_is_not_served(notifier: Notifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMAIL_BOUNCE_SECRET")
    async with a_notifier(notifier.database, notifier.providers) as without_reports:
        for path in ("/receipts/dsn", "/receipts/ses", "/receipts/sendgrid"):
            assert await post(without_reports, path, b"") == 404
