"""What USPS's sentences add to its two-character codes: where a delivered parcel was left, and the few sentences that
are clear enough to stand for a code we have no row for. First match wins.
"""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

_NOT_YET = rf"{NEGATED}|{FORECAST}"


def _left(name: str, pattern: str, place: DeliveredTo, *examples: str) -> Wording:
    return Wording(
        name=name,
        pattern=rf"^DELIVERED, .{{0,60}}(?:{pattern})",
        row=Row(Stage.DELIVERED, delivered_to=place),
        examples=examples,
        unless=_NOT_YET,
    )


WORDINGS = (
    Wording(
        name="returned",
        pattern=r"^DELIVERED,? .{0,60}\bTO ORIGINAL SENDER",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("Delivered, to original sender",),
        unless=_NOT_YET,
    ),
    _left("locker", r"\bPARCEL LOCKER", DeliveredTo.LOCKER, "Delivered, Parcel Locker"),
    _left(
        "reception", r"\bFRONT DESK|\bRECEPTION\b|\bMAIL ROOM", DeliveredTo.RECEPTION,
        "Delivered, Front Desk/Reception/Mail Room",
    ),
    _left(
        "safe_place",
        r"\bFRONT DOOR|\bPORCH\b|\bGARAGE\b|\b(?:IN|AT) MAILBOX|\bOTHER DOOR|\bPATIO\b",
        DeliveredTo.SAFE_PLACE,
        "Delivered, Front Door/Porch", "Delivered, In/At Mailbox", "Delivered, Garage / Other Door",
    ),
    _left("individual", r"\bLEFT WITH INDIVIDUAL", DeliveredTo.RECIPIENT, "Delivered, Left with Individual"),
    _left("neighbour", r"\bNEIGHBOU?R\b", DeliveredTo.NEIGHBOUR, "Delivered, Neighbor as Requested"),
    _left(
        "collected", r"\bPICKED UP AT (?:THE )?(?:POST OFFICE|USPS)", DeliveredTo.PICKUP_POINT,
        "Delivered, Individual Picked Up at Post Office", "Delivered, Picked Up at USPS",
    ),
    Wording(
        name="customs_left",
        pattern=r"\bINBOUND OUT OF CUSTOMS",
        row=Row(Stage.IN_TRANSIT),
        examples=("Inbound Out of Customs",),
    ),
    Wording(
        name="customs",
        pattern=r"\bINBOUND INTO CUSTOMS|\bCUSTOMS CLEARANCE",
        row=Row(Stage.IN_TRANSIT, Condition.CUSTOMS),
        examples=("Inbound Into Customs", "Customs Clearance"),
        unless=r"\b(?:COMPLETED?|NOT)\b",
    ),
    Wording(
        name="weather",
        pattern=r"^ALERT\b.{0,80}\bWEATHER",
        row=Row(Stage.IN_TRANSIT, Condition.WEATHER, Actor.CARRIER),
        examples=("Alert: arriving late due to weather",),
    ),
    Wording(
        name="held_at_request",
        pattern=r"\bHELD AT POST OFFICE,? AT CUSTOMER REQUEST",
        row=Row(Stage.READY_FOR_PICKUP, Condition.HELD, Actor.BUYER, DeliveredTo.PICKUP_POINT),
        examples=("Held at Post Office, At Customer Request",),
        unless=_NOT_YET,
    ),
)  # fmt: skip
