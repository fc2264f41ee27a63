"""What the sentences of Estafeta's consumer page mean. A city may stand in front: they are found anywhere."""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, Condition, Stage

_NOT_SO = rf"{NEGATED}|{FORECAST}"

WORDINGS = (
    Wording(
        name="failed_attempt",
        pattern=r"\bNO ENTREGADO\b|(?<!SIN )\bINTENTO DE ENTREGA|\bVISITA SIN EXITO",
        row=Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER),
        examples=("NO ENTREGADO", "INTENTO DE ENTREGA", "VISITA SIN ÉXITO"),
        unless=FORECAST,
    ),
    Wording(
        name="returned",
        pattern=r"\bDEVUELTO\b",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("DEVUELTO",),
        unless=_NOT_SO,
    ),
    Wording(
        name="returning",
        pattern=r"\bDEVOLUCION\b",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("DEVOLUCIÓN", "EN PROCESO DE DEVOLUCION"),
        unless=NEGATED,
    ),
    Wording(
        name="ready_for_pickup",
        pattern=r"\bOCURRE\b.{0,40}\b(?:DISPONIBLE|LISTO)\b|\b(?:DISPONIBLE|LISTO)\b.{0,40}\bOCURRE\b"
        r"|\bDISPONIBLE PARA RECOGER",
        row=Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER),
        examples=("OCURRE DISPONIBLE", "LISTO OCURRE", "DISPONIBLE PARA RECOGER"),
        unless=_NOT_SO,
    ),
    Wording(
        name="delayed",
        pattern=r"\bCARGA DEMORADA POR BLOQUEO O ACCIDENTE",
        row=Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER),
        examples=("CARGA DEMORADA POR BLOQUEO O ACCIDENTE EN CARRETERA",),
    ),
    Wording(
        name="waits_for_route",
        pattern=r"\bPENDIENTE PROGRAMACION PARA SALIDA A RUTA",
        row=Row(Stage.IN_TRANSIT),
        examples=("PENDIENTE PROGRAMACION PARA SALIDA A RUTA (MATUTINA)",),
    ),
    Wording(
        name="out_for_delivery",
        pattern=r"\bEN PROCESO DE ENTREGA\b",
        row=Row(Stage.OUT_FOR_DELIVERY),
        examples=("EN PROCESO DE ENTREGA", "EN PROCESO DE ENTREGA A DOMICILIO"),
        unless=_NOT_SO,
    ),
    Wording(
        name="arrived",
        pattern=r"\bLLEGADA A CENTRO OPERATIVO",
        row=Row(Stage.IN_TRANSIT),
        examples=("LLEGADA A CENTRO OPERATIVO PLAZA DESTINO", "LLEGADA A CENTRO OPERATIVO"),
        unless=NEGATED,
    ),
    Wording(
        name="moving",
        pattern=r"\bEN TRANSITO\b",
        row=Row(Stage.IN_TRANSIT),
        examples=("EN TRÁNSITO",),
        unless=NEGATED,
    ),
    Wording(
        name="accepted",
        pattern=r"\bRECIBIDO POR ESTAFETA",
        row=Row(Stage.ACCEPTED),
        examples=("RECIBIDO POR ESTAFETA",),
        unless=_NOT_SO,
    ),
    Wording(
        name="delivered",
        pattern=r"\bENTREGADO\b",
        row=Row(Stage.DELIVERED),
        examples=("ENTREGADO",),
        unless=rf"{_NOT_SO}|\bREMITENTE\b",
    ),
)
