"""What should never have been sent: broken in five ways, or about parcels and shops that nobody knows."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

from shared.contracts.envelope import Outgoing
from shared.contracts.shipments import ShipmentEvent
from tests.load.orders import Fact
from tests.load.recipe import Recipe
from tests.load.sending import Call, call, record

HUGE_BYTES = 1_000_000
"""As much as a broker with its defaults takes, with a little room for key and headers."""
FLAWS = ("bad_json", "bad_utf8", "wrong_type", "next_version")


def flaw_of(chance: Random, recipe: Recipe) -> str:
    return "huge" if chance.random() < recipe.huge else chance.choice(FLAWS)


def spoilt(fact: Fact, flaw: str) -> Outgoing:
    """The same record with one thing wrong, under the same key: it lies between good ones."""
    whole = record(fact)
    value = whole.value or b""
    match flaw:
        case "bad_json":
            return replace(whole, value=value[: len(value) // 2])
        case "bad_utf8":
            return replace(whole, value=value.replace(b'":"', b'":"\xff\xfe', 1))
        case "wrong_type":
            return replace(whole, value=json.dumps([json.loads(value)]).encode())
        case "huge":
            padding = b" " * (HUGE_BYTES - len(value))
            return replace(whole, value=value[:-1] + padding)
        case _:
            return replace(whole, headers=[(n, raw + b"9" if n == "ce_type" else raw) for n, raw in whole.headers])


def spoilt_call(fact: Fact) -> Call:
    """Cut off in the middle: whoever checks what comes in refuses it at the door."""
    whole = call(fact)
    return replace(whole, body=whole.body[: len(whole.body) // 2])


def of_no_parcel(fact: Fact, number: int) -> tuple[Outgoing, ShipmentEvent] | None:
    """The same scan of a parcel that no shop will ever name. None for a fact that is no scan."""
    if not isinstance(fact.says, ShipmentEvent):
        return None
    strange = fact.says.model_copy(update={"reference": f"NADIE{number:012}"})
    return record(replace(fact, says=strange)), strange


def of_no_shop(fact: Fact) -> Outgoing | None:
    """The same order from a shop that is configured nowhere. None for a scan."""
    if isinstance(fact.says, ShipmentEvent):
        return None
    return record(replace(fact, says=fact.says.model_copy(update={"shop": "nadie"})))
