"""What was sent, order by order and without what nobody needs any more: the one thing the oracle keeps in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from tests.oracle.records import Sent

OrderKey = tuple[str, str]


class Snapshot(NamedTuple):
    """What a shop said of its order. Two with the same sequence and digest are one."""

    sequence: int
    digest: str
    said_at: datetime
    state: str
    payment: str | None
    parcels: tuple[str, ...]

    @property
    def identity(self) -> tuple[int, str]:
        return self.sequence, self.digest


class Scan(NamedTuple):
    event_id: str
    parcel: str
    stage: str
    at: datetime
    taken: bool
    """It says who or what took the parcel."""


class Person(NamedTuple):
    role: str
    name: str | None
    email: str | None
    phone: str | None
    whatsapp: bool

    def address(self, channel: str) -> str | None:
        return self.email if channel == "email" else self.phone


@dataclass
class OrderLedger:
    """Facts by identity. `unsure`: those of which nobody knows whether they arrived; `lines` counts what was taken."""

    key: OrderKey
    snapshots: dict[tuple[int, str], Snapshot] = field(default_factory=dict)
    scans: dict[str, Scan] = field(default_factory=dict)
    sure: set[object] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    countries: dict[str, str] = field(default_factory=dict)
    lines: int = 0

    @property
    def name(self) -> str:
        return "/".join(self.key)


@dataclass
class Ledger:
    orders: dict[OrderKey, OrderLedger] = field(default_factory=dict)
    buried: list[Sent] = field(default_factory=list)
    """What nobody can take in: corrupt, or of a shop that nobody knows."""
    strange_parcels: set[str] = field(default_factory=set)
    strange_scans: dict[str, int] = field(default_factory=dict)
    """Of parcels that no order names, by event: how often each was taken."""
    taken: int = 0
    last_sent_at: datetime | None = None

    @classmethod
    def of(cls, lines: Iterable[Sent]) -> Ledger:
        ledger = cls()
        for line in lines:
            ledger.last_sent_at = line.at
            ledger.taken += line.taken
            ledger._add(line)
        return ledger

    def _add(self, line: Sent) -> None:
        if line.kind == "corrupt" or (line.kind == "foreign" and line.reference is None):
            self.buried.append(line)
        elif line.kind == "foreign":
            if line.taken:
                self.strange_parcels.add(f"{line.carrier}/{line.reference}")
                self.strange_scans[str(line.event_id)] = self.strange_scans.get(str(line.event_id), 0) + 1
        else:
            key = (str(line.shop), str(line.order))
            _add_to(self.orders.setdefault(key, OrderLedger(key)), line)


def _add_to(order: OrderLedger, line: Sent) -> None:
    if line.refused:
        order.refused.append(f"{line.kind} {line.n} answered {line.status}")
        return
    identity: object
    if line.kind == "order":
        snapshot = _snapshot(line.payload)
        known = order.snapshots.get(snapshot.identity)
        if known is None or snapshot.said_at < known.said_at:
            order.snapshots[snapshot.identity] = snapshot
        _meet(order, line.payload["data"])
        identity = snapshot.identity
    else:
        scan = _scan(line)
        order.scans[scan.event_id] = scan
        identity = scan.event_id
    if line.taken:
        order.lines += 1
        order.sure.add(identity)


def _snapshot(event: dict[str, Any]) -> Snapshot:
    data = event["data"]
    return Snapshot(
        sequence=data.get("sequence", 0),
        digest=hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16],
        said_at=datetime.fromisoformat(event["time"]),
        state=data["state"],
        payment=(data.get("payment") or {}).get("state"),
        parcels=tuple(f"{each['carrier']}/{each['reference']}" for each in data.get("shipments", ())),
    )


def _scan(line: Sent) -> Scan:
    told = line.payload
    return Scan(
        event_id=str(line.event_id),
        parcel=f"{line.carrier}/{line.reference}",
        stage=told["stage"],
        at=datetime.fromisoformat(told["occurred_at"]),
        taken=told.get("delivered_to") is not None,
    )


def _meet(order: OrderLedger, data: dict[str, Any]) -> None:
    """Everybody to tell, by role; a role that comes twice is numbered. And where each parcel goes."""
    people: dict[str, Person] = {}
    others = [(each, each.get("role", "receiver")) for each in data.get("recipients", ())]
    for told, role in [(data["buyer"], "buyer"), *others]:
        name, number = role, 2
        while name in people:
            name, number = f"{role}-{number}", number + 1
        people[name] = _person(name, told)
    order.people = people
    for each in data.get("shipments", ()):
        country = (each.get("destination") or {}).get("country")
        if country is not None:
            order.countries[f"{each['carrier']}/{each['reference']}"] = country


def _person(role: str, told: dict[str, Any]) -> Person:
    agreed = any(consent["channel"] == "whatsapp" for consent in told.get("consents", ()))
    return Person(role, told.get("name"), told.get("email"), told.get("phone"), agreed)
