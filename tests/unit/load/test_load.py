"""The load is what its recipe says, the same for the same seed, and the same in whatever chunks it is asked for."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from datetime import UTC, datetime

import pytest

from services.carrier_gateway.carriers.generic import GENERIC
from shared.contracts.envelope import Outgoing
from shared.contracts.topics import TOPICS
from shared.messaging.decode import decode_all
from tests.load.chunk import ORDERS_A_CHUNK, Load
from tests.load.lives import EVENTS_AN_ORDER, LIVES
from tests.load.sending import Call, Sending
from tests.oracle.ledger import Ledger
from tests.oracle.records import Sent
from tests.support.kafka_records import kafka_record

START = datetime(2026, 3, 24, 18, 0, tzinfo=UTC)
ORDERS = 2_000
TOPICS_BY_NAME = {topic.name: topic for topic in TOPICS}


@pytest.fixture(scope="module")
def sent() -> list[Sending]:
    return list(Load(7, ORDERS, START))


def identity(each: Sending) -> tuple[object, ...]:
    return each.kind, each.order, each.event_id


def test_the_same_seed_sends_the_same(sent: list[Sending]) -> None:
    first = Load(7, ORDERS, START).chunk(0)
    assert first == sent[: len(first)]
    assert Load(8, ORDERS, START).chunk(0) != first


def test_any_chunk_alone_is_the_same_as_in_the_whole(sent: list[Sending]) -> None:
    for number in (13, 4):
        alone = Load(7, ORDERS, START).chunk(number)
        begin = sent.index(alone[0])
        assert sent[begin : begin + len(alone)] == alone


def test_a_chunk_does_not_depend_on_how_many_orders_follow(sent: list[Sending]) -> None:
    assert Load(7, 10 * ORDERS, START).chunk(3) == Load(7, ORDERS, START).chunk(3)


def test_each_thing_has_a_number_of_its_own_and_they_are_in_order(sent: list[Sending]) -> None:
    numbers = [each.n for each in sent]
    assert numbers == sorted(set(numbers))


def test_a_repeat_comes_after_what_it_repeats_and_says_the_same(sent: list[Sending]) -> None:
    by_number = {each.n: each for each in sent}
    repeats = [each for each in sent if each.repeat_of is not None]
    assert repeats
    for each in repeats:
        first = by_number[each.repeat_of or 0]
        assert first.n < each.n
        assert (first.payload, identity(first)) == (each.payload, identity(each))


def test_the_shares_are_those_of_the_recipe(sent: list[Sending]) -> None:
    unique = EVENTS_AN_ORDER * ORDERS
    repeats = [each for each in sent if each.repeat_of is not None]
    letters = {each.n: each.letter for each in sent}
    exact = sum(each.letter == letters[each.repeat_of or 0] for each in repeats)
    told = by_order(sent)
    found = {
        "exact_repeats": exact,
        "new_deliveries": len(repeats) - exact,
        "displaced": sum(each.wave != place for facts in told for place, each in enumerate(facts)),
        "late": sum(each.kind == "scan" and each is not terminal(facts) for facts in told for each in facts[-1:]),
        "conflicting": sum(state_of(each) == "delivered" for facts in told for each in facts),
        "corrupt": sum(each.kind == "corrupt" for each in sent),
        "foreign": sum(each.kind == "foreign" for each in sent),
    }
    recipe = Load(7, ORDERS, START).recipe
    for name, count in found.items():
        assert count / unique == pytest.approx(getattr(recipe, name), rel=0.2), name
    assert sum(len(facts) for facts in told) == unique + found["late"] + found["conflicting"]


def test_nothing_is_overtaken_by_more_than_six_events_of_its_order(sent: list[Sending]) -> None:
    distances = [each.wave - place for facts in by_order(sent) for place, each in enumerate(facts)]
    assert (min(distances), max(distances)) == (0, 6)


def test_shops_and_channels_are_skewed_as_the_recipe_says(sent: list[Sending]) -> None:
    told = by_order(sent)
    shops = Counter(facts[0].shop for facts in told)
    buyers = [facts[0].payload["data"]["buyer"] for facts in told]
    agreed = sum(bool(buyer["consents"]) for buyer in buyers)
    by_phone = sum("phone" in buyer for buyer in buyers)
    shares = [shops[shop] / ORDERS for shop in ("cipres", "tramontana", "almadraba")]
    assert shares == pytest.approx([0.80, 0.15, 0.05], abs=0.025)
    assert [agreed / ORDERS, (by_phone - agreed) / ORDERS] == pytest.approx([0.20, 0.40], abs=0.03)
    assert all("email" in buyer for buyer in buyers)


def test_every_life_has_eight_moments_in_minutes_of_their_own() -> None:
    assert sum(life.share for life in LIVES) == pytest.approx(1)
    for life in LIVES:
        minutes = [moment.minute for moment in life.moments]
        assert (len(minutes), minutes) == (EVENTS_AN_ORDER, sorted(set(minutes)))


def test_only_what_is_corrupt_cannot_be_decoded(sent: list[Sending]) -> None:
    for each in sent:
        if isinstance(each.letter, Outgoing):
            decoded = decode_all(
                [kafka_record(each.letter.topic, each.letter.value, each.letter.headers)], TOPICS_BY_NAME
            )
            assert bool(decoded.dead) == (each.kind == "corrupt"), each


def test_the_same_scan_by_webhook_and_by_kafka_is_the_same_fact(sent: list[Sending]) -> None:
    """Byte by byte, so that one is a duplicate of the other."""
    calls = [each for each in sent if each.kind == "scan" and isinstance(each.letter, Call)]
    assert calls
    for each in calls:
        assert isinstance(each.letter, Call)
        (event,) = GENERIC.parse(each.letter.body).events
        assert (str(event.event_id), json.loads(event.to_json())) == (each.event_id, each.payload)


def test_the_ledger_has_a_line_for_whatever_is_sent(sent: list[Sending]) -> None:
    kinds = Counter(line["kind"] for line in (each.line("2026-03-24T18:00:00Z", "acked", 1, 2) for each in sent))
    assert kinds.total() == len(sent)
    assert set(kinds) == {"order", "scan", "corrupt", "foreign"}
    ledger = Ledger.of(Sent.model_validate(each.line("2026-03-24T18:00:00Z", "acked", 1, 2)) for each in sent)
    assert len(ledger.orders) == ORDERS


def test_fifty_thousand_orders_take_no_more_memory_than_a_chunk() -> None:
    load = Load(7, 50_000, START)
    assert len(load.chunks) == 50_000 // ORDERS_A_CHUNK
    first, last = (peak_of(load, number) for number in (0, load.chunks[-1]))
    assert last < 2 * first


def peak_of(load: Load, number: int) -> int:
    tracemalloc.start()
    load.chunk(number)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def by_order(sent: list[Sending]) -> list[list[Sending]]:
    """What is told of each order, each thing once, as it happened."""
    told: dict[str, list[Sending]] = {}
    for each in sent:
        if each.kind in ("order", "scan") and each.repeat_of is None:
            told.setdefault(each.order or "", []).append(each)
    return [
        sorted(facts, key=lambda each: str(each.payload.get("time") or each.payload["occurred_at"]))
        for facts in told.values()
    ]


def terminal(facts: list[Sending]) -> Sending:
    return [each for each in facts if each.payload.get("stage") in ("delivered", "returned")][-1]


def state_of(each: Sending) -> str | None:
    state: str | None = each.payload.get("data", {}).get("state")
    return state
