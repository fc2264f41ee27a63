"""What Correos's short texts (`desTextoResumen`) say, for codes without a row: normalised text, first match wins.

Left out on purpose: «en proceso de entrega», which does not say that the driver has left, and «entregado en oficina»,
which is said both of a parcel that waits there and of one that was handed over there.
"""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

_UNSURE = rf"{NEGATED}|{FORECAST}"

WORDINGS = (
    Wording(
        name="registered",
        pattern=r"\bPRE-?RREGISTRADO|\bPRE-REGISTRADO|\bPRE-?ADMISION",
        row=Row(Stage.REGISTERED),
        examples=("Prerregistrado", "Pre-registrado", "Preadmisión"),
    ),
    Wording(
        name="returned",
        pattern=r"\b(?:DEVUELTO|ENTREGADO) AL? REMITENTE",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("Devuelto al remitente", "Entregado al remitente"),
        unless=_UNSURE,
    ),
    Wording(
        name="returning",
        pattern=r"\bDEVOLUCION|\bFINALIZADO PLAZO (?:DE )?RETIRADA",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("En devolución", "Finalizado plazo de retirada"),
    ),
    Wording(
        name="recipient_absent",
        pattern=r"\bAUSENTE\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        examples=("Intento de entrega: ausente",),
    ),
    Wording(
        name="refused",
        pattern=r"\bREHUSAD",
        row=Row(Stage.FAILED_ATTEMPT, Condition.REFUSED),
        examples=("Rehusado",),
    ),
    Wording(
        name="address_problem",
        pattern=r"\bDIRECCION (?:INCORRECTA|INCOMPLETA)|\bDESCONOCID",
        row=Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER),
        examples=("Dirección incorrecta", "Dirección incompleta", "Desconocido"),
    ),
    Wording(
        name="failed_attempt",
        pattern=r"\bNO ENTREGADO|\bINTENTO DE ENTREGA|\bENTREGA FALLIDA|\bNO HA PODIDO (?:SER )?ENTREGA",
        row=Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER),
        examples=("No entregado", "Intento de entrega", "Entrega fallida", "No ha podido ser entregado"),
    ),
    Wording(
        name="customs",
        pattern=r"\bADUANA\b|\bPENDIENTE DE DESPACHO",
        row=Row(Stage.IN_TRANSIT, Condition.CUSTOMS),
        examples=("Retenido en aduana", "Pendiente de despacho"),
    ),
    Wording(
        name="ready_at_locker",
        pattern=r"\bDEPOSITADO EN CITYPAQ|\bDISPONIBLE .{0,30}\bCITYPAQ",
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.LOCKER),
        examples=("Depositado en CityPaq", "Disponible en CityPaq"),
        unless=_UNSURE,
    ),
    Wording(
        name="ready_for_pickup",
        pattern=r"\bEN OFICINA\b|\bDISPONIBLE PARA (?:SU )?RECOGIDA|\bA DISPOSICION DEL DESTINATARIO",
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT),
        examples=("En oficina", "Disponible para su recogida", "A disposición del destinatario"),
        unless=rf"{_UNSURE}|\b(?:ADMITIDO|ENTREGADO)\b",
    ),
    Wording(
        name="out_for_delivery",
        pattern=r"\bEN REPARTO\b",
        row=Row(Stage.OUT_FOR_DELIVERY),
        examples=("En reparto",),
        unless=_UNSURE,
    ),
    Wording(
        name="lost",
        pattern=r"\bEXTRAVIAD|\bSINIESTR",
        row=Row(Stage.LOST),
        examples=("Extraviado", "Siniestrado"),
        unless=NEGATED,
    ),
    Wording(
        name="delivered",
        pattern=r"\bENTREGADO\b",
        row=Row(Stage.DELIVERED),
        examples=("Entregado",),
        unless=rf"{_UNSURE}|\bREMITENTE\b|\bOFICINA\b|\bCITYPAQ\b|\bPUNTO\b",
    ),
    Wording(
        name="accepted",
        pattern=r"\bADMITIDO\b",
        row=Row(Stage.ACCEPTED),
        examples=("Admitido", "Admitido en oficina"),
        unless=_UNSURE,
    ),
    Wording(
        name="moving",
        pattern=r"\bCLASIFICADO|\bEN TRANSITO|\bEN CAMINO|\bLLEGADA|\bSALIDA|\bALTA EN (?:LA )?UNIDAD DE REPARTO",
        row=Row(Stage.IN_TRANSIT),
        examples=("Clasificado", "En tránsito", "En camino", "Llegada", "Salida", "Alta en la unidad de reparto"),
        unless=_UNSURE,
    ),
)  # fmt: skip
