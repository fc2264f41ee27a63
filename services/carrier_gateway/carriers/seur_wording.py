"""What SEUR's texts say, for events without a code and for codes whose meaning is thin: first match wins.

Left out on purpose: «entregado en locker», which may be the driver's or the buyer's doing.
"""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

_UNSURE = rf"{NEGATED}|{FORECAST}"

WORDINGS = (
    Wording(
        name="refused_and_returning",
        pattern=r"\bRECHAZ.{0,60}\b(?:DEVOLUCION|DEVOLVER)\b",
        row=Row(Stage.RETURNING, Condition.REFUSED, Actor.SHOP),
        examples=("Rechazado: devolución", "Rechazo, a devolver"),
    ),
    Wording(
        name="returned",
        pattern=r"\bLIQUIDADO DEVUELTO\b|\bDEVUELTA A\b",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("Liquidado devuelto", "Mercancía devuelta a remitente"),
        unless=_UNSURE,
    ),
    Wording(
        name="returning",
        pattern=r"\bDEVOLVER\b",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("Devolver",),
        unless=NEGATED,
    ),
    Wording(
        name="recipient_absent",
        pattern=r"\bCERRADO O PRIMERA AUSENCIA\b|\bAUSENTE\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        examples=("Cerrado o primera ausencia", "Destinatario ausente"),
    ),
    Wording(
        name="ready_at_locker",
        pattern=r"\b(?:RECEPCIONADO|DEPOSITADO)\b.{0,60}\bLOCKER\b",
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.LOCKER),
        examples=("Depositado en locker", "Recepcionado en locker"),
        unless=_UNSURE,
    ),
    Wording(
        name="ready_for_pickup",
        pattern=r"\bRECEPCIONADO EN (?:PUNTO|PICK ?UP)\b|\bDEPOSITADO\b.{0,60}\b(?:PUNTO|PICK ?UP)\b",
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT),
        examples=("Recepcionado en punto", "Depositado por el repartidor en punto", "Recepcionado en pickup"),
        unless=_UNSURE,
    ),
    Wording(
        name="registered",
        pattern=r"\bENVIO REGISTRADO\b|\bDOCUMENTADO\b",
        row=Row(Stage.REGISTERED),
        examples=("Envío registrado", "Documentado"),
    ),
    Wording(
        name="out_for_delivery",
        pattern=r"\bEN REPARTO\b",
        row=Row(Stage.OUT_FOR_DELIVERY),
        examples=("En reparto confirmado - bultos", "Mercancía en reparto", "En reparto"),
        unless=rf"{_UNSURE}|\bENLACE\b",
    ),
    Wording(
        name="moving",
        pattern=r"\bEN TRANSITO\b|^MERCANCIA EN\b",
        row=Row(Stage.IN_TRANSIT),
        examples=("En tránsito", "Mercancía en Zaragoza"),
        unless=rf"{_UNSURE}|\bREPARTO\b",
    ),
    Wording(
        name="lost",
        pattern=r"\bEXTRAVIAD|\bROBAD",
        row=Row(Stage.LOST, action_by=Actor.CARRIER),
        examples=("Extraviado", "Robado"),
        unless=NEGATED,
    ),
    Wording(
        name="collected_at_point",
        pattern=r"\bENTREGADO EN PUNTO\b",
        row=Row(Stage.DELIVERED, delivered_to=DeliveredTo.PICKUP_POINT),
        examples=("Entregado en punto",),
        unless=_UNSURE,
    ),
    Wording(
        name="neighbour",
        pattern=r"\bENTREGADO AL? VECINO\b",
        row=Row(Stage.DELIVERED, delivered_to=DeliveredTo.NEIGHBOUR),
        examples=("Entregado a vecino", "Entregado al vecino"),
        unless=_UNSURE,
    ),
    Wording(
        name="exchanged",
        pattern=r"\bENTREGADO CAMBIO SIN RETORNO\b",
        row=Row(Stage.DELIVERED),
        examples=("Entregado cambio sin retorno",),
    ),
    Wording(
        name="delivered",
        pattern=r"\bENTREGADO\b|\bENTREGA EFECTUADA\b",
        row=Row(Stage.DELIVERED),
        examples=("Entregado", "Entrega efectuada", "Entregado por bulto"),
        unless=rf"{_UNSURE}|\bLOCKER\b|\bREMITENTE\b",
    ),
    Wording(
        name="accepted",
        pattern=r"\bRECIBIDO SIE\b|\bRECOGIDO\b",
        row=Row(Stage.ACCEPTED),
        examples=("Recibido SIE", "Recogido"),
        unless=rf"{_UNSURE}|\bPUNTO\b|\bDESTINATARIO\b",
    ),
)  # fmt: skip
