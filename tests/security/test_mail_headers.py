"""Whatever stands for a name, a subject or a shop: one mail, for one recipient, with the headers that we write."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from services.notifier.channels.base import OutcomeClass
from services.notifier.channels.email import Email
from services.notifier.channels.email_settings import EmailSettings
from tests.support.attacks import tries
from tests.support.letters import email_letter
from tests.support.scripted_server import scripted_smtp

STRINGS_AT_ONCE = 50
HEADERS = {
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted", "MIME-Version"),
    *("Content-Type", "Content-Transfer-Encoding", "In-Reply-To", "X-Auto-Response-Suppress"),
}
BREAKS = (
    "\r\n",
    "\n",
    "\r",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\x00",
    "\r\n ",
    "\n\t",
)
COMMANDS = (
    "Bcc: thief@evil.example",
    "RCPT TO:<thief@evil.example>",
    "\r\n.\r\nMAIL FROM:<x@evil.example>",
    "--=_5f0c",
)
NASTY = st.lists(
    st.one_of(st.sampled_from(BREAKS), st.sampled_from(COMMANDS), st.text(max_size=20)), min_size=1, max_size=6
).map("".join)


@settings(
    max_examples=tries(4, 1_000),
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(strings=st.lists(st.tuples(NASTY, NASTY, NASTY), min_size=STRINGS_AT_ONCE, max_size=STRINGS_AT_ONCE))
async def test_no_string_writes_a_header_adds_a_recipient_or_speaks_to_the_server(
    strings: list[tuple[str, str, str]],
) -> None:
    async with scripted_smtp() as relay:
        email = Email(
            EmailSettings(smtp_url=SecretStr(f"smtp://127.0.0.1:{relay.port}"), email_from="pedidos@sandbox.example")
        )
        for name, subject, shop in strings:
            letter = email_letter(recipient_name=name, subject=f"Tu pedido {subject}", shop_name=shop, html=None)
            sent = await email.send(email.prepare(letter), letter.message_id)
            assert sent.outcome is OutcomeClass.ACCEPTED, sent
        await email.close()
    assert [line for line in relay.lines if line.startswith("RCPT")] == ["RCPT TO:<lucia@example.com>"] * len(strings)
    assert {line.split()[0] for line in relay.lines} <= {"EHLO", "MAIL", "RCPT", "DATA", "RSET", "QUIT"}
    assert len(relay.messages) == len(strings)
    for raw in relay.messages:
        message = message_from_bytes(raw, policy=default)
        assert set(message.keys()) <= HEADERS and len(message.keys()) == len(set(message.keys())), message.keys()
        assert not message.defects
        assert b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "address", ["l@example.com\r\nRCPT TO:<x@y.z>", "l@example.com>", "<l@example.com", "l@e\x00.com"]
)
async def test_an_address_that_speaks_smtp_is_never_given_to_the_server(address: str) -> None:
    async with scripted_smtp() as relay:
        email = Email(
            EmailSettings(smtp_url=SecretStr(f"smtp://127.0.0.1:{relay.port}"), email_from="pedidos@sandbox.example")
        )
        letter = email_letter(address=address)
        with pytest.raises(Exception, match=r".") as refused:
            await email.send(email.prepare(letter), letter.message_id)
        await email.close()
    assert not re.search(r"x@y\.z|l@e", str(refused.value))
    assert relay.messages == [] and not [line for line in relay.lines if line.startswith("RCPT")]
