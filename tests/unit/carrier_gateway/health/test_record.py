"""One carrier's record: counts that slide, samples and names that are bounded, nothing personal whatever arrives."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.carrier_gateway.health.answers import MOST_FIELDS, Where, describe
from services.carrier_gateway.health.record import Outcome, Way, WayRecord, outcome_of
from services.carrier_gateway.health.rules import HealthRules
from services.carrier_gateway.health.window import OTHER, SlidingCounts
from services.carrier_gateway.parts.base import Refusal
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Stage
from tests.support.canaries import CANARIES

START = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
RULES = HealthRules()
ROOM_BYTES = 60_000
"""What one way of one carrier may take up in the answer, at the very most."""


def new_record(way: Way = Way.PUSH, known: frozenset[str] = frozenset({"events", "status"})) -> WayRecord:
    return WayRecord(way, UTC, known, RULES)


def strange(code: str | None, text: str | None = None, stage: Stage = Stage.UNKNOWN) -> ShipmentEvent:
    return ShipmentEvent(
        carrier="generic", reference="F-1", stage=stage, occurred_at=START, carrier_code=code, carrier_text=text
    )


def told(record: WayRecord, now: datetime = START) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(describe(record, Where.HERE, now).to_json())
    return answer


def test_every_refusal_of_a_carrier_is_an_outcome() -> None:
    assert {outcome_of(refusal, malformed=False).value for refusal in Refusal} == {each.value for each in Refusal}
    assert outcome_of(Refusal.OUTAGE, malformed=True) is Outcome.MALFORMED
    assert outcome_of(None, malformed=False) is Outcome.GOOD


def test_the_error_rate_is_of_the_last_hour_and_leaves_out_what_is_about_one_parcel() -> None:
    record = new_record(Way.POLL)
    record.count(Outcome.OUTAGE, START - timedelta(hours=2))
    for outcome in (Outcome.GOOD, Outcome.GOOD, Outcome.NOT_FOUND, Outcome.OUTAGE):
        record.count(outcome, START)

    last_hour = told(record)["last_hour"]

    assert last_hour == {"minutes": 60, "results": {"good": 2, "not_found": 1, "outage": 1}, "error_rate": 0.25}
    assert "error_rate" not in told(record, START + timedelta(hours=2))["last_hour"]


def test_an_unmapped_code_is_told_with_how_often_it_came_and_its_newest_words() -> None:
    record = new_record()
    record.take_in([strange("X9", "Parcel delayed"), strange("X9", "Parcel held for Tomasito")], START)
    record.take_in([strange("D", "Delivered", Stage.DELIVERED)], START)

    (sample,) = told(record)["unmapped"]

    assert (sample["code"], sample["count"], sample["text"]) == ("X9", 2, "Parcel held for …")


def test_of_too_many_codes_those_not_seen_for_longest_give_way() -> None:
    record = new_record()
    for number in range(RULES.most_samples + 5):
        record.take_in([strange("often"), strange(f"C{number}")], START)

    codes = [sample["code"] for sample in told(record)["unmapped"]]

    assert len(codes) == RULES.most_samples
    assert codes[:2] == [f"C{RULES.most_samples + 4}", "often"]
    assert told(record)["unmapped_forgotten"] == 6


@pytest.mark.parametrize("code", ["600765431", "+34 600 765 431", "canary.buyer@example.com", "T-0034600765431"])
def test_a_code_that_is_a_phone_or_an_address_is_not_told(code: str) -> None:
    record = new_record()
    record.take_in([strange(code, code)], START)

    assert not any(canary in json.dumps(told(record)) for canary in ("600765431", "canary", "600 765"))


def test_where_payloads_are_malformed_is_told_with_its_share() -> None:
    record = new_record()
    for _ in range(3):
        record.count(Outcome.GOOD, START)
    record.stumble([("events.0.status", "is missing"), ("events.1.status", "is missing")], START)
    record.count(Outcome.MALFORMED, START)

    assert told(record)["drift"]["malformed"] == [{"field": "events.*.status", "count": 1, "share": 0.25}]


def test_a_polled_carrier_is_silent_after_many_more_questions_in_vain_than_ever_before() -> None:
    record, least = new_record(Way.POLL), RULES.unanswered.least
    for outcome in (*[Outcome.OUTAGE] * 50, Outcome.GOOD, *[Outcome.NOT_FOUND] * (least - 1)):
        record.count(outcome, START)
    assert not record.is_silent(START + timedelta(days=9)), "we did not ask: it is not silent"

    record.count(Outcome.OUTAGE, START)
    assert record.is_silent(START)

    for outcome in (Outcome.GOOD, *[Outcome.OUTAGE] * (3 * least - 1)):
        record.count(outcome, START)
    assert not record.is_silent(START), "a row like this has been seen before"
    record.count(Outcome.OUTAGE, START)
    assert record.is_silent(START)


def test_a_carrier_that_never_answered_is_not_called_silent() -> None:
    record = new_record(Way.POLL)
    for _ in range(100):
        record.count(Outcome.NOT_ALLOWED, START)

    assert not record.is_silent(START)


@given(st.lists(st.tuples(st.text(max_size=5), st.integers(-200, 200)), max_size=200))
def test_sliding_counts_are_bounded_in_words_and_lose_none_that_is_in_the_window(
    words: list[tuple[str, int]],
) -> None:
    counts = SlidingCounts(timedelta(hours=12), most=4)
    now = START
    for word, minutes in words:
        counts.add(word, START + timedelta(minutes=minutes))
        now = max(now, START + timedelta(minutes=minutes))

    kept = counts.counts(now)
    assert sum(kept.values()) == len(words)
    assert len(kept.keys() - {OTHER}) <= 4
    assert counts.counts(now + timedelta(hours=13)) == {}


_pieces = st.one_of(st.sampled_from([*CANARIES, "status", "events", "delivered"]), st.text(max_size=40))
_payloads = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), _pieces),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_pieces, inner, max_size=8),
    max_leaves=30,
)
_written = _payloads.map(lambda payload: json.dumps(payload).encode("utf-8", "replace"))
_bodies = st.lists(_written | st.binary(max_size=200), max_size=6)


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(Outcome), max_size=30),
    st.lists(st.tuples(st.sampled_from(CANARIES), st.sampled_from(CANARIES)), max_size=10),
    st.lists(_pieces, max_size=40),
    _bodies,
)
def test_whatever_arrives_nothing_personal_comes_out(
    outcomes: list[Outcome], strangers: list[tuple[str, str]], paths: list[str], bodies: list[bytes]
) -> None:
    record, now = new_record(), START
    for outcome in outcomes:
        record.count(outcome, now)
    record.take_in([strange(f"{code} {text}", f"Delivered to {text}, {code}") for code, text in strangers], now)
    record.stumble([(f"events.{path}.{path}", path) for path in paths], now)
    for body in bodies:
        now += timedelta(minutes=1)
        record.look(body, now)

    said = json.dumps(told(record, now), ensure_ascii=False)
    assert not [canary for canary in CANARIES if canary in said]


def test_however_much_arrives_the_record_stays_small() -> None:
    record, now = new_record(), START
    for number in range(2_000):
        now += timedelta(seconds=2)
        words = "".join(chr(97 + int(digit)) for digit in str(number))
        body = {f"date{words}Of{parent}": {words: number, f"Code{words}Id": [number]} for parent in "ABCDEFGH"}
        record.look(json.dumps(body).encode(), now)
        record.stumble([(f"date.{number}.{'Of' * (number % 60)}Id", "is wrong")], now)
        record.take_in([strange(f"C{words}{number}"[:12], "delivered " * 19)], now)
        record.count(Outcome.MALFORMED, now)

    drift = told(record, now)["drift"]
    assert len(record.shape.fields) <= RULES.drift.most_names
    assert len(drift["malformed"]) <= RULES.most_paths + 1
    assert max(len(drift["changed"]), len(drift["unread"])) <= MOST_FIELDS
    assert len(describe(record, Where.HERE, now).to_json()) < ROOM_BYTES
