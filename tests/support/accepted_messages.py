"""Lines of an accept log, with only what a test cares about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox.people import PEOPLE
from sandbox.phone.messages import PhoneMessage
from sandbox.providers import Accepted, StatusChange
from shared.contracts.vocabulary import Channel

NOON = datetime(2026, 3, 24, 12, 0, tzinfo=UTC)
LUCIA = PEOPLE[0]
LINK = "http://127.0.0.1:8002/t/Zk3vQ8mN1xT7rB5wLc0yHd"
HOSTILE = "<img src=x onerror=\"window.pwned='yes'\"><script>window.pwned='yes'</script>"


def accepted_message(
    id: str = "m1",
    *,
    to: str | None = None,
    channel: Channel = Channel.SMS,
    text: str = "Hola",
    minutes: int = 0,
    subject: str | None = None,
    html: str | None = None,
) -> Accepted:
    address = to or LUCIA.address(Channel.EMAIL if channel is Channel.EMAIL else Channel.SMS)
    return Accepted(
        at=NOON + timedelta(minutes=minutes),
        provider="smtp" if channel is Channel.EMAIL else "twilio",
        channel=channel,
        to=address,
        sender="+34600000000",
        message_id=None,
        provider_message_id=id,
        sha256="0" * 64,
        subject=subject,
        text=text,
        html=html,
    )


def phone_message(id: str = "m1", **what: object) -> PhoneMessage:
    return PhoneMessage.from_log(accepted_message(id, **what), "Librería Faro")  # type: ignore[arg-type]


def status_change(id: str, status: str) -> StatusChange:
    return StatusChange(at=NOON, provider="graph", provider_message_id=id, message_id=None, status=status)
