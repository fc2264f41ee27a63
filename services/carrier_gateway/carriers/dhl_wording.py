"""What DHL's sentences say beyond its five status codes: English and German, on normalised text, first match wins.

Where the parcel is comes before why it stands still. A visit that failed, a return and a place of pickup come before
"delivered"; what is announced for later changes nothing. A sentence without a row here refines nothing.
"""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

_READY = (
    r"(?:READY FOR (?:COLLECTION|PICK[ -]?UP)|AVAILABLE FOR (?:COLLECTION|PICK)"
    r"|AWAITING COLLECTION|ZUR ABHOLUNG BEREIT)"
)
_NOT_READY = rf"\b(?:NOT|NICHT) (?:YET )?{_READY}|\bBE {_READY}|\bWIRD\b.{{0,80}}ZUR ABHOLUNG BEREIT"
_COUNTER = r"(?:PARCEL ?SHOP|PAKETSHOP|SERVICE ?POINT|RETAIL OUTLET|ACCESS POINT|PICK[ -]?UP POINT|POST OFFICE|FILIALE)"
_TAKEN_BY_BUYER = r"\b(?:RECIPIENT|CONSIGNEE|RECEIVER|EMPFANGER)"

WORDINGS = (
    Wording(
        name="returning_home",
        pattern=r"\bBE(?:ING)? RETURNED TO (?:THE )?(?:SHIPPER|SENDER)",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("The shipment is being returned to the sender", "Shipment will be returned to shipper"),
    ),
    Wording(
        name="returned",
        pattern=r"\b(?:RETURNED|DELIVERED) TO (?:THE )?(?:SHIPPER|SENDER)",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("Returned to shipper", "Delivered to sender", "The shipment was returned to the sender"),
        unless=r"\b(?:NOT|NICHT)\b",
    ),
    Wording(
        name="returning",
        pattern=r"\bRETURN(?:ING)? TO (?:THE )?SENDER|\bRUCKSENDUNG|\bZURUCKGESANDT",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("Returning to sender", "Rücksendung eingeleitet", "Die Sendung wird zurückgesandt"),
    ),
    Wording(
        name="ready_at_locker",
        pattern=rf"{_READY}.*(?:PACKSTATION|LOCKER)|(?:PACKSTATION|LOCKER).*{_READY}",
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.LOCKER),
        examples=("Ready for collection at Packstation 101", "Packstation 101: zur Abholung bereit"),
        unless=_NOT_READY,
    ),
    Wording(
        name="ready_for_pickup",
        pattern=_READY,
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT),
        examples=("Awaiting collection by recipient", "Shipment is ready for pick-up", "Zur Abholung bereit"),
        unless=_NOT_READY,
    ),
    Wording(
        name="brought_to_locker",
        pattern=r"\bDELIVERED (?:TO|AT|IN) .{0,30}(?:PACKSTATION|LOCKER)",
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.LOCKER),
        examples=("Delivered to Packstation", "Delivered in a parcel locker"),
        unless=rf"{NEGATED}|{FORECAST}",
    ),
    Wording(
        name="brought_to_counter",
        pattern=rf"\bDELIVERED (?:TO|AT) .{{0,30}}{_COUNTER}",
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT),
        examples=("Delivered to a DHL ServicePoint", "Delivered to the access point"),
        unless=rf"{NEGATED}|{FORECAST}",
    ),
    Wording(
        name="refused",
        pattern=r"\bREFUSED|\bANNAHME VERWEIGERT",
        row=Row(Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.SHOP),
        examples=("Recipient refused delivery", "Annahme verweigert"),
    ),
    Wording(
        name="recipient_absent",
        pattern=r"\bRECIPIENT (?:WAS )?NOT (?:PRESENT|AVAILABLE|AT HOME)",
        row=Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        examples=("Delivery attempt made: recipient not at home", "Recipient not available"),
    ),
    Wording(
        name="failed_attempt",
        pattern=r"\bNICHT .{0,80}\bZUGESTELLT|\bNOT BEEN DELIVERED|\bCOULD NOT BE DELIVERED"
        r"|\bUNSUCCESSFUL DELIVERY|\bDELIVERY ATTEMPT",
        row=Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER),
        examples=("Die Sendung konnte nicht zugestellt werden", "The shipment has not been delivered",
                  "Unsuccessful delivery", "Delivery attempt made"),
    ),
    Wording(
        name="out_for_delivery",
        pattern=r"\bLOADED (?:ONTO|INTO) (?:THE )?DELIVERY VEHICLE|\bOUT (?:WITH COURIER )?FOR DELIVERY"
        r"|\bIN ZUSTELLUNG\b|\bZUSTELLFAHRZEUG GELADEN",
        row=Row(Stage.OUT_FOR_DELIVERY),
        examples=("Shipment is out with courier for delivery", "Loaded onto the delivery vehicle",
                  "In Zustellung", "Die Sendung wurde in das Zustellfahrzeug geladen",
                  "Out for delivery, will be delivered today"),
        unless=r"\b(?:NOT|NICHT|WIRD)\b|\bWILL (?:BE|GO) (?:LOADED|OUT)\b|\bSCHEDULED\b",
    ),
    Wording(
        name="forecast",
        pattern=r"\bWILL BE (?:DELIVERED|READY|AVAILABLE|OUT)|\bWIRD\b.{0,80}\b(?:ZUGESTELLT|ABHOLUNG BEREIT)"
        r"|\bSCHEDULED FOR DELIVERY",
        row=Row(Stage.IN_TRANSIT),
        examples=("The shipment will be delivered tomorrow", "Die Sendung wird voraussichtlich morgen zugestellt",
                  "Scheduled for delivery", "Will be ready for collection from tomorrow"),
    ),
    Wording(
        name="neighbour",
        pattern=r"\bDELIVERED TO (?:A |THE )?NEIGHBOU?R|\bNACHBARN?\b",
        row=Row(Stage.DELIVERED, delivered_to=DeliveredTo.NEIGHBOUR),
        examples=("Delivered to a neighbour", "Delivered to neighbor", "Beim Nachbarn zugestellt"),
        unless=rf"{NEGATED}|{FORECAST}",
    ),
    Wording(
        name="customs_released",
        pattern=r"\bCLEARANCE (?:PROCESSING )?COMPLETE|\bRELEASED BY CUSTOMS",
        row=Row(Stage.IN_TRANSIT),
        examples=("Clearance processing complete", "Released by customs"),
        unless=r"\b(?:NOT|PENDING)\b",
    ),
    Wording(
        name="customs",
        pattern=r"\bBEING PROCESSED BY CUSTOMS|\bCLEARANCE EVENT|\bCUSTOMS STATUS UPDATED"
        r"|\bPENDING COMPLETION OF CUSTOMS",
        row=Row(Stage.IN_TRANSIT, Condition.CUSTOMS),
        examples=("Being processed by customs", "Clearance event", "Customs status updated",
                  "Pending completion of customs inspection"),
    ),
    Wording(
        name="payment_due",
        pattern=r"\b(?:DUTY|DUTIES|TAX(?:ES)?)\b.{0,80}\b(?:DUE|PAYMENT)\b",
        row=Row(Stage.IN_TRANSIT, Condition.PAYMENT_DUE, Actor.BUYER),
        examples=("Duty and tax payment required", "Taxes are due"),
        unless=r"\b(?:RECEIVED|PAID|COMPLETED?|CONFIRMED|NO|NOT)\b",
    ),
    Wording(
        name="address_problem",
        pattern=r"\bADDRESS\b.{0,80}\b(?:INCORRECT|INCOMPLETE|INFORMATION NEEDED|UNKNOWN)",
        row=Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER),
        examples=("Address is incomplete", "Address information needed"),
        unless=r"\bNOT\b",
    ),
    Wording(
        name="held",
        pattern=r"\bON HOLD|\bSHIPMENT HELD",
        row=Row(Stage.IN_TRANSIT, Condition.HELD),
        examples=("Shipment is on hold", "Shipment held at destination"),
        unless=r"\b(?:NOT|NO LONGER) ON HOLD",
    ),
    Wording(
        name="damaged",
        pattern=r"\bDAMAGED\b",
        row=Row(Stage.IN_TRANSIT, Condition.DAMAGED, Actor.SHOP),
        examples=("The shipment was damaged",),
        unless=NEGATED,
    ),
    Wording(
        name="delayed",
        pattern=r"\bDELAY(?:ED)?\b|\bVERZOGER",
        row=Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER),
        examples=("Shipment is delayed", "Die Zustellung verzögert sich"),
        unless=r"\b(?:NO|NOT|WITHOUT|OHNE|KEINE)\b",
    ),
    Wording(
        name="registered",
        pattern=r"\bELECTRONICALLY|\bELEKTRONISCH ANGEKUNDIGT|\bSHIPMENT INFORMATION RECEIVED",
        row=Row(Stage.REGISTERED),
        examples=("Instruction data provided electronically by the sender", "Shipment information received",
                  "Die Sendung wurde elektronisch angekündigt"),
    ),
    Wording(
        name="accepted",
        pattern=r"\bHANDED OVER TO DHL|\bPICKED UP\b|\bEINGELIEFERT|\bABGEHOLT",
        row=Row(Stage.ACCEPTED),
        examples=("Shipment picked up", "Handed over to DHL", "In der Filiale eingeliefert", "Durch DHL abgeholt"),
        unless=rf"{NEGATED}|{FORECAST}|{_TAKEN_BY_BUYER}",
    ),
    Wording(
        name="moving",
        pattern=r"\bPROCESSED (?:IN|AT)\b|\bARRIVED (?:AT|IN)\b|\bDEPARTED\b|\bWILL BE TRANSPORTED"
        r"|\bPARCEL CENT(?:ER|RE)|\bSORTIER",
        row=Row(Stage.IN_TRANSIT),
        examples=("Processed at MADRID", "Arrived at DHL facility", "Departed LEIPZIG", "Will be transported",
                  "Delivered to the parcel center of the region", "Im Zielgebiet sortiert"),
    ),
    Wording(
        name="delivered",
        pattern=r"\bDELIVERED\b|\bZUGESTELLT\b",
        row=Row(Stage.DELIVERED),
        examples=("Delivered", "Delivered - Signed for by", "Die Sendung wurde zugestellt"),
        unless=rf"{NEGATED}|{FORECAST}",
    ),
)  # fmt: skip
