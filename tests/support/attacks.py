"""How many of each attack are tried: a few with all the other tests, as many as are worth it with `make attacks`."""

from __future__ import annotations

import os
import random

MANY = os.environ.get("HITO_ATTACKS") == "many"
SEED = 20261122


def tries(few: int, many: int) -> int:
    return many if MANY else few


def chance() -> random.Random:
    """The same attacks in every run, so that one that gets through can be looked at again."""
    return random.Random(SEED)
