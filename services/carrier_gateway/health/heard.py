"""Everything this OS process hears from carriers, told once: to the records behind `GET /carriers` and to the metrics.

`api` and `poll` in one OS process share one `Heard`, and `GET /carriers?health=true` tells of both. Where they are two,
the answer says `elsewhere` for what the other does, and the other's own /metrics has it: no topic, no database and no
call between them for numbers that a monitoring system brings together anyway. The same holds for several `api`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from services.carrier_gateway.health.answers import CarrierHealth, CarrierWithHealth, HealthList, Where, describe
from services.carrier_gateway.health.known_fields import known_fields
from services.carrier_gateway.health.record import Outcome, Way, WayRecord, outcome_of
from services.carrier_gateway.health.rules import HealthRules
from services.carrier_gateway.health.shape import Drift
from services.carrier_gateway.parts.base import Carrier, Malformed, Parsed
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.polling.asking import Answer
from services.carrier_gateway.settings import CarrierAccess
from shared.contracts.shipments import ShipmentEvent
from shared.observability.metrics import (
    CARRIER_CALLS,
    CARRIER_DRIFT,
    CARRIER_LAST_GOOD,
    CARRIER_QUOTA_LEFT,
    CARRIER_SILENT,
)

_calls, _last_good = functools.cache(CARRIER_CALLS.labels), functools.cache(CARRIER_LAST_GOOD.labels)
"""To look a figure up costs more than to count; there are no more than carriers, ways and outcomes."""


class Heard:
    """Of the registry's carriers alone: each has two records at most. `ways` are what this OS process does."""

    def __init__(
        self, clock: Callable[[], datetime], ways: Collection[Way] = tuple(Way), rules: HealthRules | None = None
    ) -> None:
        self._clock, self._rules = clock, rules or HealthRules()
        self._ways: set[Way] = set(ways)
        self._records: dict[tuple[str, Way], WayRecord] = {}
        self.since = clock()

    def record(self, carrier: Carrier, way: Way) -> WayRecord:
        known = self._records.get((carrier.id, way))
        if known is None:
            zone, fields = ZoneInfo(carrier.entry.zone), known_fields(carrier)
            known = self._records[carrier.id, way] = WayRecord(way, zone, fields, self._rules)
            CARRIER_SILENT.labels(carrier.id, way).set_function(lambda: float(known.is_silent(self._clock())))
        return known

    def pushed(self, carrier: Carrier, body: bytes, events: Iterable[ShipmentEvent]) -> None:
        """A push whose events are with the broker."""
        now, record = self._clock(), self.record(carrier, Way.PUSH)
        record.take_in(events, now)
        self._look(carrier, record, body, now)
        self._count(carrier, record, Outcome.GOOD, now)

    def not_signed(self, carrier: Carrier) -> None:
        self._count(carrier, self.record(carrier, Way.PUSH), Outcome.NOT_SIGNED, self._clock())

    def malformed(self, carrier: Carrier, error: Malformed) -> None:
        """A push of the carrier's own that cannot be read."""
        now, record = self._clock(), self.record(carrier, Way.PUSH)
        self._stumble(carrier, record, error, now)
        self._count(carrier, record, Outcome.MALFORMED, now)

    def answered(self, carrier: Carrier, answer: Answer, quota_left: int) -> None:
        """What came of one question, an answer or none."""
        now, record = self._clock(), self.record(carrier, Way.POLL)
        record.quota_left = quota_left
        CARRIER_QUOTA_LEFT.labels(carrier.id).set(quota_left)
        record.take_in(answer.parsed.events, now)
        malformed = answer.malformed is not None
        self._count(carrier, record, outcome_of(answer.parsed.refusal, malformed=malformed), now)

    def listening(self, access: CarrierAccess) -> CarrierAccess:
        """The same, with an ear on the bodies of its answers, which go no further than its adapter."""
        carrier = access.carrier
        if carrier.pull is None:
            return access
        return replace(access, carrier=replace(carrier, pull=self._overheard(carrier, carrier.pull)))

    def _overheard(self, carrier: Carrier, pull: Pull) -> Pull:
        def read(query: Query, body: bytes) -> Parsed:
            record = self.record(carrier, Way.POLL)
            try:
                parsed = pull.read(query, body)
            except Malformed as error:
                self._stumble(carrier, record, error, self._clock())
                raise
            if parsed.refusal is None:
                self._look(carrier, record, body, self._clock())
            return parsed

        return replace(pull, read=read)

    def listing(self, access: Iterable[CarrierAccess]) -> HealthList:
        return HealthList(since=self.since, carriers=tuple(self._entry(known) for known in access))

    def _entry(self, known: CarrierAccess) -> CarrierWithHealth:
        carrier, now = known.carrier, self._clock()
        polls = carrier.pull is not None and (known.key is not None or Way.POLL not in self._ways)
        ways = {
            way: describe(self._records.get((carrier.id, way)), self._where(way, is_on), now)
            for way, is_on in ((Way.PUSH, known.check is not None), (Way.POLL, polls))
        }
        health = CarrierHealth(push=ways[Way.PUSH], poll=ways[Way.POLL])
        entry = carrier.entry.model_copy(update={"polled": carrier.pull is not None})
        return CarrierWithHealth(**dict(entry), health=health)

    def _where(self, way: Way, is_on: bool) -> Where:
        if not is_on:
            return Where.OFF
        return Where.HERE if way in self._ways else Where.ELSEWHERE

    def _count(self, carrier: Carrier, record: WayRecord, outcome: Outcome, now: datetime) -> None:
        record.count(outcome, now)
        _calls(carrier.id, record.way, outcome).inc()
        if outcome is Outcome.GOOD:
            _last_good(carrier.id, record.way).set(now.timestamp())

    def _look(self, carrier: Carrier, record: WayRecord, body: bytes, now: datetime) -> None:
        for drift in record.look(body, now):
            CARRIER_DRIFT.labels(carrier.id, record.way, drift).inc()

    def _stumble(self, carrier: Carrier, record: WayRecord, error: Malformed, now: datetime) -> None:
        record.stumble(error.errors, now)
        CARRIER_DRIFT.labels(carrier.id, record.way, Drift.MALFORMED).inc()
