"""What Spanish carriers' incident texts mean, whichever carrier wrote them: normalised text, first match wins.

Only for texts that the carrier itself calls an incident. A row's stage is what the incident says of a visit or of the
parcel's place; those that say neither are `in_transit`. A return comes before what caused it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import NEGATED, Wording, normalise
from shared.contracts.vocabulary import Actor, Condition, Stage

INCIDENTS = (
    Wording(
        name="incident_absent",
        pattern=r"\bAUSENTE\b|\bAUSENCIA\b|\bCERRADO\b|\bFESTIV",
        row=Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        examples=("Destinatario ausente", "Cerrado", "Festivo"),
    ),
    Wording(
        name="incident_refused",
        pattern=r"\bREHUS|\bRECHAZ|\bNO ACEPTA\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.REFUSED),
        examples=("Rehusado", "Rechazado por destinatario", "No acepta"),
    ),
    Wording(
        name="incident_address",
        pattern=r"\bDIRECCION\b|\bFALTAN DATOS\b|\bDESCONOCID[OA]\b",
        row=Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER),
        examples=("Dirección incorrecta", "Faltan datos", "Destinatario desconocido"),
    ),
    Wording(
        name="incident_damaged",
        pattern=r"\bROTURA\b|\bDETERIOR|\bDANAD[OA]",
        row=Row(Stage.IN_TRANSIT, Condition.DAMAGED),
        examples=("Rotura", "Mercancía deteriorada", "Bulto dañado"),
    ),
    Wording(
        name="incident_payment",
        pattern=r"\bFALTA (?:DE )?(?:PAGO|DINERO)\b|\bREEMBOLSO\b",
        row=Row(Stage.IN_TRANSIT, Condition.PAYMENT_DUE),
        examples=("Falta pago", "Falta dinero", "Reembolso"),
    ),
    Wording(
        name="incident_customs",
        pattern=r"\bADUANA\b",
        row=Row(Stage.IN_TRANSIT, Condition.CUSTOMS),
        examples=("Retenido en aduana",),
    ),
    Wording(
        name="incident_delayed",
        pattern=r"\bCONCERTAD|\bNUEVA FECHA\b|\bAPLAZ|\bRETRASO\b|\bNO PROCESADO\b",
        row=Row(Stage.IN_TRANSIT, Condition.DELAYED),
        examples=("Entrega concertada", "Nueva fecha de entrega", "Aplazada", "Retraso", "No procesado"),
    ),
)  # fmt: skip


def denies(text: str) -> bool:
    """Whether a text that no wording fits says «no» or «sin»: then the number beside it proves nothing."""
    return re.search(NEGATED, normalise(text)) is not None


def overlaid(state: Row, incident: Row) -> Row:
    """A state with what is the matter: a failed visit is said of a parcel still under way, the rest is a condition."""
    under_way = state.stage in (Stage.ACCEPTED, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY)
    failed = incident.stage is Stage.FAILED_ATTEMPT and under_way
    return replace(
        state,
        stage=Stage.FAILED_ATTEMPT if failed else state.stage,
        condition=incident.condition,
        action_by=incident.action_by or state.action_by,
    )
