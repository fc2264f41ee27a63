"""Why a message could not be written. Each is about this one message; none is a reason to stop the others.

Unrenderable
├── BadWording       a text or a template cannot be used
├── MissingFact      a parcel message would lack one of its five facts
└── MessageTooLong   the channel does not take so much
"""

from __future__ import annotations

from enum import StrEnum


class Fact(StrEnum):
    """What every parcel message carries. The owner belongs to the phone: a shop's own number is named as the shop's."""

    CARRIER = "carrier"
    REFERENCE = "reference"
    PHONE = "phone"
    PHONE_OWNER = "phone_owner"
    LINK = "link"
    NEXT = "next"


class Unrenderable(ValueError):
    """`reason` is a short word for ledgers and metrics; it holds no data of the order."""

    reason = "unrenderable"


class BadWording(Unrenderable):
    """The message says which text and what is wrong with it."""

    reason = "bad_wording"


class MissingFact(Unrenderable):
    """`fact` is the one that is missing; the message says where."""

    def __init__(self, fact: Fact, where: str) -> None:
        super().__init__(f"the {fact.value} is missing in {where}")
        self.fact = fact
        self.reason = f"missing_{fact.value}"


class MessageTooLong(Unrenderable):
    reason = "too_long"
