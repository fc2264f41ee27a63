"""What FedEx's event types and exceptions mean, and what an exception's words add where its number is not published.

Source: developer.fedex.com, "Track API", scan event codes. HA, MD, PY and RT are labels of other programs. ED ("enroute
to delivery") stays in transit: it does not say that the parcel left for the buyer. EA is a way to an airport and an
export approval: both are in transit, neither is customs.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.carrier_gateway.parts.base import SKIP, Meaning, Row, code_table
from services.carrier_gateway.parts.wording import Wording
from shared.contracts.vocabulary import Actor, Condition, Stage

_MOVING = "AA AC AF AR AX CC CH DP EA ED EO FD IT IX LO OF OW PF PL PM SF SP TR"
_ANNOUNCED = "AP DR DS EP IN MD OC OX"
_FORECASTS = "AE AO"
_OPTIONS = "LP RC RD RG RM RP RR"
"""Delivery options asked, changed or cancelled, and links to return labels."""

CODES: Mapping[str, Meaning] = code_table(
    *((code, Row(Stage.REGISTERED)) for code in _ANNOUNCED.split()),
    ("PD", Row(Stage.REGISTERED, Condition.DELAYED, Actor.CARRIER)),
    ("PY", Row(Stage.REGISTERED, Condition.DELAYED, Actor.CARRIER)),
    ("PU", Row(Stage.ACCEPTED)),
    ("PX", Row(Stage.ACCEPTED)),
    *((code, Row(Stage.IN_TRANSIT)) for code in _MOVING.split()),
    ("CP", Row(Stage.IN_TRANSIT, Condition.CUSTOMS)),
    ("CD", Row(Stage.IN_TRANSIT, Condition.CUSTOMS)),
    ("HA", Row(Stage.IN_TRANSIT, Condition.HELD)),
    ("DD", Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)),
    ("DY", Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)),
    ("SE", Row(Stage.IN_TRANSIT)),
    ("DE", Row(Stage.FAILED_ATTEMPT)),
    ("OD", Row(Stage.OUT_FOR_DELIVERY)),
    ("AD", Row(Stage.OUT_FOR_DELIVERY)),
    ("HL", Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER)),
    ("HP", Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER)),
    ("DL", Row(Stage.DELIVERED)),
    ("RS", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("RT", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("CA", Row(Stage.CANCELLED)),
    *((code, SKIP) for code in (*_FORECASTS.split(), *_OPTIONS.split())),
    ("DE/08", Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER)),
    ("SE/08", Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER)),
    ("DE/A47", Row(Stage.IN_TRANSIT)),
    ("SE/A47", Row(Stage.IN_TRANSIT)),
    ("DE/A52", Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)),
    ("SE/A52", Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)),
    ("DE/A25", Row(Stage.FAILED_ATTEMPT, Condition.CUSTOMS)),
    ("SE/A25", Row(Stage.IN_TRANSIT, Condition.CUSTOMS)),
    ("DE/A3", Row(Stage.FAILED_ATTEMPT)),
    ("SE/A3", Row(Stage.IN_TRANSIT)),
)
"""By event type; by type and exception where the exception changes what it means."""

EXCEPTIONS = (
    Wording(
        name="address_problem",
        pattern=r"\b(?:INCORRECT|INCOMPLETE|WRONG) (?:RECIPIENT )?ADDRESS",
        row=Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER),
        examples=("Incorrect recipient address", "Incorrect address"),
    ),
    Wording(
        name="refused",
        pattern=r"\bREFUSED\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.SHOP),
        examples=("Shipment refused by recipient",),
    ),
    Wording(
        name="damaged",
        pattern=r"\bDAMAGED?\b",
        row=Row(Stage.IN_TRANSIT, Condition.DAMAGED, Actor.SHOP),
        examples=("Package damage reported", "Damaged"),
        unless=r"\b(?:NO|NOT)\b",
    ),
    Wording(
        name="weather",
        pattern=r"\bWEATHER\b",
        row=Row(Stage.IN_TRANSIT, Condition.WEATHER, Actor.CARRIER),
        examples=("Weather delay",),
    ),
    Wording(
        name="customs",
        pattern=r"\bCUSTOMS\b|\bCLEARANCE\b",
        row=Row(Stage.IN_TRANSIT, Condition.CUSTOMS),
        examples=("Clearance delay", "Customs inspection"),
        unless=r"\b(?:COMPLETED?|RELEASED)\b",
    ),
    Wording(
        name="held",
        pattern=r"\bHOLD\b",
        row=Row(Stage.IN_TRANSIT, Condition.HELD),
        examples=("Package on hold",),
    ),
)
"""Of these rows only the condition and who has to act is taken: the stage is the event type's."""

DELAYS: dict[str, tuple[Condition, Actor | None]] = {
    "WEATHER": (Condition.WEATHER, Actor.CARRIER),
    "CLEARANCE": (Condition.CUSTOMS, None),
    "OPERATIONAL": (Condition.DELAYED, Actor.CARRIER),
    "LOCAL": (Condition.DELAYED, Actor.CARRIER),
    "GENERAL": (Condition.DELAYED, Actor.CARRIER),
}
"""By the type of `delayDetail`, while its status is DELAYED."""
