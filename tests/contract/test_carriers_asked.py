"""Every carrier that is asked, asked over HTTP: the question is well-formed, and each kind of answer is told apart."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from pydantic import SecretStr

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.carriers.nacex import NACEX
from services.carrier_gateway.parts.base import Carrier, Parsed, Refusal
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.polling.asking import Answer
from services.carrier_gateway.polling.poller import new_client
from services.carrier_gateway.polling.tokens import Access
from tests.support.carrier_api import TOKEN, CarrierApi, Received, carrier_api, key_of, key_text
from tests.support.carrier_samples import CANARY, samples_of

NOW = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
PLAIN = "PX1234567890"
AWKWARD = "PX/12?a=1&b=<c>\"'%20 ü#e|f\\"
IN_THE_ADDRESS = {
    "correo_argentino": {"extClient"},
    "nacex": {"user"},
    "seur": {"nif", "account", "business_unit"},
}
"""The parts of keys that a carrier wants in the query: names and numbers of its customer, no more."""
NOT_SENT = {
    "chilexpress": {"rut"},
    "chronopost": {"client", "secret"},
    "nacex": {"password"},
    "oca": {"client", "secret"},
}
"""Chilexpress and OCA are sent a customer's number alone, Chronopost nothing, NACEX the password's digest."""
each_carrier = pytest.mark.parametrize("carrier", [c for c in CARRIERS if c.pull], ids=lambda carrier: carrier.id)


def pull_of(carrier: Carrier) -> Pull:
    assert carrier.pull is not None
    return carrier.pull


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as client:
        yield client


@dataclass
class Asking:
    """A carrier's API, and a poller that has just started before each question."""

    carrier: Carrier
    api: CarrierApi
    client: httpx.AsyncClient

    async def ask(self, reference: str = PLAIN, country: str | None = "ES") -> Answer:
        access = Access(self.client, pull_of(self.carrier), self.api.url, SecretStr(key_text(self.carrier)))
        return await access.ask(Query(reference, country, "28001" if country else None), NOW)


@pytest.fixture
async def asking(carrier: Carrier, client: httpx.AsyncClient) -> AsyncIterator[Asking]:
    async with carrier_api(pull_of(carrier)) as api:
        yield Asking(carrier, api, client)


def texts_in(request: Received) -> list[str]:
    """Every single value of a question: of its path, its query, its body."""
    address = urlsplit(request.target)
    found = [unquote(segment) for segment in address.path.split("/")]
    found += [value for _, value in parse_qsl(address.query, strict_parsing=bool(address.query))]
    if request.headers.get("content-type", "").startswith("application/json"):
        found += re.findall(r'"((?:[^"\\]|\\.)*)"', json.dumps(json.loads(request.body), ensure_ascii=False))
        return [json.loads(f'"{text}"') if "\\" in text else text for text in found]
    if "xml" in request.headers.get("content-type", ""):
        return [*found, *(text for text in ElementTree.fromstring(request.body).itertext())]
    assert request.body == b""
    return found


@each_carrier
async def test_one_question_names_the_parcel_under_the_carriers_address(asking: Asking) -> None:
    await asking.ask()

    (asked,) = asking.api.asked
    assert asked.method in ("GET", "POST")
    assert asked.target.startswith("/base/")
    assert asked.headers["host"] == f"127.0.0.1:{asking.api.port}"
    assert any(PLAIN in text for text in texts_in(asked))
    assert len(asking.api.sold) == (1 if pull_of(asking.carrier).token else 0)


@each_carrier
async def test_a_reference_that_is_none_changes_nothing_but_its_own_value(asking: Asking) -> None:
    await asking.ask()
    await asking.ask(AWKWARD)

    plain, awkward = asking.api.asked
    assert re.fullmatch(r"[!-~]+", awkward.target)
    assert not re.search(r"[\"<>\\^`#]", awkward.target)
    shape, other = (urlsplit(each.target) for each in (plain, awkward))
    assert other.path.count("/") == shape.path.count("/")
    assert [name for name, _ in parse_qsl(other.query, True)] == [name for name, _ in parse_qsl(shape.query, True)]
    assert len(texts_in(awkward)) == len(texts_in(plain))


@each_carrier
async def test_the_key_goes_where_the_carrier_wants_it_and_its_secret_never_into_the_address(asking: Asking) -> None:
    await asking.ask()

    requests, parts = [*asking.api.sold, *asking.api.asked], key_of(asking.carrier)
    inside = {name for name, value in parts.items() if any(value in request.target for request in requests)}
    sent = {name for name, value in parts.items() if any(request.holds(value) for request in requests)}
    assert inside <= IN_THE_ADDRESS.get(asking.carrier.id, set())
    assert sent == set(parts) - NOT_SENT.get(asking.carrier.id, set())
    assert all(TOKEN not in request.target for request in requests)
    assert pull_of(asking.carrier).token is None or asking.api.asked[0].holds(TOKEN)


@pytest.mark.parametrize("carrier", [NACEX], ids=["nacex"])
async def test_nacex_gets_the_passwords_digest_as_it_asks_for_it(asking: Asking) -> None:
    await asking.ask()

    digest = hashlib.md5(key_of(NACEX)["password"].encode(), usedforsecurity=False).hexdigest().upper()
    assert asking.api.asked[0].holds(digest)


@each_carrier
async def test_each_sample_given_as_an_answer_is_read_as_if_it_had_been_sent(asking: Asking) -> None:
    for given in samples_of(asking.carrier):
        heard = asking.carrier.parse(given.payload)
        asking.api.body = given.payload

        reference = next((event.reference for event in heard.events), PLAIN)
        answer = await asking.ask(reference, country=None)

        if heard.refusal is Refusal.NOT_ALLOWED:
            assert answer.parsed.refusal is Refusal.NOT_ALLOWED
        else:
            assert answer == Answer(heard)
            assert [event.event_id for event in answer.parsed.events] == [event.event_id for event in heard.events]
        assert CANARY not in repr(answer).lower()


@each_carrier
@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (404, Refusal.NOT_FOUND),
        (400, Refusal.BAD_REFERENCE),
        (401, Refusal.NOT_ALLOWED),
        (429, Refusal.QUOTA),
        (500, Refusal.OUTAGE),
        (503, Refusal.OUTAGE),
        (302, Refusal.OUTAGE),
    ],
)
async def test_an_error_status_is_told_apart(asking: Asking, status: int, refusal: Refusal) -> None:
    asking.api.status, asking.api.headers = status, {"retry-after": "120", "location": "http://127.0.0.1:9/"}
    asking.api.body = next(
        sample.payload for sample in samples_of(asking.carrier) if asking.carrier.parse(sample.payload).events
    )

    assert await asking.ask() == Answer(Parsed(refusal=refusal), retry_after=timedelta(minutes=2))


@each_carrier
@pytest.mark.parametrize(
    "body",
    [b"\x00\xff\xfenonsense", b'{"a": ' * 5_000, b"<a>" * 5_000, b"<!DOCTYPE html><html><p>Maintenance</p></html>"],
    ids=["nonsense", "deep json", "deep xml", "a page"],
)
async def test_an_answer_that_cannot_be_read_says_nothing_of_the_parcel(asking: Asking, body: bytes) -> None:
    asking.api.body = body

    answer = await asking.ask()

    assert answer.parsed in (Parsed(), Parsed(refusal=Refusal.OUTAGE))
    assert answer.malformed is not None or answer.parsed.refusal is Refusal.OUTAGE
