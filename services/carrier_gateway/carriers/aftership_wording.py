"""What the sentence of a checkpoint adds to AfterShip's tags: English, on normalised text, first match wins."""

from __future__ import annotations

import re

from services.carrier_gateway.parts import english_trouble
from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording, normalise
from shared.contracts.vocabulary import Actor, DeliveredTo, Stage

READY = Wording(
    name="ready_for_pickup",
    pattern=r"\bREADY FOR (?:PICK[ -]?UP|COLLECTION)",
    row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT),
    examples=("Ready for pick up", "The parcel is ready for collection"),
    unless=rf"{NEGATED}|{FORECAST}",
)
ACCEPTED = Wording(
    name="accepted",
    pattern=r"\bACCEPTED\b|\bACCEPTANCE\b|\bPICKED UP\b|\bHANDED OVER\b",
    row=Row(Stage.ACCEPTED),
    examples=("Accepted at origin", "Shipment picked up", "Parcel handed over to the carrier"),
    unless=rf"{NEGATED}|{FORECAST}|\bCUSTOMS\b|\bBY (?:THE )?(?:RECIPIENT|CUSTOMER|CONSIGNEE)",
)
WORDINGS = (*english_trouble.WORDINGS, READY, ACCEPTED)

_TAKEN = (
    (r"\bNEIGHBO", DeliveredTo.NEIGHBOUR),
    (r"\bLOCKER\b", DeliveredTo.LOCKER),
    (r"\bRECEPTION|\bFRONT DESK|\bCONCIERGE", DeliveredTo.RECEPTION),
    (r"\b(?:FRONT|BACK|SIDE) DOOR|\bPORCH\b|\bMAILBOX\b|\bGARAGE\b|\bSAFE PLACE", DeliveredTo.SAFE_PLACE),
)


def taken_by(message: str) -> DeliveredTo | None:
    """Who or what took a delivered parcel, where the sentence says so."""
    text = normalise(message)
    return next((place for pattern, place in _TAKEN if re.search(pattern, text)), None)
