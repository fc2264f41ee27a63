"""What the load is made of: shares of the unique events, or of the orders, that each kind of noise has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SHOPS_FOLDER = Path(__file__).parent / "shops"
"""The configuration of the three shops; their services are started with it."""


def _skewed() -> Mapping[str, float]:
    return {"cipres": 0.80, "tramontana": 0.15, "almadraba": 0.05}


@dataclass(frozen=True)
class Recipe:
    """Shares of the unique events, but for `sms`, `whatsapp`, `second_recipient` and `shops`: those are of the orders.

    `by_http`: the share that comes by webhook or by the orders' API; the rest is published straight to Kafka. `huge`:
    the share of what is corrupt that weighs a megabyte.
    """

    exact_repeats: float = 0.10
    new_deliveries: float = 0.05
    displaced: float = 0.15
    late: float = 0.02
    conflicting: float = 0.01
    corrupt: float = 0.005
    huge: float = 0.05
    foreign: float = 0.002
    by_http: float = 0.25
    sms: float = 0.40
    whatsapp: float = 0.20
    second_recipient: float = 0.05
    shops: Mapping[str, float] = field(default_factory=_skewed)
    furthest: int = 6
    """So many events of its order may overtake one."""
