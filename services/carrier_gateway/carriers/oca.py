"""OCA (Argentina), asked for: the tracking of one piece (`Tracking_Pieza`), an XML DataSet over plain HTTP. No push.

Source: programs of several shops that use the ePak service. `Desdcripcion_Estado` is misspelled in the original; both
spellings are read. The list of `IdEstado` numbers is not public: only the sentences are read. The motive beside a
sentence refines a visit that failed. Midnight is a day without an hour, whatever offset stands beside it, and the order
of the list is kept within a day. A second ENTREGADO, days later, is book-keeping.

Thin: whether «visita a domicilio» is out for delivery (it is read so unless «programado»). OCA publishes no quota and
fails often; ours is a guess on the careful side. There is no key: CARRIER_OCA_KEY is the customer's CUIT, or `public`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import httpx

from services.carrier_gateway.carriers.oca_wording import CODES, MOTIVES, NO_MOTIVE, WORDINGS
from services.carrier_gateway.parts.base import Carrier, Malformed, Parsed, Refusal, Row, oldest_first
from services.carrier_gateway.parts.day_first import day_first_or_none
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.instants import Moment, read_moment
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, attempt, city, tell
from services.carrier_gateway.parts.sentences import scan_of
from services.carrier_gateway.parts.wording import normalise, recognise
from services.carrier_gateway.parts.xml_payload import Element, read_xml
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Stage

_ZONE = zone_of("AR", None, "America/Argentina/Buenos_Aires")
_DATASETS = ("DataSet", "diffgram", "NewDataSet")
_OUTAGES = (b"<html", b"<!doctype html")
_EXCEPTION = b"System."


def parse(body: bytes) -> Parsed:
    """An empty DataSet is a piece they do not know; a web page or the text of an exception is an outage."""
    if _is_outage(body):
        return Parsed(refusal=Refusal.OUTAGE)
    root = read_xml(body)
    if root.name not in _DATASETS and not any(True for _ in root.everywhere("NewDataSet")):
        raise Malformed([("DataSet", "is missing")])
    rows = [
        row for dataset in root.everywhere("NewDataSet") for row in dataset.children if row.name.startswith("Table")
    ]
    if len(rows) > MOST_SCANS:
        raise Malformed([("DataSet.Table", f"is there more than {MOST_SCANS} times")])
    if not rows:
        return Parsed(refusal=Refusal.NOT_FOUND)
    return _read_rows(rows)


def _is_outage(body: bytes) -> bool:
    start = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.lower().startswith(_OUTAGES) or (start.startswith(_EXCEPTION) and b"Exception" in start)


def _read_rows(rows: list[Element]) -> Parsed:
    """Rows of several pieces are told each under its own number."""
    events: list[ShipmentEvent] = []
    pieces: dict[str, list[Scan]] = {}
    for n, row in enumerate(rows):
        pieces.setdefault(_number(n, row), []).append(_read(row))
    for piece, scans in pieces.items():
        events += tell(ENTRY.id, (piece, "Table", "NumeroEnvio"), _in_time(scans))
    kept = list(_without_later_deliveries(oldest_first(events)))
    return Parsed(tuple(kept), skipped=len(events) - len(kept))


def _number(n: int, row: Element) -> str:
    number = row.said("NumeroEnvio")
    if number is None:
        raise Malformed([(f"Table.{n}.NumeroEnvio", "is missing")])
    return number


def _without_later_deliveries(events: Iterable[ShipmentEvent]) -> Iterator[ShipmentEvent]:
    """Of each piece the first delivery; none is repeated by what happens after a return."""
    delivered: set[str] = set()
    for event in events:
        if event.stage is not Stage.DELIVERED:
            yield event
        elif event.reference not in delivered:
            delivered.add(event.reference)
            yield event


def _read(row: Element) -> Scan:
    sentence = row.said("Desdcripcion_Estado") or row.said("Descripcion_Estado")
    scan = scan_of(sentence, WORDINGS, _moment(row.said("fecha") or ""), city(row.said("SUC")))
    motive = normalise(row.said("Descripcion_Motivo") or "")
    if scan.meaning.stage is not Stage.FAILED_ATTEMPT or motive in NO_MOTIVE:
        return scan
    found = recognise(motive, MOTIVES)
    if found is None:
        return scan
    return replace(scan, meaning=_refined(scan.meaning, found.wording.row), code=found.wording.name)


def _refined(failed: Row, motive: Row) -> Row:
    return replace(failed, condition=motive.condition, action_by=motive.action_by)


def _moment(text: str) -> Moment | None:
    """Of a midnight only the day is taken; the offset beside it is the server's."""
    date, _, time = text.strip().replace("T", " ").partition(" ")
    if date[4:5] != "-":
        return day_first_or_none(date, time, _ZONE)
    if time.startswith("00:00:00"):
        return attempt(lambda: read_moment(date, _ZONE))
    return attempt(lambda: read_moment(text, _ZONE))


def _in_time(scans: list[Scan]) -> list[Scan]:
    """By the clock on the wall; those of one instant keep their order."""
    return sorted(scans, key=lambda scan: scan.moment.wall if scan.moment else "")


def ask(query: Query, url: str, key: str) -> httpx.Request:
    customer = key if key.isascii() and key.replace("-", "").isdigit() else ""
    question = {"Pieza": query.reference, "NroDocumentoCliente": "", "CUIT": customer}
    return httpx.Request(
        "GET", f"{url.rstrip('/')}/ePak_tracking/Oep_TrackEPak.asmx/Tracking_Pieza?{urlencode(question)}"
    )


ENTRY = CarrierEntry(
    id="oca",
    name="OCA",
    zone="America/Argentina/Buenos_Aires",
    languages=("es",),
    phones=(old_phone("AR", "0800-999-7700"),),
)

OCA = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="http://webservice.oca.com.ar",
        request=ask,
        read=lambda query, body: parse(body),
        minimum_gap=timedelta(seconds=3),
        daily_quota=1000,
    ),
)
