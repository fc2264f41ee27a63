"""What Andreani's events mean, and the motives of its visits. Read from the labels of programs that use its API.

`Visita/other` is a visit with a motive that is none of the known ones: in Andreani's list all but «entregado» are
reasons for which nothing was handed over. A visit without a motive has no row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from services.carrier_gateway.parts.base import SKIP, Meaning, Row, code_table
from services.carrier_gateway.parts.wording import NEGATED, Wording, normalise
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

MOTIVES = (
    Wording(
        name="not_visited",
        pattern=r"\bNO FUE VISITADO|\bFERIADO|\bZONA INACCESIBLE",
        row=Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER),
        examples=("NO FUE VISITADO", "FERIADO", "ZONA INACCESIBLE"),
    ),
    Wording(
        name="closed_for_good",
        pattern=r"\bCERRADO DEFINITIV",
        row=Row(Stage.FAILED_ATTEMPT, Condition.ADDRESS_PROBLEM, Actor.SHOP),
        examples=("CERRADO DEFINITIVO",),
    ),
    Wording(
        name="absent",
        pattern=r"\bAUSENTE|\bCERRADO\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        examples=("AUSENTE", "CERRADO"),
    ),
    Wording(
        name="address_problem",
        pattern=r"\bDIRECCION\b|\bDESTINATARIO DESCONOCIDO|\bSE MUDO\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.ADDRESS_PROBLEM, Actor.BUYER),
        examples=("DIRECCION INCORRECTA", "Dirección", "DESTINATARIO DESCONOCIDO", "SE MUDÓ"),
    ),
    Wording(
        name="refused",
        pattern=r"\bRECHAZ|\bNO ACEPTA\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.SHOP),
        examples=("RECHAZADO", "NO ACEPTA"),
    ),
    Wording(
        name="delivered_at_counter",
        pattern=r"\bENTREGADO\b.{0,40}\bPOR MOSTRADOR",
        row=Row(Stage.DELIVERED, delivered_to=DeliveredTo.PICKUP_POINT),
        examples=("ENTREGADO POR MOSTRADOR",),
        unless=NEGATED,
    ),
    Wording(
        name="delivered",
        pattern=r"\bENTREGADO\b",
        row=Row(Stage.DELIVERED),
        examples=("ENTREGADO", "ENTREGADO (MOBILE)"),
        unless=NEGATED,
    ),
)

_MOVING = Row(Stage.IN_TRANSIT)
_RESCHEDULED = Row(Stage.IN_TRANSIT, Condition.DELAYED)
_AT_COUNTER = Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT)
_BROKEN = Row(Stage.IN_TRANSIT, Condition.DAMAGED, Actor.SHOP)

CODES: Mapping[str, Meaning] = code_table(
    *((event, Row(Stage.REGISTERED)) for event in (
        "OrdenDeEnvioSolicitada", "OrdenDeEnvioCreada", "AltaAutomatica", "AltaManual", "AltaRemota", "AltaInterna")),
    *((event, Row(Stage.CANCELLED)) for event in ("OrdenDeEnvioRechazada", "EnvioAnulado")),
    ("Admision", Row(Stage.ACCEPTED)),
    *((event, _MOVING) for event in (
        "EnvioConsolidado", "AsignacionACaja", "ExpedicionHojaDeRutaDeViaje", "ExpedicionHojaDeRutaCabecera",
        "RecepcionEnSucursalDestino", "EnvioDespachado", "FinCustodiaEnSucursal", "ComienzoCustodiaEnSucursal",
        "Distribucion/counter", "Reenvio", "CambioDeDestino")),
    ("AsignacionACaja/custody", _AT_COUNTER),
    ("AvisoCustodia", _AT_COUNTER),
    ("Distribucion", Row(Stage.OUT_FOR_DELIVERY)),
    *((f"Visita/{motive.name}", motive.row) for motive in MOTIVES),
    ("Visita/other", Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)),
    ("EnvioEntregado", Row(Stage.DELIVERED)),
    ("EnvioNoEntregado", Row(Stage.FAILED_ATTEMPT, action_by=Actor.SHOP)),
    ("Siniestro", Row(Stage.LOST, action_by=Actor.CARRIER)),
    ("RoturaParcial", _BROKEN),
    ("RoturaTotal", _BROKEN),
    ("FaltanBultos", Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)),
    *((event, Row(Stage.RETURNING, action_by=Actor.SHOP)) for event in ("Rescate", "SolicitudDeRescate")),
    *((event, _RESCHEDULED) for event in ("NuevaFechaDeEntregaPactada", "NuevaFechaDeEntregaRepactada")),
    ("Destruccion", Row(Stage.LOST, action_by=Actor.SHOP)),
    *((event, SKIP) for event in (
        "ETA", "ERA", "Impresion", "RemitoDigitalizado", "IntroduccionDeMotivo", "RectificacionDeMotivo",
        "GestionTelefonica", "EnvioRendido", "InicioCicloDeRendicion", "CierreDeEntidad")),
)  # fmt: skip

RETURN_MARK = re.compile(r"\bDEVOLUCION|\bRETURN")
_TURNING = (
    Stage.REGISTERED, Stage.ACCEPTED, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY, Stage.FAILED_ATTEMPT,
    Stage.READY_FOR_PICKUP,
)  # fmt: skip


def turned_back(row: Row) -> Row:
    """What a row means in the cycle of a return: the buyer there is the shop."""
    if row.stage is Stage.DELIVERED:
        return Row(Stage.RETURNED, row.condition, Actor.SHOP)
    if row.stage in _TURNING:
        condition = row.condition if row.condition in (Condition.DELAYED, Condition.DAMAGED) else None
        return Row(Stage.RETURNING, condition, Actor.SHOP)
    return row


def _bare(event: str) -> str:
    return normalise(event).replace(" ", "")


_SPELLING = {_bare(code): code for code in (*CODES, "Visita", "VisitaMobile") if "/" not in code}


def spelled(event: str | None) -> str | None:
    """`Distribución`, `DISTRIBUCION` and `distribucion` as the table spells it; None for an event without a row."""
    return _SPELLING.get(_bare(event or ""))
