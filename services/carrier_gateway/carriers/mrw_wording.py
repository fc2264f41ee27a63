"""What MRW's texts say. Seen live: the examples of `registered`, `recipient_absent`, `ready_for_pickup`,
`out_for_delivery`, `moving`, `delivered`, and the first of `accepted`. The rows for refusal, address, return and
cancellation are plain Spanish, not MRW's list.
"""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

_UNSURE = rf"{NEGATED}|{FORECAST}"

WORDINGS = (
    Wording(
        name="registered",
        pattern=r"\bPENDIENTE DE RECOGER\b",
        row=Row(Stage.REGISTERED),
        examples=("Pendiente de recoger",),
    ),
    Wording(
        name="returned",
        pattern=r"\bDEVUELTO\b|\bENTREGADO AL? REMITENTE\b",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("Devuelto", "Entregado al remitente"),
        unless=_UNSURE,
    ),
    Wording(
        name="returning",
        pattern=r"\bDEVOLUCION\b",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("En devolución",),
        unless=NEGATED,
    ),
    Wording(
        name="recipient_absent",
        pattern=r"\bAUSENTE\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        examples=("Destinatario ausente o cerrado",),
    ),
    Wording(
        name="refused",
        pattern=r"\bREHUSAD|\bRECHAZAD",
        row=Row(Stage.FAILED_ATTEMPT, Condition.REFUSED),
        examples=("Rehusado", "Rechazado"),
        unless=NEGATED,
    ),
    Wording(
        name="address_problem",
        pattern=r"\bDIRECCION (?:INCORRECTA|INCOMPLETA)\b|\bDESCONOCIDO\b",
        row=Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER),
        examples=("Dirección incorrecta", "Dirección incompleta", "Destinatario desconocido"),
    ),
    Wording(
        name="ready_for_pickup",
        pattern=r"\bDEPOSITADO EN (?:PUNTO MRW|POINTCORNER DESTINO)\b",
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT),
        examples=("Depositado en punto MRW", "Depositado en PointCorner destino"),
        unless=_UNSURE,
    ),
    Wording(
        name="cancelled",
        pattern=r"\bANULAD[OA]\b",
        row=Row(Stage.CANCELLED),
        examples=("Anulado",),
        unless=NEGATED,
    ),
    Wording(
        name="out_for_delivery",
        pattern=r"\bEN REPARTO\b",
        row=Row(Stage.OUT_FOR_DELIVERY),
        examples=("Envío en reparto",),
        unless=_UNSURE,
    ),
    Wording(
        name="moving",
        pattern=r"\bEN TRANSITO\b",
        row=Row(Stage.IN_TRANSIT),
        examples=("En tránsito",),
        unless=_UNSURE,
    ),
    Wording(
        name="delivered",
        pattern=r"^(?:ENVIO )?ENTREGADO\b",
        row=Row(Stage.DELIVERED),
        examples=("Envío entregado", "Entregado"),
        unless=rf"{_UNSURE}|\bREMITENTE\b|\bPUNTO\b|\bPOINTCORNER\b",
    ),
    Wording(
        name="accepted",
        pattern=r"\bRECOGIDO\b",
        row=Row(Stage.ACCEPTED),
        examples=("Envío recogido en origen", "Recogido"),
        unless=rf"{_UNSURE}|\bPUNTO\b|\bDESTINATARIO\b",
    ),
)  # fmt: skip
