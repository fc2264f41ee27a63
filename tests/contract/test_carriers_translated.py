"""`translate <carrier>` reads what any carrier sends, pushed or asked for, and its exit code says how that went."""

from __future__ import annotations

import io

import pytest

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.parts.base import Carrier, Parsed, Refusal
from services.carrier_gateway.parts.pull import Query
from services.carrier_gateway.translate import MALFORMED, NOT_FOUND, REFUSED, UNMAPPED, translate
from shared.contracts.vocabulary import Stage
from tests.support.carrier_samples import Sample, sample, samples_of

ASKED = [carrier for carrier in CARRIERS if carrier.pull is not None]
SAMPLES = [each for carrier in CARRIERS for each in samples_of(carrier)]
UNREADABLE = {
    "nothing": b"",
    "cut": b'{"shipments": [',
    "a line of its own": b'{"\\n": 1}\n\n{"\\u2028": "\\r"}',
    "binary": bytes(range(256)) * 40,
}
PAGE = b"<!DOCTYPE html><html><body><h1>Maintenance</h1><p>Back at 8 & a half</p></body></html>"
each_carrier = pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.id)


def code_for(parsed: Parsed) -> int:
    if parsed.refusal is not None:
        return NOT_FOUND if parsed.refusal in (Refusal.NOT_FOUND, Refusal.BAD_REFERENCE) else REFUSED
    return UNMAPPED if any(event.stage is Stage.UNKNOWN for event in parsed.events) else 0


@pytest.mark.parametrize("given", SAMPLES, ids=str)
def test_a_sample_is_printed_and_its_kind_is_the_exit_code(
    given: Sample, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    code = translate([given.carrier.id], io.BytesIO(given.payload))

    printed = capfdbinary.readouterr()
    assert printed.out.decode().splitlines() == given.expected
    assert len(printed.err.decode().splitlines()) == 1
    assert code == code_for(given.carrier.parse(given.payload))


@pytest.mark.parametrize("given", [each for each in SAMPLES if each.carrier.pull is not None], ids=str)
def test_a_sample_is_understood_as_an_answer_about_its_parcel_as_well(
    given: Sample, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    parcel = next((event.reference for event in given.carrier.parse(given.payload).events), "NOT-KNOWN-1")

    code = translate([given.carrier.id, parcel], io.BytesIO(given.payload))

    printed = capfdbinary.readouterr()
    assert printed.out.decode().splitlines() == given.expected
    assert len(printed.err.decode().splitlines()) == 1
    assert code == code_for(given.carrier.parse(given.payload))


@each_carrier
def test_each_kind_of_payload_has_a_sample(carrier: Carrier) -> None:
    """Understood, and with a code that has no row; of a carrier that is asked, the answer for a stranger's parcel."""
    codes = {code_for(carrier.parse(each.payload)) for each in samples_of(carrier)}

    assert {0, UNMAPPED} <= codes
    assert carrier.pull is None or NOT_FOUND in codes
    assert code_for(carrier.parse(sample(carrier, "unknown_code").payload)) == UNMAPPED


@each_carrier
@pytest.mark.parametrize("payload", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_malformed_and_one_line_says_so(
    carrier: Carrier, payload: bytes, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    code = translate([carrier.id], io.BytesIO(payload))

    printed = capfdbinary.readouterr()
    assert code == MALFORMED
    assert printed.out == b""
    assert printed.err.startswith(f"{carrier.id}: malformed: ".encode())
    assert len(printed.err.decode().splitlines()) == 1


@each_carrier
def test_a_web_page_instead_of_data_is_malformed_or_an_outage_and_says_nothing_of_the_parcel(
    carrier: Carrier, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    code = translate([carrier.id], io.BytesIO(PAGE))

    printed = capfdbinary.readouterr()
    assert code in (MALFORMED, REFUSED)
    assert printed.out == b""
    assert len(printed.err.decode().splitlines()) == 1


@pytest.mark.parametrize("carrier", ASKED, ids=lambda carrier: carrier.id)
def test_an_answer_for_a_stranger_differs_from_one_that_cannot_be_read(
    carrier: Carrier, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    answers = [each for each in samples_of(carrier) if carrier.parse(each.payload).refusal is Refusal.NOT_FOUND]
    assert answers

    for answer in answers:
        assert carrier.pull is not None
        assert carrier.pull.read(Query("NOT-KNOWN-1"), answer.payload) == Parsed(refusal=Refusal.NOT_FOUND)
        assert translate([carrier.id], io.BytesIO(answer.payload)) == NOT_FOUND
        assert capfdbinary.readouterr().err == f"{carrier.id}: no events: not_found\n".encode()
