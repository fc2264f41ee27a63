"""What Chronopost's sentences say, French and English, on normalised text, first match wins.

They come before its codes. A return and a failed visit come before "delivered"; what is announced is no news.
"""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

_DENIED = rf"{NEGATED}|\bPAS\b|{FORECAST}|\bETRE (?:LIVRE|RETOURNE|DISPONIBLE)"

WORDINGS = (
    Wording(
        name="returning",
        pattern=r"\bRETURN(?:ED|ING)? TO (?:THE )?(?:SENDER|SHIPPER)|\bRETOUR (?:A L')?EXPEDITEUR"
        r"|\bRETOURNEE? A L'EXPEDITEUR",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("Return to sender", "Retour expéditeur", "Colis retourné à l'expéditeur"),
        unless=r"\b(?:NOT|NON|PAS)\b",
    ),
    Wording(
        name="address_problem",
        pattern=r"\bADD?RESSE?\b.{0,40}\b(?:INCOMPL|ERRON)|\b(?:INCOMPL|ERRON)\w* ADDRESS",
        row=Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER),
        examples=("Adresse incomplète", "Address incomplete", "L'adresse est erronée"),
    ),
    Wording(
        name="not_delivered",
        pattern=r"\bNOT (?:BEEN )?DELIVERED|\bNON LIVREE?\b|\bPAS (?:PU )?(?:ETE |ETRE )?LIVREE?\b|\bAVISEE?\b",
        row=Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER),
        examples=("Shipment not delivered", "Colis non livré", "Votre colis n'a pas pu être livré",
                  "Destinataire avisé"),
        unless=r"\b(?:IF|SI)\b|\bPAS AVISE",
    ),
    Wording(
        name="postponed",
        pattern=r"\bREPORTEE?\b|\bPOSTPON",
        row=Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER),
        examples=("Livraison reportée de 24 heures", "Delivery postponed"),
        unless=r"\b(?:NOT|NON|PAS)\b",
    ),
    Wording(
        name="customs",
        pattern=r"\bCUSTOMS\b|\bDOUANE\b",
        row=Row(Stage.IN_TRANSIT, Condition.CUSTOMS),
        examples=("Shipment held by customs", "Envoi en douane"),
        unless=r"\b(?:RELEASED|CLEARED|LEFT|QUITTE|SORTIE?|LIBERE)\b|\bCLEARANCE (?:COMPLETED?|FINISHED)",
    ),
    Wording(
        name="ready_at_relay",
        pattern=r"\bRELAIS\b.*\b(?:DISPONIBLE|AVAILABLE)\b|\b(?:DISPONIBLE|AVAILABLE)\b.*\bRELAIS\b",
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT),
        examples=("Colis disponible en relais", "Available at the point relais"),
        unless=_DENIED,
    ),
    Wording(
        name="delivered",
        pattern=r"\bDELIVERED\b|\bLIVREE?\b",
        row=Row(Stage.DELIVERED),
        examples=("Delivered", "Colis livré", "Livraison effectuée, colis livré"),
        unless=rf"{_DENIED}|\bRELAIS\b|\bSENDER\b|\bEXPEDITEUR\b",
    ),
)  # fmt: skip
