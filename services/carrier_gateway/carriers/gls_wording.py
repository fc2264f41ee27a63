"""What GLS's English sentences say, for event codes that are not public: on normalised text, first match wins."""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import FORECAST, NEGATED, Wording
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

_NOT_DELIVERED = r"\b(?:COULD NOT BE|NOT BEEN|NOT) DELIVERED"

WORDINGS = (
    Wording(
        name="returning",
        pattern=r"\bRETURN(?:ED|ING)? TO (?:THE )?(?:SHIPPER|SENDER|CONSIGNOR)|\bIN RETURN\b",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("The parcel is being returned to the sender", "The parcel is in return"),
        unless=r"\b(?:NO|NOT)\b",
    ),
    Wording(
        name="recipient_absent",
        pattern=rf"{_NOT_DELIVERED}.{{0,120}}\bNOT (?:AT HOME|PRESENT)",
        row=Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        examples=("The parcel could not be delivered as the consignee was not at home",),
    ),
    Wording(
        name="refused",
        pattern=rf"{_NOT_DELIVERED}.{{0,120}}\bREFUS",
        row=Row(Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.SHOP),
        examples=("The parcel could not be delivered as acceptance was refused",),
    ),
    Wording(
        name="address_problem",
        pattern=rf"{_NOT_DELIVERED}.{{0,120}}\bADDRESS\b",
        row=Row(Stage.FAILED_ATTEMPT, Condition.ADDRESS_PROBLEM, Actor.BUYER),
        examples=("The parcel could not be delivered due to an incorrect address",),
    ),
    Wording(
        name="failed_attempt",
        pattern=_NOT_DELIVERED,
        row=Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER),
        examples=("The parcel could not be delivered",),
    ),
    Wording(
        name="ready_for_pickup",
        pattern=r"\b(?:DELIVERED (?:TO|AT) (?:THE |A )?(?:GLS )?PARCEL ?SHOP|(?:READY|STORED) .{0,60}PARCEL ?SHOP"
        r"|PARCEL ?SHOP.{0,60}\b(?:READY|STORED)\b)",
        row=Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT),
        examples=("The parcel has been delivered at the GLS ParcelShop", "Stored in the ParcelShop",
                  "The parcel is in the ParcelShop and ready for pickup"),
        unless=rf"{NEGATED}|{FORECAST}",
    ),
    Wording(
        name="neighbour",
        pattern=r"\bDELIVERED\b.{0,60}\bNEIGHBO",
        row=Row(Stage.DELIVERED, delivered_to=DeliveredTo.NEIGHBOUR),
        examples=("The parcel has been delivered to the neighbour",),
        unless=rf"{NEGATED}|{FORECAST}",
    ),
    Wording(
        name="out_for_delivery",
        pattern=r"\bEXPECTED TO BE DELIVERED DURING THE DAY|\bLOADED\b.{0,40}\bVEHICLE",
        row=Row(Stage.OUT_FOR_DELIVERY),
        examples=("The parcel is expected to be delivered during the day",
                  "The parcel has been loaded onto the delivery vehicle"),
        unless=r"\b(?:NOT|WILL)\b",
    ),
    Wording(
        name="delivered",
        pattern=r"\bHAS BEEN DELIVERED",
        row=Row(Stage.DELIVERED),
        examples=("The parcel has been delivered",),
        unless=rf"{NEGATED}|{FORECAST}|\bSHOP\b|PARCELSHOP|\bSENDER\b|\bSHIPPER\b",
    ),
    Wording(
        name="accepted",
        pattern=r"\bHANDED OVER TO GLS",
        row=Row(Stage.ACCEPTED),
        examples=("The parcel was handed over to GLS",),
        unless=rf"{NEGATED}|{FORECAST}",
    ),
    Wording(
        name="registered",
        pattern=r"\bPARCEL DATA WAS ENTERED",
        row=Row(Stage.REGISTERED),
        examples=("The parcel data was entered into the GLS system",),
    ),
    Wording(
        name="in_transit",
        pattern=r"\b(?:HAS )?REACHED THE (?:PARCEL CENT(?:ER|RE)|GLS LOCATION)"
        r"|\b(?:HAS )?LEFT THE (?:PARCEL CENT|GLS LOC)",
        row=Row(Stage.IN_TRANSIT),
        examples=("The parcel has reached the parcel center", "The parcel has left the GLS location"),
        unless=r"\b(?:NOT|WILL)\b",
    ),
)  # fmt: skip
