"""GLS Spain (formerly ASM): `GetExpCli` of its SOAP service, asked for. There is no push.

Source: third-party programs that agree on most numbers. Thin: state 10 (its text decides), 22 (given to a ParcelShop
that has not confirmed it), 50 and 51. Rows of the type INCIDENCIA are read by their text and lie over the state before
them; the summary's incident counts only where no such row came. Numbers of pickup orders mean other things; that call
is not made. A summary without a dated row says nothing that could be placed in time.

CARRIER_GLS_SPAIN_KEY is the customer's `uid`. A wrong one is answered like an unknown parcel. Times are Madrid's; a
branch of the islands an hour earlier, by its name. Receiver, address and proof of delivery are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx

from services.carrier_gateway.carriers.gls_spain_wording import STATES
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
    oldest_first,
)
from services.carrier_gateway.parts.day_first import day_first_or_none
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.iberian_places import MADRID, clock_of
from services.carrier_gateway.parts.instants import end_of_day
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.scan_order import by_time
from services.carrier_gateway.parts.scans import ENDED, Scan, city, refuse_flood, tell
from services.carrier_gateway.parts.spanish_incidents import INCIDENTS, overlaid
from services.carrier_gateway.parts.spanish_refusals import refusal_in
from services.carrier_gateway.parts.wording import normalise, recognise
from services.carrier_gateway.parts.xml_payload import Element, read_xml, soap_envelope
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.shipments import Eta, ShipmentEvent
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

NAMESPACE = "http://www.asmred.com/"
NO_INCIDENT = "SIN INCIDENCIA"
_BY_TEXT = "10"

_ROWS: tuple[tuple[str, Meaning], ...] = (
    ("-10", Row(Stage.REGISTERED)),
    ("0", Row(Stage.REGISTERED)),
    ("1", Row(Stage.IN_TRANSIT, Condition.HELD)),
    ("2", Row(Stage.IN_TRANSIT)),
    ("3", Row(Stage.IN_TRANSIT)),
    ("5", Row(Stage.CANCELLED)),
    ("6", Row(Stage.OUT_FOR_DELIVERY)),
    ("7", Row(Stage.DELIVERED)),
    ("8", UNMAPPED),  # partly delivered: some of the parcel's pieces are still out
    ("9", Row(Stage.IN_TRANSIT, Condition.HELD)),
    (_BY_TEXT, UNMAPPED),
    ("11", Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER)),
    ("12", Row(Stage.RETURNED, action_by=Actor.SHOP)),
    ("13", Row(Stage.IN_TRANSIT, Condition.HELD, Actor.SHOP)),
    ("14", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("15", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("16", Row(Stage.IN_TRANSIT)),
    ("17", Row(Stage.LOST, action_by=Actor.SHOP)),
    ("18", Row(Stage.IN_TRANSIT, Condition.PAYMENT_DUE, Actor.SHOP)),
    ("19", Row(Stage.IN_TRANSIT)),
    ("20", Row(Stage.LOST, action_by=Actor.CARRIER)),
    ("21", Row(Stage.IN_TRANSIT)),
    ("22", Row(Stage.IN_TRANSIT)),
    ("25", Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT)),
    ("50", UNMAPPED),  # «pre-confirmed»: thin
    ("51", UNMAPPED),  # «delivery annulled»: thin
    ("90", SKIP),
    ("91", Row(Stage.IN_TRANSIT, action_by=Actor.CARRIER)),  # «with incident»: which one, an incident's row tells
)
CODES = code_table(*_ROWS)


def parse(body: bytes) -> Parsed:
    """No shipment in the answer, or an error that says so, is NOT_FOUND; a SOAP fault is an outage."""
    return _told(read_xml(body), None)


def read_answer(query: Query, body: bytes) -> Parsed:
    """The events carry the code that we asked with, which may be the shop's own reference."""
    return _told(read_xml(body), query.reference)


def _told(root: Element, asked: str | None) -> Parsed:
    if next(root.everywhere("Fault"), None):
        return Parsed(refusal=Refusal.OUTAGE)
    shipments = list(root.everywhere("exp"))
    error = next(root.everywhere("Error"), None)
    if not shipments and error is not None:
        return Parsed(refusal=refusal_in(error.text))
    if not shipments and not next(root.everywhere("expediciones"), None):
        raise Malformed([("expediciones", "is missing")])
    if not shipments:
        return Parsed(refusal=Refusal.NOT_FOUND)
    refuse_flood("exp", (_rows(shipment) for shipment in shipments))
    skipped, events = 0, list[ShipmentEvent]()
    for n, shipment in _meant(shipments, asked):
        scans, left_out = _scans(shipment)
        skipped += left_out
        alone = asked if asked is not None and len(shipments) == 1 else _number(n, shipment)
        events += tell(ENTRY.id, (alone, f"exp.{n}", "codbar"), scans, _expected(shipment))
    return Parsed(oldest_first(events), skipped)


def _meant(shipments: list[Element], asked: str | None) -> list[tuple[int, Element]]:
    """Of several under one reference, the one whose own number was asked about; else all of them."""
    numbered = list(enumerate(shipments))
    return [(n, shipment) for n, shipment in numbered if shipment.said("codbar") == asked] or numbered


def _number(n: int, shipment: Element) -> str:
    number = shipment.said("codbar")
    if number is None:
        raise Malformed([(f"exp.{n}.codbar", "is missing")])
    return number


def _scans(shipment: Element) -> tuple[list[Scan], int]:
    """What the rows say, by time, each incident over the state before it; and how many rows are no events."""
    rows = _rows(shipment)
    read = [scan for row in rows if (scan := _scan(row)) is not None]
    scans = by_time(read)
    told = list(_with_incidents(scans))
    if not any(scan.code == "INCIDENCIA" for scan in scans):
        _lay_over_newest(told, shipment.said("incidencia"))
    return told, len(rows) - len(read)


def _rows(shipment: Element) -> list[Element]:
    return [
        row
        for each in shipment.children
        if each.name == "tracking_list"
        for row in each.children
        if row.name == "tracking"
    ]


def _scan(row: Element) -> Scan | None:
    """None for rows of other types, such as proof of delivery with a receiver's name, and for known codes that are
    no events. An incident's code is the word INCIDENCIA: its number is of no public list.
    """
    kind, code, text = normalise(row.said("tipo") or ""), row.said("codigo") or "", row.said("evento") or ""
    date, _, time = (row.said("fecha") or "").partition(" ")
    office = row.said("nombreplaza")
    moment = day_first_or_none(date, time, clock_of(office))
    if kind == "INCIDENCIA":
        found = recognise(text, INCIDENTS)
        return Scan(found.wording.row if found else UNMAPPED, moment, kind, text, found, city(office))
    meaning = CODES.get(code, UNMAPPED)
    if kind != "ESTADO" or isinstance(meaning, Skip):
        return None
    found = recognise(text, STATES) if code == _BY_TEXT else None
    if code == "20" and re.search(r"\bROTURA\b", normalise(text)):
        meaning = replace(meaning, condition=Condition.DAMAGED)
    return Scan(found.wording.row if found else meaning, moment, code, text, found, city(office))


def _with_incidents(scans: list[Scan]) -> Iterator[Scan]:
    state: Row | None = None
    for scan in scans:
        if scan.code != "INCIDENCIA":
            state = scan.meaning
            yield scan
        elif scan.recognised is None or state is None or state is UNMAPPED:
            yield scan
        else:
            yield replace(scan, meaning=overlaid(state, scan.meaning))


def _lay_over_newest(scans: list[Scan], incident: str | None) -> None:
    """The summary's incident, on the state that it was written beside: the newest, while the parcel is under way."""
    found = recognise(incident, INCIDENTS) if incident and normalise(incident) != NO_INCIDENT else None
    if found is None or not scans or scans[-1].meaning is UNMAPPED or scans[-1].meaning.stage in ENDED:
        return
    newest = scans[-1]
    scans[-1] = replace(newest, meaning=overlaid(newest.meaning, found.wording.row), text=incident, recognised=found)


def _expected(shipment: Element) -> Eta | None:
    """The planned day, whole."""
    zone = clock_of(None)
    date, _, _ = (shipment.said("FPEntrega") or "").partition(" ")
    moment = day_first_or_none(date, None, zone)
    return Eta(until=end_of_day(moment, zone)) if moment else None


def ask(query: Query, url: str, key: str) -> httpx.Request:
    """SOAP 1.1. `key` is the customer's uid."""
    return httpx.Request(
        "POST",
        f"{url.rstrip('/')}/b2b.asmx",
        content=soap_envelope("GetExpCli", NAMESPACE, {"codigo": query.reference, "uid": key}),
        headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{NAMESPACE}GetExpCli"'},
    )


ENTRY = CarrierEntry(
    id="gls_spain",
    name="GLS",
    zone=MADRID,
    languages=("es", "en"),
    phones=(old_phone("ES", "+34 902 11 33 00"),),
    links=(
        TrackingLink(
            template="https://www.gls-spain.es/en/receiving-parcels/shipping-tracking/?match={reference}&international=1"
        ),
    ),
)

GLS_SPAIN = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=(*STATES, *INCIDENTS),
    pull=Pull(
        url="https://ws-customer.gls-spain.es",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(seconds=1),
        daily_quota=5_000,
    ),
)
