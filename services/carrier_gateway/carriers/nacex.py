"""NACEX (Spain, Portugal, Andorra): `getEstadoExpedicion`, the current state of a parcel, asked for. There is no push.

Source: several third-party programs that agree. The answer is one line of fields with `|` between them. Each answer
tells one state; the history is another call, keyed by another number, and is not made. The word decides, its number
where no word came; numbers of pickup orders (10 to 18), should one come, are no parcel's. Observations often hold who
took the parcel: they are read for the reason of an incident and for nothing else.

CARRIER_NACEX_KEY is `user=...&password=...`. The password's digest stands in the URL, as NACEX wants it: this URL must
never be logged. Times are Madrid's, for Portuguese agencies too: which those are is not public.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import timedelta

import httpx

from services.carrier_gateway.carriers.nacex_wording import REASONS, STATES
from services.carrier_gateway.parts.base import (
    SKIP,
    UNMAPPED,
    Carrier,
    Malformed,
    Meaning,
    Parsed,
    Refusal,
    Row,
    Skip,
    code_table,
)
from services.carrier_gateway.parts.day_first import day_first_or_none
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.iberian_places import MADRID, clock_of
from services.carrier_gateway.parts.key_parts import key_parts
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.scans import Scan, tell
from services.carrier_gateway.parts.spanish_incidents import denies
from services.carrier_gateway.parts.spanish_refusals import refusal_in
from services.carrier_gateway.parts.wording import Recognised, recognise
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.vocabulary import Actor, Stage

KEY_PARTS = ("user", "password")
LONGEST_ANSWER_BYTES = 20_000
_FIELDS = ("codExp", "fecha", "hora", "observaciones", "estado", "codEstado", "agencia", "numero", "relacionada")
_NUMBER = re.compile(r"(\d{4})/(\d{8})", re.ASCII)
_NOT_YET = "5611"

_ROWS: tuple[tuple[str, Meaning], ...] = (
    ("1", Row(Stage.ACCEPTED)),
    ("2", Row(Stage.IN_TRANSIT)),
    ("3", Row(Stage.OUT_FOR_DELIVERY)),
    ("4", Row(Stage.DELIVERED)),
    ("9", Row(Stage.CANCELLED)),
    *((str(pickup), SKIP) for pickup in range(10, 19)),
)
CODES = code_table(*_ROWS)


def parse(body: bytes) -> Parsed:
    """One state, or `ERROR|message|code`."""
    return _told(body, None)


def read_answer(query: Query, body: bytes) -> Parsed:
    """An empty body is trouble of NACEX's, not of the parcel. The event carries the number we asked with."""
    return _told(body, query.reference) if body.strip() else Parsed(refusal=Refusal.OUTAGE)


def _told(body: bytes, asked: str | None) -> Parsed:
    fields = _read(body)
    if fields[0].upper() == "ERROR":
        return Parsed(refusal=_refusal(fields[1:]))
    if len(fields) not in (len(_FIELDS) - 1, len(_FIELDS)):
        raise Malformed([("body", f"is not a line of {len(_FIELDS)} fields with | between them")])
    line = dict(zip(_FIELDS, fields, strict=False))
    for name in ("agencia", "numero"):
        if not line[name]:
            raise Malformed([(f"line.{name}", "is missing")])
    scan = _scan(line)
    if scan is None:
        return Parsed(skipped=1)
    return Parsed(tell(ENTRY.id, (asked or f"{line['agencia']}/{line['numero']}", "line", "numero"), [scan]))


def _read(body: bytes) -> list[str]:
    """Old installations write ISO-8859-1."""
    if len(body) > LONGEST_ANSWER_BYTES:
        raise Malformed([("body", f"has more than {LONGEST_ANSWER_BYTES} bytes")])
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("iso-8859-1")
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if len(lines) != 1:
        raise Malformed([("body", "is not one line")])
    return [field.strip() for field in lines[0].split("|")]


def _refusal(message_and_code: list[str]) -> Refusal:
    if _NOT_YET in message_and_code:
        return Refusal.NOT_FOUND
    return refusal_in(message_and_code[0] if message_and_code else "")


def _scan(line: dict[str, str]) -> Scan | None:
    """None for a pickup order's number."""
    code, word = line["codEstado"], line["estado"]
    by_number = CODES.get(code, UNMAPPED)
    if isinstance(by_number, Skip):
        return None
    meaning, recognised = _meaning(word, line["observaciones"], UNMAPPED if denies(word) else by_number)
    moment = day_first_or_none(line["fecha"], line["hora"], clock_of(None))
    return Scan(meaning, moment, code or None, word, recognised)


def _meaning(word: str, observations: str, by_number: Row) -> tuple[Row, Recognised | None]:
    """The word; for an incident its reason, which lies in the observations; «ausente» is a reason and a state."""
    state = recognise(word, STATES)
    if state is None:
        reason = recognise(word, REASONS)
        return (reason.wording.row, reason) if reason else (by_number, None)
    reason = recognise(observations, REASONS) if state.wording.name == "incident" else None
    if reason is None:
        return state.wording.row, state
    row = reason.wording.row
    return replace(row, action_by=row.action_by or Actor.CARRIER), reason


def ask(query: Query, url: str, key: str) -> httpx.Request:
    """By agency and number where the reference is those, else by NACEX's own code. `key` has passed `key_parts`."""
    access, parts = key_parts(key, KEY_PARTS), _NUMBER.fullmatch(query.reference.strip())
    plain = re.sub(r"[^A-Za-z0-9]", "", query.reference)
    digest = hashlib.md5(access["password"].encode(), usedforsecurity=False).hexdigest().upper()
    return httpx.Request(
        "GET",
        f"{url.rstrip('/')}/nacex_ws/ws",
        params={
            "method": "getEstadoExpedicion",
            "data": f"origen={parts[1]}|albaran={parts[2]}" if parts else f"expe_codigo={plain}",
            "user": access["user"],
            "pass": digest,
        },
    )


ENTRY = CarrierEntry(
    id="nacex",
    name="NACEX",
    zone=MADRID,
    languages=("es", "pt"),
    phones=(old_phone("ES", "+34 900 100 000"),),
    links=(TrackingLink(template="https://www.nacex.es/seguimientoFormularioExterno.do?intcli={reference}"),),
)

NACEX = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=(*STATES, *REASONS),
    pull=Pull(
        url="https://pda.nacex.com",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(seconds=1),
        daily_quota=5_000,
        key_parts=KEY_PARTS,
    ),
)
