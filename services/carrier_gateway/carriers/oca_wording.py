"""What OCA's sentences mean, and the motives that stand beside a visit that failed."""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.sentences import codes_of
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, Condition, Stage

_NOT_SO = rf"{NEGATED}|{FORECAST}"
_FAILED = Stage.FAILED_ATTEMPT

WORDINGS = (
    Wording(
        name="not_delivered",
        pattern=r"\bNO ENTREGADO\b",
        row=Row(_FAILED, action_by=Actor.BUYER),
        examples=("No Entregado",),
        unless=FORECAST,
    ),
    Wording(
        name="rescheduled",
        pattern=r"\bREPROGRAMADO PARA NUEVA VISITA",
        row=Row(Stage.IN_TRANSIT, Condition.DELAYED),
        examples=("Reprogramado para nueva visita",),
        unless=NEGATED,
    ),
    Wording(
        name="visit_planned",
        pattern=r"\bPROGRAMADO PARA VISITA A DOMICILIO",
        row=Row(Stage.IN_TRANSIT),
        examples=("Programado para visita a domicilio",),
        unless=NEGATED,
    ),
    Wording(
        name="returned",
        pattern=r"\bDEVUELTO\b|\bENTREGADO AL REMITENTE",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("Devuelto", "Entregado al remitente"),
        unless=_NOT_SO,
    ),
    Wording(
        name="returning",
        pattern=r"\bDEVOLUCION\b|\bEN RETORNO\b",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("En devolución", "En retorno"),
        unless=NEGATED,
    ),
    Wording(
        name="ready_for_pickup",
        pattern=r"\bEN ESPERA DE RETIRO (?:POR|EN) SUC|\bA LA ESPERA\b.{0,60}\bSUC\w* (?:DE )?DESTINO",
        row=Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER),
        examples=("En espera de retiro por sucursal", "A la espera de retiro en sucursal destino"),
        unless=_NOT_SO,
    ),
    Wording(
        name="pickup_from_shop",
        pattern=r"\bEN PROCESO DE RETIRO",
        row=Row(Stage.REGISTERED),
        examples=("En proceso de Retiro",),
        unless=NEGATED,
    ),
    Wording(
        name="accepted",
        pattern=r"\bEN PROCESO DE ADMISION|\bEN PROCESO EN OCA|\bPROCESADO EN OCA",
        row=Row(Stage.ACCEPTED),
        examples=("En proceso de Admisión", "En proceso en OCA", "Procesado en OCA"),
        unless=_NOT_SO,
    ),
    Wording(
        name="moving",
        pattern=r"\bEN VIAJE A SUCURSAL|\bEN TRANSITO A SUC|\bEN SUCURSAL DE DESTINO",
        row=Row(Stage.IN_TRANSIT),
        examples=("En Viaje a Sucursal de Destino", "En tránsito a sucursal", "En Sucursal de Destino - Suc"),
        unless=rf"{NEGATED}|\bESPERA\b",
    ),
    Wording(
        name="out_for_delivery",
        pattern=r"\bEN (?:REPARTO|DISTRIBUCION)\b|\bVISITA A DOMICILIO",
        row=Row(Stage.OUT_FOR_DELIVERY),
        examples=("En reparto", "En distribución", "Visita a domicilio"),
        unless=_NOT_SO,
    ),
    Wording(
        name="lost",
        pattern=r"\bEXTRAVIAD|\bSINIESTR",
        row=Row(Stage.LOST, action_by=Actor.CARRIER),
        examples=("Extraviado", "Siniestrado", "Siniestro"),
        unless=NEGATED,
    ),
    Wording(
        name="cancelled",
        pattern=r"\bANULAD[OA]\b",
        row=Row(Stage.CANCELLED),
        examples=("Anulado",),
        unless=NEGATED,
    ),
    Wording(
        name="delivered",
        pattern=r"\bENTREGADO\b",
        row=Row(Stage.DELIVERED),
        examples=("Entregado",),
        unless=rf"{_NOT_SO}|\bREMITENTE\b",
    ),
)

NO_MOTIVE = ("", "SIN MOTIVO")
MOTIVES = (
    Wording(
        name="recipient_absent",
        pattern=r"\bAUSENTE|\bCERRADO\b",
        row=Row(_FAILED, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        examples=("Ausente", "Cerrado"),
    ),
    Wording(
        name="address_problem",
        pattern=r"\bDIRECCION\b|\bDOMICILIO (?:INEXIST|INSUF)|\bDESCONOCIDO\b|\bSE MUDO\b",
        row=Row(_FAILED, Condition.ADDRESS_PROBLEM, Actor.BUYER),
        examples=("Dirección incompleta", "Domicilio inexistente", "Domicilio insuficiente", "Desconocido", "Se mudó"),
    ),
    Wording(
        name="refused",
        pattern=r"\bRECHAZ|\bNO ACEPTA\b",
        row=Row(_FAILED, Condition.REFUSED, Actor.SHOP),
        examples=("Rechazado", "No acepta"),
    ),
    Wording(
        name="damaged",
        pattern=r"\bDANAD|\bROT[OAU]",
        row=Row(_FAILED, Condition.DAMAGED, Actor.SHOP),
        examples=("Dañado", "Roto", "Rotura"),
    ),
)

CODES = codes_of(WORDINGS)
