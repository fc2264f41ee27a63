"""What an adapter does with bytes that nobody should send: it says so, quickly, and lets nothing through."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.parts.base import Carrier, Malformed
from services.carrier_gateway.parts.pull import Query
from shared.contracts.shipments import Location, ShipmentEvent
from tests.support.carrier_samples import CANARY, Sample, samples_of
from tests.support.payload_fields import leaves, with_value

SAMPLES = [sample for carrier in CARRIERS for sample in samples_of(carrier)]
each_carrier = pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.id)
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)


def outcome(carrier: Carrier, body: bytes) -> tuple[ShipmentEvent, ...] | Malformed:
    """What an adapter may do with bytes: read them or call them malformed. Anything else fails the test."""
    try:
        return carrier.parse(body).events
    except Malformed as error:
        return error


HOSTILE = {
    "empty": b"",
    "no json": b"<xml/>",
    "cut": b'{"shipments": [',
    "null": b"null",
    "number": b"7",
    "text": b'"events"',
    "deep list": b"[" * 30_000,
    "deep object": b'{"a":' * 10_000,
    "deep events": b'{"events":' * 5_000 + b"1",
    "not utf-8": b'{"events": "\xff\xfe"}',
    "utf-16": '{"events": []}'.encode("utf-16"),
    "lone surrogate": b'{"reference": "\\ud800"}',
    "long number": b'{"shipments": [{"id": ' + b"9" * 20_000 + b"}]}",
    "infinity": b'{"shipments": Infinity, "events": Infinity}',
    "many": b"[" + b"{}," * 20_000 + b"{}]",
    "xml bomb": b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>',
    "xml from a file": b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]><a>&a;</a>',
    "deep xml": b"<a>" * 20_000,
    "wide xml": b"<a>" + b"<b/>" * 60_000 + b"</a>",
    "xml in an unheard-of encoding": b'<?xml version="1.0" encoding="utf-7"?><a/>',
    "lines": b"|||||||\n" * 20_000,
    "ends": b"~|" * 20_000,
}


@each_carrier
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_are_malformed_and_named_as_such(carrier: Carrier, body: bytes) -> None:
    result = outcome(carrier, body)

    assert isinstance(result, Malformed)
    assert all(field and message for field, message in result.errors)


@pytest.mark.parametrize("carrier", [c for c in CARRIERS if c.pull], ids=lambda carrier: carrier.id)
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_answer_tells_no_events_either(carrier: Carrier, body: bytes) -> None:
    assert carrier.pull is not None
    try:
        assert carrier.pull.read(Query("1234567890"), body).events == ()
    except Malformed as error:
        assert all(field and message for field, message in error.errors)


@each_sample
def test_what_is_malformed_is_never_quoted(sample: Sample) -> None:
    """The reason goes to whoever sent it, and into logs."""
    for path in leaves(sample.payload):
        for wrong in ({CANARY: CANARY}, [CANARY], [[{CANARY: 1}]], f"\x00{CANARY}"):
            result = outcome(sample.carrier, with_value(sample.payload, path, wrong))
            assert not isinstance(result, Malformed) or CANARY not in f"{result} {result.errors}"


@each_sample
def test_a_value_of_a_wrong_type_names_its_field_or_does_no_harm(sample: Sample) -> None:
    named = 0
    for path in leaves(sample.payload):
        for wrong in ({"a": 1}, ["a"], 7, True, None, 1e300):
            result = outcome(sample.carrier, with_value(sample.payload, path, wrong))
            if isinstance(result, Malformed):
                named += 1
                assert all("." in field or field.isidentifier() for field, _ in result.errors)
    assert named > 0 or sample.carrier.parse(sample.payload).events == ()


AWKWARD = st.one_of(
    st.text(max_size=300),
    st.sampled_from(["\x00\x1b[31m", "‮evil", "a" * 5_000, "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"]),
    st.sampled_from(["\u2028\u2029", "2026-02-31T10:00:00Z", "2026-13-01", " ", "é" * 300, "<script>", "{{7*7}}"]),
)


@each_sample
@given(data=st.data())
def test_awkward_texts_anywhere_are_cleaned_or_refused(sample: Sample, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(list(leaves(sample.payload))))

    result = outcome(sample.carrier, with_value(sample.payload, path, data.draw(AWKWARD)))

    if isinstance(result, Malformed):
        return
    for event in result:
        assert event.reference.isprintable()
        place = event.location or Location()
        for text in (event.carrier_text, event.carrier_code, place.city, place.postal_code):
            assert text is None or (0 < len(text) <= 200)
            assert text is None or not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text)
        assert ShipmentEvent.model_validate_json(event.to_json()) == event


@each_carrier
@pytest.mark.parametrize("filling", ["NOT ", "WIRD ", "DUTY ", "ADDRESS ", "DELIVERED TO ", "NICHT ZUGESTELL ", "("])
def test_a_text_made_to_take_long_does_not(carrier: Carrier, filling: str) -> None:
    """64 KiB of one sample's texts, blown up by whatever makes the patterns try hardest."""
    sample = next(s for s in samples_of(carrier) if s.case == "unknown_code")
    long = filling * (60_000 // len(filling))
    bodies = [with_value(sample.payload, path, long) for path in leaves(sample.payload)]

    for body in bodies:
        started = time.process_time()
        outcome(carrier, body)
        assert time.process_time() - started < 0.25
