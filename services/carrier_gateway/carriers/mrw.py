"""MRW (Spain, Portugal): `GetEnvios` of its SOAP tracking service, asked for. There is no push. Thin.

Source: third-party programs for the call; eight texts as seen live. The list of state numbers is given to customers
only: the text decides, of the numbers only 00 is known. The patterns beyond the eight texts are plain words of Spanish
(`mrw_wording` says which) and wait for a customer's answers to be compared with. Thin too: the error texts and the
tracking page's address, so the directory has none.

CARRIER_MRW_KEY is `login=...&password=...&subscriber=...&franchise=...`; CARRIER_MRW_URL where a contract has another
host. Times are Madrid's. Who took the parcel, and the signature, are not read.
"""

from __future__ import annotations

from datetime import timedelta

import httpx

from services.carrier_gateway.carriers.mrw_wording import WORDINGS
from services.carrier_gateway.parts.base import (
    UNMAPPED,
    Carrier,
    Malformed,
    Parsed,
    Refusal,
    Row,
    code_table,
    oldest_first,
)
from services.carrier_gateway.parts.day_first import day_first_or_none
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.iberian_places import MADRID, clock_of
from services.carrier_gateway.parts.key_parts import key_parts
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.scan_order import by_time
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, tell
from services.carrier_gateway.parts.spanish_incidents import denies
from services.carrier_gateway.parts.spanish_refusals import refusal_in
from services.carrier_gateway.parts.wording import normalise, recognise
from services.carrier_gateway.parts.xml_payload import Element, read_xml, soap_envelope
from shared.contracts.directory import CarrierEntry
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Stage

NAMESPACE = "http://tempuri.org/"
KEY_PARTS = ("login", "password", "subscriber", "franchise")
_FOUND = "BUSQUEDA CORRECTA"
_SPANISH, _BY_NUMBER, _ALL_STATES = "3082", "0", "1"

CODES = code_table(("00", Row(Stage.DELIVERED)))


def parse(body: bytes) -> Parsed:
    """MRW answers HTTP 200 whatever happened; `MensajeSeguimiento` says what."""
    return _told(read_xml(body), None)


def read_answer(query: Query, body: bytes) -> Parsed:
    """The events carry the number that we asked with."""
    return _told(read_xml(body), query.reference)


def _told(root: Element, asked: str | None) -> Parsed:
    if next(root.everywhere("Fault"), None):
        return Parsed(refusal=Refusal.OUTAGE)
    result = next(root.everywhere("GetEnviosResult"), None)
    if result is None:
        raise Malformed([("GetEnviosResult", "is missing")])
    states = [each for each in result.everywhere("Seguimiento") if each.child("EstadoDescripcion")]
    if len(states) > MOST_SCANS:
        raise Malformed([("GetEnviosResult.Seguimiento", f"is there more than {MOST_SCANS} times")])
    if not states:
        message = result.said("MensajeSeguimiento") or ""
        correct = normalise(message).startswith(_FOUND)
        return Parsed(refusal=Refusal.NOT_FOUND if correct else refusal_in(message))
    scans: dict[tuple[str, str, str], list[Scan]] = {}
    for n, state in enumerate(states):
        number = asked or state.said("NumAlbaran")
        if number is None:
            raise Malformed([(f"Seguimiento.{n}.NumAlbaran", "is missing")])
        first = next((known for known in scans if known[0] == number), (number, f"Seguimiento.{n}", "NumAlbaran"))
        scans.setdefault(first, []).append(_scan(state))
    events = list[ShipmentEvent]()
    for number_and_place, told in scans.items():
        events += tell(ENTRY.id, number_and_place, by_time(told))
    return Parsed(oldest_first(events))


def _scan(state: Element) -> Scan:
    code, text = state.said("Estado") or "", state.said("EstadoDescripcion") or ""
    recognised = recognise(text, WORDINGS)
    by_number = UNMAPPED if denies(text) else CODES.get(code, UNMAPPED)
    meaning = recognised.wording.row if recognised else by_number
    moment = day_first_or_none(state.said("FechaEntrega"), state.said("HoraEntrega"), clock_of(None))
    return Scan(meaning, moment, code or None, text, recognised)


def ask(query: Query, url: str, key: str) -> httpx.Request:
    """SOAP 1.1: all states of one number, in Spanish. `key` has passed `key_parts`."""
    access = key_parts(key, KEY_PARTS)
    arguments = {
        "login": access["login"],
        "pass": access["password"],
        "codigoIdioma": _SPANISH,
        "tipoFiltro": _BY_NUMBER,
        "valorFiltroDesde": query.reference,
        "valorFiltroHasta": query.reference,
        "fechaDesde": "",
        "fechaHasta": "",
        "tipoInformacion": _ALL_STATES,
        "codigoAbonado": access["subscriber"],
        "codigoFranquicia": access["franchise"],
    }
    return httpx.Request(
        "POST",
        f"{url.rstrip('/')}/TrackingService.svc/TrackingServices",
        content=soap_envelope("GetEnvios", NAMESPACE, arguments),
        headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{NAMESPACE}ITrackingService/GetEnvios"'},
    )


ENTRY = CarrierEntry(
    id="mrw",
    name="MRW",
    zone=MADRID,
    languages=("es", "pt"),
    phones=(old_phone("ES", "+34 902 300 403"),),
)

MRW = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="https://trackingservice.mrw.es",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(seconds=1),
        daily_quota=5_000,
        key_parts=KEY_PARTS,
    ),
)
