"""What every carrier's adapter promises. The suite runs over the registry: a new carrier is tested by being in it."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.carrier_gateway.carriers import CARRIERS, carrier_named
from services.carrier_gateway.directory import complaints, list_carriers
from services.carrier_gateway.parts.base import Carrier, Row, Skip
from services.carrier_gateway.parts.plain_text import plain
from services.carrier_gateway.parts.wording import normalise, recognise
from shared.contracts.vocabulary import Stage
from shared.messaging.publish import Publisher
from shared.signatures import BadSignature
from tests.support.carrier_samples import CANARY, OTHER_SECRET, SECRET, Sample, samples_of
from tests.support.recording_publisher import RecordingPublisher

NOW = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
SAMPLES = [sample for carrier in CARRIERS for sample in samples_of(carrier)]
each_carrier = pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.id)
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)


@each_sample
def test_a_sample_becomes_exactly_these_events(sample: Sample) -> None:
    assert [event.to_json().decode() for event in sample.carrier.parse(sample.payload).events] == sample.expected


@each_sample
def test_events_come_oldest_first_under_the_id_of_a_carrier_it_speaks_for(sample: Sample) -> None:
    events = sample.carrier.parse(sample.payload).events

    assert [e.occurred_at for e in events] == sorted(e.occurred_at for e in events)
    assert {e.carrier for e in events} <= {sample.carrier.id} | sample.carrier.speaks_for


@each_sample
def test_the_same_fact_told_twice_has_the_same_id_and_is_told_once(sample: Sample) -> None:
    first = sample.carrier.parse(sample.payload).events
    second = sample.carrier.parse(sample.payload).events

    assert [e.event_id for e in first] == [e.event_id for e in second]
    assert len({e.event_id for e in first}) == len(first)


@each_carrier
def test_something_personal_is_in_the_samples_and_never_in_the_events(carrier: Carrier) -> None:
    told = b" ".join(event.to_json() for s in samples_of(carrier) for event in carrier.parse(s.payload).events)

    assert any(CANARY in s.payload.decode().lower() for s in samples_of(carrier)), "the samples test nothing"
    assert CANARY not in told.decode().lower()


@each_carrier
def test_a_code_without_a_row_is_unknown_and_never_a_guess(carrier: Carrier) -> None:
    strange = next(s for s in samples_of(carrier) if s.case == "unknown_code")

    events = carrier.parse(strange.payload).events

    assert "teleported" in [e.carrier_code for e in events if e.stage is Stage.UNKNOWN]


@each_carrier
def test_every_code_has_exactly_one_meaning(carrier: Carrier) -> None:
    assert carrier.codes
    assert all(isinstance(meaning, Row | Skip) for meaning in carrier.codes.values())
    assert len({code.strip().lower() for code in carrier.codes}) == len(carrier.codes)


@each_carrier
def test_every_wording_row_is_reached_by_its_examples(carrier: Carrier) -> None:
    assert len({wording.name for wording in carrier.wordings}) == len(carrier.wordings)
    for wording in carrier.wordings:
        assert wording.examples
        for example in wording.examples:
            found = recognise(example, carrier.wordings)
            assert found is not None, example
            assert found.wording.name == wording.name, example


@each_carrier
def test_operators_can_read_the_known_wordings(carrier: Carrier) -> None:
    """Each word of a known wording is on the list of words that may pass."""
    for wording in carrier.wordings:
        for example in wording.examples:
            found = recognise(example, carrier.wordings)
            assert found is not None
            known = " ".join(example.split()[: found.words])
            assert "…" not in (plain(re.sub(r"\d+", "", known)) or "…"), example


@each_carrier
def test_a_true_signature_is_accepted_with_the_new_and_with_the_old_secret(carrier: Carrier) -> None:
    for secret in (SECRET, OTHER_SECRET):
        headers = carrier.signature.sign(b"{}", secret, "m1", NOW)
        carrier.verify(b"{}", headers, [SECRET, OTHER_SECRET], NOW)


@each_carrier
def test_a_wrong_or_missing_signature_is_refused(carrier: Carrier) -> None:
    forged = carrier.signature.sign(b"{}", OTHER_SECRET, "m1", NOW)

    for headers in (forged, {}, dict.fromkeys(forged, ""), {name: value[:-1] for name, value in forged.items()}):
        with pytest.raises(BadSignature):
            carrier.verify(b"{}", headers, [SECRET], NOW)


@pytest.mark.parametrize("carrier", [c for c in CARRIERS if len(c.signature.sign(b"", SECRET, "m", NOW)) > 1])
def test_a_signed_body_cannot_be_changed_nor_sent_again_tomorrow(carrier: Carrier) -> None:
    headers = carrier.signature.sign(b"{}", SECRET, "m1", NOW)

    with pytest.raises(BadSignature):
        carrier.verify(b"{ }", headers, [SECRET], NOW)
    with pytest.raises(BadSignature):
        carrier.verify(b"{}", headers, [SECRET], NOW + timedelta(days=1))


@each_carrier
@pytest.mark.parametrize("secret", ["", "short", "whsec_!!!", "ñ" * 40])
def test_a_secret_that_cannot_be_one_is_refused_without_being_quoted(carrier: Carrier, secret: str) -> None:
    with pytest.raises(ValueError, match=r"secret|token") as refused:
        carrier.signature.check_with([secret])

    assert secret == "" or secret not in str(refused.value)


def test_carrier_ids_are_unique_and_found_by_name() -> None:
    assert len({carrier.id for carrier in CARRIERS}) == len(CARRIERS)
    assert all(carrier_named(carrier.id) is carrier for carrier in CARRIERS)
    assert carrier_named("nobody") is None


@each_carrier
def test_the_directory_entry_is_fit_to_be_shown(carrier: Carrier) -> None:
    assert list(complaints(carrier.entry, datetime.now(UTC).date())) == []
    assert ZoneInfo(carrier.entry.zone)
    assert carrier.entry.name.strip()


def test_a_carrier_is_called_polled_exactly_when_it_can_be_asked() -> None:
    listed = {entry.id: entry.polled for entry in list_carriers(CARRIERS).carriers}

    assert listed == {carrier.id: carrier.pull is not None for carrier in CARRIERS}
    assert any(listed.values())


def test_the_recording_publisher_is_called_like_the_real_one() -> None:
    assert inspect.signature(RecordingPublisher.publish) == inspect.signature(Publisher.publish)


def test_a_normalised_text_stays_what_it_is() -> None:
    for carrier in CARRIERS:
        for wording in carrier.wordings:
            for example in wording.examples:
                assert normalise(normalise(example)) == normalise(example)
