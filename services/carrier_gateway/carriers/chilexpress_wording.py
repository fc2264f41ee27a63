"""The few sentences of Chilexpress that say plainly what happened. Its list is not public; nothing is guessed."""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, Condition, Stage

_NOT_SO = rf"{NEGATED}|{FORECAST}"
_TO_SENDER = r"\bREMITENTE\b"

WORDINGS = (
    Wording(
        name="recipient_absent",
        pattern=r"\bSIN MORADORES|\bAUSENTE\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        examples=("SIN MORADORES", "Destinatario ausente"),
    ),
    Wording(
        name="failed_attempt",
        pattern=r"\bNO ENTREGAD[OA]?\b",
        row=Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER),
        examples=("Envío no entregado", "PIEZA NO ENTREGADA"),
    ),
    Wording(
        name="returned",
        pattern=r"\bDEVUELT[OA]\b",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("Envío devuelto", "PIEZA DEVUELTA"),
        unless=_NOT_SO,
    ),
    Wording(
        name="returning",
        pattern=r"\bDEVOLUCION\b",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("En devolución",),
        unless=NEGATED,
    ),
    Wording(
        name="ready_for_pickup",
        pattern=r"\b(?:LIST[OA]|DISPONIBLE) PARA RETIRO|\bEN SUCURSAL PARA RETIRO",
        row=Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER),
        examples=("Listo para retiro", "Disponible para retiro", "En sucursal para retiro"),
        unless=_NOT_SO,
    ),
    Wording(
        name="out_for_delivery",
        pattern=r"\bEN REPARTO\b|\bEN RUTA DE REPARTO",
        row=Row(Stage.OUT_FOR_DELIVERY),
        examples=("En reparto", "En ruta de reparto"),
        unless=_NOT_SO,
    ),
    Wording(
        name="delivered",
        pattern=r"\bENTREGAD[OA]\b",
        row=Row(Stage.DELIVERED),
        examples=("Envío entregado", "PIEZA ENTREGADA A DESTINATARIO"),
        unless=rf"{_NOT_SO}|{_TO_SENDER}",
    ),
    Wording(
        name="registered",
        pattern=r"\bEN PROCESO DE DESPACHO",
        row=Row(Stage.REGISTERED),
        examples=("En Proceso De Despacho",),
        unless=NEGATED,
    ),
    Wording(
        name="moving",
        pattern=r"\bEN TRANSITO|\bEN CAMINO\b",
        row=Row(Stage.IN_TRANSIT),
        examples=("En tránsito", "En camino"),
        unless=_NOT_SO,
    ),
    Wording(
        name="accepted",
        pattern=r"\bRECEPCIONAD[OA]\b|\bPIEZA RECIBIDA|\bADMITID[OA]\b",
        row=Row(Stage.ACCEPTED),
        examples=("Envío recepcionado", "PIEZA RECIBIDA", "Pieza admitida"),
        unless=rf"{_NOT_SO}|\b(?:POR|DESTINATARIO|CLIENTE)\b",
    ),
)
