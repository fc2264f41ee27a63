"""What NACEX's words for a state mean, those of its service and those of its site, and what its incidents say.

«Sol sin OK» (closed without an OK) has a row of its own that says nothing: NACEX's own shop module reads it once as
annulled and once as delivered. The last word of the state row `delivered` is «OK» alone, never part of a text.
"""

from __future__ import annotations

from services.carrier_gateway.parts.base import UNMAPPED, Row
from services.carrier_gateway.parts.spanish_incidents import INCIDENTS
from services.carrier_gateway.parts.wording import NEGATED, Wording
from shared.contracts.vocabulary import Actor, DeliveredTo, Stage

STATES = (
    Wording(
        name="registered",
        pattern=r"^PENDIENTE(?: DE INTEGRA(?:CION)?)?$",
        row=Row(Stage.REGISTERED),
        examples=("Pendiente", "Pendiente de integración"),
    ),
    Wording(
        name="closed_without_ok",
        pattern=r"^SOL SIN OK$",
        row=UNMAPPED,
        examples=("SOL SIN OK",),
    ),
    Wording(
        name="incident",
        pattern=r"^INCIDENCIA(?: EXPEDICION)?$",
        row=Row(Stage.IN_TRANSIT, action_by=Actor.CARRIER),
        examples=("Incidencia", "Incidencia expedición"),
    ),
    Wording(
        name="accepted",
        pattern=r"^(?:RECOGIDO|ACEPTADA)$",
        row=Row(Stage.ACCEPTED),
        examples=("Recogido", "Aceptada"),
    ),
    Wording(
        name="moving",
        pattern=r"^(?:EN )?TRANSITO$",
        row=Row(Stage.IN_TRANSIT),
        examples=("Tránsito", "En tránsito"),
    ),
    Wording(
        name="out_for_delivery",
        pattern=r"^(?:EN )?REPARTO$",
        row=Row(Stage.OUT_FOR_DELIVERY),
        examples=("Reparto", "En reparto"),
    ),
    Wording(
        name="ready_for_pickup",
        pattern=r"^DISPONIBLE EN PUNTO NACEX$",
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT),
        examples=("Disponible en punto NACEX",),
    ),
    Wording(
        name="delivered",
        pattern=r"^(?:OK|ENTREGAD[AO])$",
        row=Row(Stage.DELIVERED),
        examples=("OK", "Entregada", "Entregado"),
    ),
    Wording(
        name="cancelled",
        pattern=r"^(?:ANULADA|BAJA)$",
        row=Row(Stage.CANCELLED),
        examples=("Anulada", "Baja"),
    ),
)  # fmt: skip

REASONS = (
    Wording(
        name="incident_returned",
        pattern=r"\bDEVUELT[OA]\b",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("Devuelto",),
        unless=NEGATED,
    ),
    Wording(
        name="incident_returning",
        pattern=r"\bDEVOLUCION\b",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("En devolución",),
        unless=NEGATED,
    ),
    *INCIDENTS,
)
"""The site's state «ausente» is one of these."""
