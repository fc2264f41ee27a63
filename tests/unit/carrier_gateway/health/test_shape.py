"""Fields that appear, vanish or change their kind are noticed once, against what the first payloads taught."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from services.carrier_gateway.health.rules import DriftRules
from services.carrier_gateway.health.shape import Drift, FieldSeen, Shape

START = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
BLOCK = DriftRules().block


class Payloads:
    """One shape and the payloads it looks at, a minute apart."""

    def __init__(self, known: frozenset[str] = frozenset({"events", "status", "at"})) -> None:
        self.shape, self.now = Shape(known, DriftRules()), START

    def look(self, times: int = 1, **fields: Any) -> list[Drift]:
        body = json.dumps({"events": [{key: value for key, value in fields.items() if value is not None}]}).encode()
        noticed: list[Drift] = []
        for _ in range(times):
            self.now += timedelta(minutes=1)
            noticed += self.shape.look(body, self.now)
        return noticed

    def field(self, name: str) -> FieldSeen:
        return next(field for field in self.shape.fields if field.name == name)


def test_what_the_first_payloads_hold_is_usual_read_or_not() -> None:
    payloads = Payloads()

    assert payloads.look(3 * BLOCK, status="x", at="now", weight=2) == []
    assert not payloads.field("events.weight").read
    assert payloads.field("status").read


def test_a_field_that_comes_later_is_noticed_once() -> None:
    payloads = Payloads()
    payloads.look(BLOCK, status="x")

    assert payloads.look(5, status="x", locker=7) == [Drift.APPEARED]
    assert payloads.field("events.locker").count == 5
    assert payloads.field("events.locker").first_at == START + timedelta(minutes=BLOCK + 1)


def test_a_field_that_always_came_is_missed_after_a_block_without_it_until_it_is_back() -> None:
    payloads = Payloads()
    payloads.look(BLOCK, status="x", at="now")

    assert payloads.look(2 * BLOCK, status="x") == [Drift.VANISHED]
    assert payloads.field("at").missed_since == START + timedelta(minutes=2 * BLOCK)

    payloads.look(1, status="x", at="now")
    assert payloads.field("at").missed_since is None


def test_a_field_that_came_now_and_then_is_not_missed() -> None:
    payloads = Payloads()
    for _ in range(BLOCK // 2):
        payloads.look(1, status="x", at="now")
        payloads.look(1, status="x")

    assert payloads.look(2 * BLOCK, status="x") == []


def test_a_field_nobody_reads_is_not_missed_unless_nothing_is_known_of_what_is_read() -> None:
    for known, noticed in ((frozenset({"events", "status"}), []), (frozenset[str](), [Drift.VANISHED])):
        payloads = Payloads(known)
        payloads.look(BLOCK, status="x", weight=2)

        assert payloads.look(BLOCK, status="x") == noticed


def test_a_number_where_texts_were_is_noticed_once() -> None:
    payloads = Payloads()
    payloads.look(BLOCK, status="x")

    assert payloads.look(5, status=3) == [Drift.OTHER_KIND]
    assert payloads.field("status").other_kinds == {"number"}


def test_of_a_busy_second_one_payload_is_looked_at() -> None:
    shape = Shape(frozenset(), DriftRules())
    for milliseconds in range(0, 2000, 100):
        shape.look(b'{"id": 1}', START + timedelta(milliseconds=milliseconds))

    assert shape.payloads == 2


def test_names_without_end_are_counted_beyond_the_limit_and_not_kept() -> None:
    words = [
        f"{a}{b}{c}" for a in ("Date", "Time", "Code") for b in ("Of", "For", "With") for c in ("Id", "Url", "Name")
    ]
    payloads = Payloads()
    for parent in words:
        body = json.dumps({parent: {f"{word}{parent}": 1 for word in words}}).encode()
        payloads.now += timedelta(minutes=1)
        payloads.shape.look(body, payloads.now)

    assert len(payloads.shape.fields) == DriftRules().most_names
    assert payloads.shape.names_beyond > 0
