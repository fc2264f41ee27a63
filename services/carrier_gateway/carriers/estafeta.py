"""Estafeta (Mexico), handed over: a format of ours, into which a shop's system puts what Estafeta tells it.

    {"reference": "1234567890", "events": [
        {"datetime": "2026-03-27T10:15:00", "text": "EN TRANSITO", "place": "Tijuana", "state": "BCN"}]}

Thin: the tracking service for contract customers exists, but its address, its login, its shape and its codes could not
be verified, so nothing is asked for and nothing is invented. The sentences are those of the consumer page, seen live;
of returns, pickup and failed visits only the plainest are read. How the feed orders day and month is not known either:
whoever hands over writes ISO 8601, and any other order is an unknown event, never a guess. A bare time is that of the
`state` (ISO 3166-2 or its name), else of Mexico City.
"""

from __future__ import annotations

from services.carrier_gateway.carriers.estafeta_wording import WORDINGS
from services.carrier_gateway.parts.base import Carrier, Parsed
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.instants import Moment
from services.carrier_gateway.parts.json_report import ReportShape, Told
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.readings import moment_of
from services.carrier_gateway.parts.scans import city, tell
from services.carrier_gateway.parts.sentences import codes_of, scan_of
from services.carrier_gateway.parts.wording import normalise
from services.carrier_gateway.parts.zones import zone_of_state
from shared.contracts.directory import CarrierEntry

CODES = codes_of(WORDINGS)


SHAPE = ReportShape(number="reference", events="events", time="datetime", text="text", city="place", region="state")


def parse(body: bytes) -> Parsed:
    report = SHAPE.read(body)
    scans = [scan_of(told.text, WORDINGS, _moment(told), city(told.city)) for told in report.told]
    return Parsed(tell(ENTRY.id, (report.number, "body", "reference"), scans))


def _moment(told: Told) -> Moment | None:
    return moment_of(told.time, zone_of_state("MX", normalise(told.region or "")))


ENTRY = CarrierEntry(
    id="estafeta",
    name="Estafeta",
    zone="America/Mexico_City",
    languages=("es",),
    phones=(old_phone("MX", "800 378 2338"),),
)

ESTAFETA = Carrier(entry=ENTRY, signature=HANDED_OVER, parse=parse, codes=CODES, wordings=WORDINGS)
