"""Nobody outside chooses whom Hito calls: every way out is listed here, and the one that reads an address checks it."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from services.notifier.bounces.amazon import Certificates
from services.notifier.receipt_formats.sns import SnsMessage, certificate_url, confirmation_url
from shared.signatures import BadSignature
from tests.support.mail_reports import CERTIFICATE_URL, SUBSCRIBE_URL, TOPIC
from tests.support.notifier_world import Notifier
from tests.support.source_files import python_sources

WAYS_OUT = {
    "services/carrier_gateway/polling/poller.py": "carriers, at the address of their adapter or of CARRIER_<ID>_URL",
    "services/notifier/bounces/amazon.py": "Amazon SNS, at an address that is checked below",
    "services/notifier/bounces/pipe.py": "the notifier itself, at the address on the command's own settings",
    "services/notifier/channels/http.py": "providers, at the addresses of the environment",
    "services/notifier/channels/smtp.py": "the relay of SMTP_URL",
    "services/notifier/templates/approved.py": "Meta, at the address of the environment",
    "services/tracking/directory.py": "our own gateway, at GATEWAY_URL",
}
"""Every file that opens a connection, but for PostgreSQL and Kafka, and who says where to."""
OPENERS = {"AsyncClient", "Client", "urlopen", "open_connection", "create_connection", "SMTP", "HTTPSConnection"}
CALLERS = {"httpx.get", "httpx.post", "httpx.put", "httpx.request", "httpx.stream"}


def test_every_place_that_opens_a_connection_is_known_with_who_chooses_the_address() -> None:
    found = set()
    for source in python_sources():
        if source.path.startswith(("services/", "shared/")):
            from_module = {ast.unparse(call.func) for _, call in source.calls}
            if {name for name, _ in source.calls} & OPENERS or from_module & CALLERS:
                found.add(source.path)
    assert found == WAYS_OUT.keys()


def test_no_client_follows_where_an_answer_sends_it() -> None:
    """A redirect to an address inside would be such a call."""
    for path in WAYS_OUT:
        source = next(source for source in python_sources() if source.path == path)
        assert "follow_redirects=True" not in source.text


SNS = "sns.eu-west-1.amazonaws.com"
PEM = "/SimpleNotificationService-0123456789abcdef.pem"
HOSTS = (
    *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "0.0.0.0", "127.0.0.1.", "127.000.000.001"),
    *("localhost", "localhost.", "LOCALHOST", "localtest.me", "127.0.0.1.nip.io", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[fe80::1%25eth0]", "[fd00::1]"),
    *("169.254.169.254", "[fd00:ec2::254]", "100.64.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "224.0.0.1"),
    *("metadata.google.internal", "postgres", "kafka:9092", "tracking.hito.svc.cluster.local", "①②⑦.⓪.⓪.①"),
    *("evil.example", f"{SNS}.evil.example", f"evil.example#{SNS}", f"evil.example?{SNS}", f"evil.example/{SNS}"),
    *(f"{SNS}@evil.example", f"{SNS}:x@evil.example", f"evil.example@{SNS}", f"user:pass@{SNS}", f"{SNS}:8443"),
    *(f"{SNS}:443", f"{SNS}.", f"{SNS}\\@evil.example", f"evil.example\\.{SNS}", f"{SNS}%00.evil.example"),
    *(f"{SNS}%2eevil.example", f"x{SNS}", f"sns.us-east-1.amazonaws.com.{SNS}", "sns.us-east-1.amazonaws.com"),
    *("s3.eu-west-1.amazonaws.com", "bucket.s3.amazonaws.com", "sns.eu-west-1.amazonaws.com.cn.evil.example"),
    *("sns。eu-west-1.amazonaws.com", "ѕns.eu-west-1.amazonaws.com", f"{SNS}\t", f" {SNS}", f"{SNS}\r\nHost: evil"),
)
ADDRESSES = (
    *(f"https://{host}{PEM}" for host in HOSTS),
    *(f"{scheme}{SNS}{PEM}" for scheme in ("http://", "ftp://", "file://", "gopher://", "//", "", "https:", "https:/")),
    *(f"https://{SNS}{path}" for path in ("", "/", "/x.pem", f"{PEM}/..", f"/..{PEM}", f"//evil.example{PEM}", "/%2e")),
    "file:///etc/passwd",
    f"javascript://{SNS}{PEM}",
    "x" * 400,
)


def message(**changes: str) -> SnsMessage:
    fields = {
        "Type": "SubscriptionConfirmation",
        "MessageId": "1",
        "TopicArn": TOPIC,
        "Message": "{}",
        "Timestamp": "2026-03-24T09:30:00.000Z",
        "Token": "abc",
        "SubscribeURL": SUBSCRIBE_URL,
        "SignatureVersion": "2",
        "Signature": "AAAA",
        "SigningCertURL": CERTIFICATE_URL,
    }
    return SnsMessage.model_validate(fields | changes)


def test_there_are_enough_ways_to_write_an_address_and_the_good_ones_pass() -> None:
    assert len(set(ADDRESSES)) >= 60
    assert certificate_url(message()) == CERTIFICATE_URL
    assert confirmation_url(message()) == SUBSCRIBE_URL


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_not_one_of_sns_in_the_topics_region_is_refused(address: str) -> None:
    with pytest.raises(BadSignature):
        certificate_url(message(SigningCertURL=address))
    if not address.startswith(f"https://{SNS}/"):
        with pytest.raises(BadSignature):
            confirmation_url(message(SubscribeURL=address))


async def test_whatever_address_a_forged_message_names_nothing_is_fetched(notifier: Notifier) -> None:
    fetched: list[str] = []

    async def note(url: str) -> bytes:
        fetched.append(url)
        return b""

    app = notifier.app
    mail = replace(app.state.receipts.mail, topic_arns=(TOPIC,), certificates=Certificates(note))
    app.state.receipts = replace(app.state.receipts, mail=mail, clock=lambda: datetime(2026, 3, 24, tzinfo=UTC))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://notifier.test") as client:
        for address in ADDRESSES:
            forged = message(SigningCertURL=address, SubscribeURL=address).model_dump(mode="json", by_alias=True)
            assert (await client.post("/receipts/ses", json=forged)).status_code in (401, 422)
        assert fetched == []
        honest = message().model_dump(mode="json", by_alias=True)
        assert (await client.post("/receipts/ses", json=honest)).status_code == 401
    assert fetched == [CERTIFICATE_URL]  # its certificate; the signature is wrong, so the subscription is not confirmed
