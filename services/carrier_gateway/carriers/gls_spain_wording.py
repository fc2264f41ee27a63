"""What GLS Spain's texts say of state 10, whose number programs read as returned and as delivered."""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, Stage

STATES = (
    Wording(
        name="returned",
        pattern=r"^(?:EXPEDICION )?DEVUELT[OA]\b",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("Devuelta", "Devuelto"),
    ),
    Wording(
        name="delivered",
        pattern=r"^(?:EXPEDICION )?ENTREGAD[OA]\b",
        row=Row(Stage.DELIVERED),
        examples=("Entregado", "Expedición entregada"),
        unless=rf"{NEGATED}|{FORECAST}|\bREMITENTE\b|\bPARCIAL",
    ),
)
