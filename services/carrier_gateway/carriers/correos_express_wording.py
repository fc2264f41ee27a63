"""What Correos Express calls its states. The texts decide: programs disagree about the numbers beside them.

The first fourteen are those of its consumer site, seen live; «sin recepción», «en arrastre», «tránsito», «delegación
destino» and «reparto fallido» are the contract service's labels. What a state leaves open, its incident tells.
"""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

_UNSURE = rf"{NEGATED}|{FORECAST}"

STATES = (
    Wording(
        name="registered",
        pattern=r"^INFORMADO\b|\bSIN RECEPCION\b|\bPENDIENTE DE RECEPCION\b",
        row=Row(Stage.REGISTERED),
        examples=("Informado", "Sin recepción", "Pendiente de recepción"),
    ),
    Wording(
        name="returned",
        pattern=r"^DEVUELTO\b",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("Devuelto",),
    ),
    Wording(
        name="failed_attempt",
        pattern=r"\bNO HA PODIDO SER ENTREGADO\b|^REPARTO FALLIDO\b",
        row=Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER),
        examples=("Su envío no ha podido ser entregado", "Reparto fallido"),
    ),
    Wording(
        name="handed_to_shop",
        pattern=r"^ENTREGADO EN PUNTO DE CONVENIENCIA\b",
        row=Row(Stage.IN_TRANSIT),
        examples=("Entregado en punto de conveniencia",),
    ),
    Wording(
        name="ready_for_pickup",
        pattern=r"^DISPONIBLE EN PUNTO DE CONVENIENCIA\b",
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT),
        examples=("Disponible en punto de conveniencia",),
    ),
    Wording(
        name="new_attempt",
        pattern=r"^NUEVO REPARTO\b",
        row=Row(Stage.IN_TRANSIT),
        examples=("Nuevo reparto",),
    ),
    Wording(
        name="out_for_delivery",
        pattern=r"^EN REPARTO\b|^EM DISTRIBUICAO\b",
        row=Row(Stage.OUT_FOR_DELIVERY),
        examples=("En reparto", "Em distribuição"),
    ),
    Wording(
        name="held",
        pattern=r"^EN ALMACEN\b|^ESTACIONADO\b",
        row=Row(Stage.IN_TRANSIT, Condition.HELD),
        examples=("En almacén", "Estacionado"),
    ),
    Wording(
        name="moving",
        pattern=r"^EN RUTA A LOCALIDAD DE DESTINO\b|^EN DESTINO\b|^EN ARRASTRE\b"
        r"|^(?:EN )?TRANSITO\b|^DELEGACION DESTINO\b",
        row=Row(Stage.IN_TRANSIT),
        examples=("En ruta a localidad de destino", "En destino", "En arrastre", "Tránsito", "Delegación destino"),
    ),
    Wording(
        name="accepted",
        pattern=r"^ADMITIDO\b",
        row=Row(Stage.ACCEPTED),
        examples=("Admitido", "Admitido en oficina de correos"),
        unless=_UNSURE,
    ),
    Wording(
        name="delivered",
        pattern=r"^ENTREGADO\b",
        row=Row(Stage.DELIVERED),
        examples=("Entregado",),
        unless=rf"{_UNSURE}|\bPUNTO\b|\bREMITENTE\b|\bOFICINA\b",
    ),
)  # fmt: skip
