"""What La Poste's French labels add to its codes: why a visit failed, and who took the parcel or where it waits."""

from __future__ import annotations

import re

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import Wording, normalise
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

WORDINGS = (
    Wording(
        name="refused",
        pattern=r"\bREFUS",
        row=Row(Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.SHOP),
        examples=("Votre colis a été refusé par le destinataire",),
        unless=r"\b(?:PAS|NON) REFUS",
    ),
    Wording(
        name="address_problem",
        pattern=r"\bADRESSE\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.ADDRESS_PROBLEM, Actor.BUYER),
        examples=("L'adresse est incomplète", "Adresse erronée : votre colis n'a pas pu être livré"),
    ),
    Wording(
        name="recipient_absent",
        pattern=r"\bABSEN",
        row=Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        examples=("Le destinataire était absent", "Colis non livré en votre absence"),
    ),
)

_TAKEN = (
    (r"\bVOISIN", DeliveredTo.NEIGHBOUR),
    (r"\bBOITE (?:A|AUX) LETTRES", DeliveredTo.SAFE_PLACE),
    (r"\bGARDIEN|\bACCUEIL", DeliveredTo.RECEPTION),
    (r"\bCONSIGNE\b", DeliveredTo.LOCKER),
    (r"\bPOINT (?:DE )?RETRAIT|\bBUREAU DE POSTE\b.*\bRETIRE|\bRETIRE\b.*\bBUREAU DE POSTE", DeliveredTo.PICKUP_POINT),
)


def taken_by(label: str) -> DeliveredTo | None:
    """Who or what took a delivered parcel, or where it waits; None where the label does not say."""
    text = normalise(label)
    return next((place for pattern, place in _TAKEN if re.search(pattern, text)), None)
