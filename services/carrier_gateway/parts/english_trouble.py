"""English sentences about what went wrong, for aggregators whose own codes leave the reason to the carrier's words.

They refine a code that says too little and never overrule one that says enough. First match wins: a return before what
led to it, the reason of a failed visit before the bare visit.
"""

from __future__ import annotations

from services.carrier_gateway.parts.base import Row
from services.carrier_gateway.parts.wording import NEGATED, Wording
from shared.contracts.vocabulary import Actor, Condition, Stage

WORDINGS = (
    Wording(
        name="returned",
        pattern=r"\b(?:RETURNED|DELIVERED) TO (?:THE )?(?:SHIPPER|SENDER)",
        row=Row(Stage.RETURNED, action_by=Actor.SHOP),
        examples=("Delivered to sender", "Package returned to the shipper"),
        unless=rf"{NEGATED}|\bBE(?:ING)? (?:RETURNED|DELIVERED)|\bWILL\b|\bTO BE\b",
    ),
    Wording(
        name="returning",
        pattern=r"\bRETURN(?:ED|ING)? TO (?:THE )?(?:SHIPPER|SENDER)",
        row=Row(Stage.RETURNING, action_by=Actor.SHOP),
        examples=("Return to sender", "The package is being returned to the shipper", "Returning to sender"),
        unless=r"\b(?:NO|NOT)\b",
    ),
    Wording(
        name="refused",
        pattern=r"\bREFUSED\b|\bREFUSAL\b|\bREJECTED BY (?:THE )?(?:RECIPIENT|RECEIVER|CUSTOMER|CONSIGNEE)",
        row=Row(Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.SHOP),
        examples=("Refused by recipient", "Delivery refused"),
        unless=r"\b(?:NO|NOT)\b",
    ),
    Wording(
        name="recipient_absent",
        pattern=r"\b(?:RECIPIENT|CUSTOMER|CONSIGNEE|RECEIVER|ADDRESSEE) (?:WAS )?"
        r"(?:NOT (?:PRESENT|AVAILABLE|AT HOME|HOME)|UNAVAILABLE|ABSENT)"
        r"|\bNO ONE (?:AT )?HOME|\bBUSINESS (?:WAS |IS )?CLOSED|\bNO AUTHORI[SZ]ED RECIPIENT",
        row=Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        examples=("Delivery attempted - recipient not available", "Business closed", "No one at home",
                  "No authorized recipient available"),
    ),
    Wording(
        name="address_problem",
        pattern=r"\b(?:INCORRECT|INCOMPLETE|INSUFFICIENT|INVALID|WRONG|BAD|UNKNOWN) "
        r"(?:DELIVERY |STREET |POSTAL )?ADDRESS"
        r"|\bADDRESS (?:IS |WAS )?(?:INCORRECT|INCOMPLETE|INSUFFICIENT|INVALID|WRONG|UNKNOWN|NOT FOUND)",
        row=Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER),
        examples=("Incorrect address", "The address is incomplete", "Insufficient address"),
        unless=r"\bNO (?:INCORRECT|INCOMPLETE|INSUFFICIENT|INVALID|WRONG|BAD)",
    ),
    Wording(
        name="attempted",
        pattern=r"\b(?:DELIVERY (?:WAS )?ATTEMPT|ATTEMPTED DELIVERY|ATTEMPTED TO DELIVER|COULD NOT BE DELIVERED"
        r"|UNABLE TO DELIVER|NOT BEEN DELIVERED|UNSUCCESSFUL DELIVERY|NOTICE LEFT)",
        row=Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER),
        examples=("Delivery attempted", "Attempted delivery", "The package could not be delivered", "Notice left"),
        unless=r"\bNO DELIVERY ATTEMPT|\b(?:WILL|NEXT)\b",
    ),
)  # fmt: skip
