"""UPS's simplified descriptions, for an event whose codes say nothing. Left out: "We have your package", which is said
of a first scan and of later ones, and "Exception" and "Action required", which say nothing.
"""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, DeliveredTo, Stage

WORDINGS = (
    Wording(
        name="returned",
        pattern=r"\bRETURNED\b|\bDELIVERED TO (?:THE )?(?:SENDER|SHIPPER)",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("Returned", "Returned to sender"),
        unless=rf"{NEGATED}|{FORECAST}|\bBEING\b",
    ),
    Wording(
        name="returning",
        pattern=r"\bRETURN(?:ING)? TO (?:THE )?SENDER|\bBE(?:ING)? RETURNED",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("Return to sender", "Returning to sender"),
    ),
    Wording(
        name="failed_attempt",
        pattern=r"\bDELIVERY ATTEMPTED|\bWE MISSED YOU|\bNOT DELIVERED",
        row=Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER),
        examples=("Delivery attempted", "We missed you", "Not delivered"),
    ),
    Wording(
        name="ready_for_pickup",
        pattern=r"\bDELIVERED TO UPS ACCESS POINT\b.{0,60}\bAWAITING (?:CUSTOMER )?PICK[ -]?UP",
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT),
        examples=("Delivered to UPS Access Point location and awaiting customer pickup",),
        unless=rf"{NEGATED}|{FORECAST}",
    ),
    Wording(
        name="out_for_delivery",
        pattern=r"\bOUT FOR DELIVERY",
        row=Row(Stage.OUT_FOR_DELIVERY),
        examples=("Out for delivery",),
        unless=rf"{NEGATED}|\b(?:WILL|SCHEDULED)\b",
    ),
    Wording(
        name="delivered",
        pattern=r"^DELIVERED(?!\s+TO)\b|^LEFT AT\b",
        row=Row(Stage.DELIVERED),
        examples=("Delivered", "Left at front door"),
        unless=rf"{NEGATED}|{FORECAST}",
    ),
    Wording(
        name="registered",
        pattern=r"\bMANIFEST UPLOAD|\bLABEL CREATED|\bSHIPMENT READY FOR UPS",
        row=Row(Stage.REGISTERED),
        examples=("Manifest upload", "Label created", "Shipment ready for UPS"),
        unless=NEGATED,
    ),
    Wording(
        name="accepted",
        pattern=r"\bFIRST UPS POSSESSION",
        row=Row(Stage.ACCEPTED),
        examples=("First UPS possession",),
    ),
    Wording(
        name="moving",
        pattern=r"\bON THE WAY\b|\bIN TRANSIT\b|^ARRIVED\b|^DEPARTED\b|\bPROCESSING AT UPS FACILITY",
        row=Row(Stage.IN_TRANSIT),
        examples=("On the way", "In transit", "Arrived", "Departed", "Processing at UPS facility"),
        unless=NEGATED,
    ),
)
