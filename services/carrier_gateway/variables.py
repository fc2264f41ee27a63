"""`python -m services.carrier_gateway variables`: every line by which a carrier is switched on, to fill in.

Printed from the registry, so that a new carrier has its lines without being listed anywhere else. All are comments:
none has a value. The output is a file for `docker compose` (`.env.carriers`) or for a Kubernetes Secret.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.parts.base import Carrier
from services.carrier_gateway.parts.pull import Pull
from shared.processes import EXIT_USAGE


def variables(arguments: Sequence[str]) -> int:
    """Answers the exit code."""
    if arguments:
        sys.stderr.write("usage: python -m services.carrier_gateway variables > .env.carriers\n")
        return EXIT_USAGE
    sys.stdout.write("\n\n".join("\n".join(lines_of(carrier)) for carrier in CARRIERS) + "\n")
    return 0


def lines_of(carrier: Carrier) -> Iterator[str]:
    """What `services.carrier_gateway.settings` reads for this carrier, each with a word on what belongs there."""
    prefix = f"# CARRIER_{carrier.id.upper()}"
    yield f"# {carrier.entry.name}"
    yield "# What its webhooks prove themselves with; while one is replaced, the new and the old with a comma between."
    yield f"{prefix}_SECRET="
    if carrier.pull is not None:
        yield f"# To ask it: {_key(carrier.pull)}."
        yield f"{prefix}_KEY="
        yield f"# {_address(carrier.pull)}"
        yield f"{prefix}_URL="


def _key(pull: Pull) -> str:
    if pull.key_parts:
        return "&".join(f"{part}=..." for part in pull.key_parts) + ", where & in a value is %26 and % is %25"
    return "its client id and secret with a colon between" if pull.token else "its API key"


def _address(pull: Pull) -> str:
    return f"If it is not {pull.url}:" if pull.url else "Its address, needed: there is no usual one."
