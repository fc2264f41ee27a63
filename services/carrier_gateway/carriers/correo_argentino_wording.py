"""What Correo Argentino says: the three codes of its manual, and sentences seen in programs that use it."""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row, code_table
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, Condition, Stage

_NOT_SO = rf"{NEGATED}|{FORECAST}"
_EXPIRED = Row(Stage.CANCELLED, action_by=Actor.SHOP)

CODES = code_table(
    ("PRE", Row(Stage.REGISTERED)),
    ("CAU", _EXPIRED),
    ("CAN", Row(Stage.CANCELLED)),
)

WORDINGS = (
    Wording(
        name="returned",
        pattern=r"\bDEVUELTO\b|\bENTREGADO AL REMITENTE",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("DEVUELTO", "ENTREGADO AL REMITENTE"),
        unless=_NOT_SO,
    ),
    Wording(
        name="returning",
        pattern=r"\bEN DEVOLUCION",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("EN DEVOLUCIÓN",),
        unless=NEGATED,
    ),
    Wording(
        name="recipient_absent",
        pattern=r"\bDOMICILIO CERRADO|\bAUSENTE\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        examples=("DOMICILIO CERRADO", "DESTINATARIO AUSENTE"),
    ),
    Wording(
        name="failed_attempt",
        pattern=r"(?<!SIN )\bINTENTO DE ENTREGA",
        row=Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER),
        examples=("INTENTO DE ENTREGA",),
        unless=FORECAST,
    ),
    Wording(
        name="ready_for_pickup",
        pattern=r"\bEN ESPERA EN SUCURSAL",
        row=Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER),
        examples=("EN ESPERA EN SUCURSAL",),
        unless=_NOT_SO,
    ),
    Wording(
        name="cancelling",
        pattern=r"\bEN PROCESO DE CANCELACION",
        row=Row(Stage.CANCELLED),
        examples=("EN PROCESO DE CANCELACION",),
        unless=NEGATED,
    ),
    Wording(
        name="expired",
        pattern=r"\bCADUCA\b",
        row=_EXPIRED,
        examples=("CADUCA",),
        unless=NEGATED,
    ),
    Wording(
        name="registered",
        pattern=r"\bPREIMPOSICION\b",
        row=Row(Stage.REGISTERED),
        examples=("PREIMPOSICION",),
    ),
    Wording(
        name="accepted",
        pattern=r"\bINGRESO AL CORREO",
        row=Row(Stage.ACCEPTED),
        examples=("INGRESO AL CORREO",),
        unless=_NOT_SO,
    ),
    Wording(
        name="customs",
        pattern=r"\bADUANA\b",
        row=Row(Stage.IN_TRANSIT, Condition.CUSTOMS),
        examples=("EN ADUANA",),
        unless=NEGATED,
    ),
    Wording(
        name="out_for_delivery",
        pattern=r"\bEN PODER DEL DISTRIBUIDOR|\bEN DISTRIBUCION",
        row=Row(Stage.OUT_FOR_DELIVERY),
        examples=("EN PODER DEL DISTRIBUIDOR", "EN DISTRIBUCION"),
        unless=_NOT_SO,
    ),
    Wording(
        name="moving",
        pattern=r"\bEN PROCESO DE CLASIFICACION|\bEN VIAJE|\bEN TRANSITO",
        row=Row(Stage.IN_TRANSIT),
        examples=("EN PROCESO DE CLASIFICACION", "EN VIAJE", "EN TRANSITO"),
        unless=NEGATED,
    ),
    Wording(
        name="delivered",
        pattern=r"\bENTREGADO\b",
        row=Row(Stage.DELIVERED),
        examples=("ENTREGADO",),
        unless=rf"{_NOT_SO}|\bREMITENTE\b",
    ),
)
