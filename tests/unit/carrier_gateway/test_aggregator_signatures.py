"""Webhooks of aggregators prove themselves as each documents it; the values were worked out with openssl."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.carrier_gateway.carriers.aftership import AFTERSHIP
from services.carrier_gateway.carriers.easypost import EASYPOST
from services.carrier_gateway.carriers.seventeentrack import SEVENTEENTRACK
from services.carrier_gateway.carriers.shippo import SHIPPO
from services.carrier_gateway.parts.base import Carrier
from shared.signatures import BadSignature
from tests.support.carrier_samples import sample
from tests.support.gateway_caller import running_gateway

KEY = "a-secret-of-an-aggregator"
BODY = b'{"event":"none"}'
NOW = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
TOKEN = "a-token-in-the-address"
DOCUMENTED = [
    (EASYPOST, "x-hmac-signature", "hmac-sha256-hex=d211952dbbfaa12a045b4fb271396ae3302fbf7a429f2302c6bb493b1e2381be"),
    (AFTERSHIP, "aftership-hmac-sha256", "0hGVLbv6oSoEW0+ycTlq4zAvv3pCnyMCxrtJOx4jgb4="),
    (SEVENTEENTRACK, "sign", "a45802f48032ea1a30fd94e0a4e20f954d74e720604043510d2521af408980b9"),
    (
        SHIPPO,
        "shippo-auth-signature",
        "t=1774872000,v1=efdf4057c7e5f077b0dd1554cc4066d7d9e3319784a86cdd24ae72f4c6c681c7",
    ),
]
each_documented = pytest.mark.parametrize(("carrier", "header", "value"), DOCUMENTED, ids=lambda value: str(value)[:12])


@each_documented
def test_the_documented_value_is_accepted(carrier: Carrier, header: str, value: str) -> None:
    carrier.verify(BODY, {header: value}, [KEY], NOW)

    assert carrier.signature.sign(BODY, KEY, "m1", NOW) == {header: value}


@each_documented
def test_a_changed_body_is_refused(carrier: Carrier, header: str, value: str) -> None:
    with pytest.raises(BadSignature):
        carrier.verify(BODY + b" ", {header: value}, [KEY], NOW)


@pytest.mark.parametrize("away", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_a_signature_of_shippo_from_another_time_is_refused(away: timedelta) -> None:
    headers = SHIPPO.signature.sign(BODY, KEY, "m1", NOW + away)

    with pytest.raises(BadSignature):
        SHIPPO.verify(BODY, headers, [KEY], NOW)


@pytest.mark.parametrize("value", ["t=,v1=", "v1=00", "t=1774872000", "t=9999999999999,v1=" + "0" * 64, "t=-1,v1=0"])
def test_a_signature_of_shippo_in_another_form_is_refused(value: str) -> None:
    with pytest.raises(BadSignature):
        SHIPPO.verify(BODY, {"shippo-auth-signature": value}, [KEY], NOW)


async def test_shippo_without_a_signature_opens_with_the_token_in_the_address() -> None:
    payload = sample(SHIPPO, "life_of_a_parcel").payload
    async with running_gateway({"CARRIER_SHIPPO_SECRET": f"url:{TOKEN}"}) as gateway:
        answers = [
            (await gateway.client.post(f"/webhooks/shippo{query}", content=payload)).status_code
            for query in (f"?token={TOKEN}", f"?token={TOKEN}x", "?token=", "")
        ]

    assert answers == [202, 401, 401, 401]


async def test_where_shippo_signs_a_token_in_the_address_does_not_open() -> None:
    async with running_gateway({"CARRIER_SHIPPO_SECRET": KEY}) as gateway:
        answer = await gateway.client.post(f"/webhooks/shippo?token={KEY}", content=b"{}")

    assert answer.status_code == 401


async def test_a_token_in_the_address_opens_nothing_that_is_signed() -> None:
    async with running_gateway() as gateway:
        answer = await gateway.client.post("/webhooks/aftership?token=whatever-it-may-be", content=b"{}")

    assert answer.status_code == 401


def test_while_shippo_changes_over_to_signing_both_are_accepted() -> None:
    secrets = [KEY, f"url:{TOKEN}"]

    SHIPPO.verify(BODY, SHIPPO.signature.sign(BODY, KEY, "m1", NOW), secrets, NOW)
    SHIPPO.verify(BODY, SHIPPO.signature.sign(BODY, f"url:{TOKEN}", "m1", NOW), secrets, NOW)
    with pytest.raises(BadSignature):
        SHIPPO.verify(BODY, {}, secrets, NOW)
