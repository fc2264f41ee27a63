"""What DPD's English descriptions add to its statuses: why a visit failed, and who took the parcel."""

from __future__ import annotations

import re

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import Wording, normalise
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

WORDINGS = (
    Wording(
        name="recipient_absent",
        pattern=r"\bNOT AT HOME\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        examples=("The consignee was not at home",),
    ),
    Wording(
        name="refused",
        pattern=r"\bREFUSED\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.SHOP),
        examples=("The parcel was refused by the consignee",),
        unless=r"\bNOT REFUSED",
    ),
    Wording(
        name="address_problem",
        pattern=r"\bADDRESS\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.ADDRESS_PROBLEM, Actor.BUYER),
        examples=("The address is incomplete",),
    ),
)

_TAKEN = (
    (r"\bNEIGHBO", DeliveredTo.NEIGHBOUR),
    (r"\bCOLLECTED BY (?:THE )?CONSIGNEE", DeliveredTo.PICKUP_POINT),
    (r"\bDROP-?OFF\b|\bSAFE PLACE\b", DeliveredTo.SAFE_PLACE),
)


def taken_by(sentence: str) -> DeliveredTo | None:
    """Who or what took a delivered parcel, where the description says so."""
    text = normalise(sentence)
    return next((place for pattern, place in _TAKEN if re.search(pattern, text)), None)
