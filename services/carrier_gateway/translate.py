"""`python -m services.carrier_gateway translate <carrier> [<reference>]`: a carrier's payload on stdin, our events on
stdout. With a reference, stdin is the carrier's answer to a question about that parcel, as some do not name it there.

One JSON object a line, oldest first; one line on stderr says how it went. Needs no settings and no broker.
Exit codes: 0 all understood; 2 malformed; 3 the carrier says it does not know the parcel; 4 printed, but with codes
that have no row; 5 another error answer of the carrier (key, quota, outage); 64 usage.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import BinaryIO

from services.carrier_gateway.carriers import CARRIERS, carrier_named
from services.carrier_gateway.parts.base import Carrier, Malformed, Parsed, Refusal
from services.carrier_gateway.parts.pull import Query
from shared.contracts.vocabulary import Stage
from shared.processes import EXIT_USAGE

MALFORMED, NOT_FOUND, UNMAPPED, REFUSED = 2, 3, 4, 5
INPUT_LIMIT_BYTES = 16 * 1024 * 1024


def translate(arguments: Sequence[str], payload: BinaryIO | None = None) -> int:
    """Answers the exit code. `payload` stands in for stdin."""
    carrier = carrier_named(arguments[0]) if 1 <= len(arguments) <= 2 else None
    if carrier is None or (len(arguments) == 2 and carrier.pull is None):
        ids = " ".join(each.id for each in CARRIERS)
        _say(f"usage: python -m services.carrier_gateway translate <carrier> < payload   one of: {ids}")
        return EXIT_USAGE
    body = (payload or sys.stdin.buffer).read(INPUT_LIMIT_BYTES + 1)
    if len(body) > INPUT_LIMIT_BYTES:
        _say(f"{carrier.id}: malformed: more than {INPUT_LIMIT_BYTES} bytes")
        return MALFORMED
    try:
        parsed = _read(carrier, arguments[1] if len(arguments) == 2 else None, body)
    except Malformed as error:
        _say(f"{carrier.id}: malformed: {error}")
        return MALFORMED
    for event in parsed.events:
        sys.stdout.buffer.write(event.to_json() + b"\n")
    sys.stdout.flush()
    return _conclude(carrier.id, parsed)


def _read(carrier: Carrier, reference: str | None, body: bytes) -> Parsed:
    if reference is None or carrier.pull is None:
        return carrier.parse(body)
    return carrier.pull.read(Query(reference), body)


def _conclude(carrier: str, parsed: Parsed) -> int:
    if parsed.refusal is not None:
        _say(f"{carrier}: no events: {parsed.refusal}")
        return NOT_FOUND if parsed.refusal in (Refusal.NOT_FOUND, Refusal.BAD_REFERENCE) else REFUSED
    unmapped = [event for event in parsed.events if event.stage is Stage.UNKNOWN]
    _say(f"{carrier}: {len(parsed.events)} events, {len(unmapped)} of them unknown, {parsed.skipped} skipped")
    return UNMAPPED if unmapped else 0


def _say(line: str) -> None:
    print(" ".join(line.split()), file=sys.stderr)
