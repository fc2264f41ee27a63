"""The carriers we understand. To add one: its adapter, one line here, its samples; the contract suite does the rest."""

from __future__ import annotations

from services.carrier_gateway.carriers.aftership import AFTERSHIP
from services.carrier_gateway.carriers.base import Carrier
from services.carrier_gateway.carriers.chronopost import CHRONOPOST
from services.carrier_gateway.carriers.correos import CORREOS
from services.carrier_gateway.carriers.dhl import DHL
from services.carrier_gateway.carriers.dpd import DPD
from services.carrier_gateway.carriers.easypost import EASYPOST
from services.carrier_gateway.carriers.generic import GENERIC
from services.carrier_gateway.carriers.gls import GLS
from services.carrier_gateway.carriers.laposte import LAPOSTE
from services.carrier_gateway.carriers.seventeentrack import SEVENTEENTRACK
from services.carrier_gateway.carriers.shippo import SHIPPO

CARRIERS: tuple[Carrier, ...] = (
    GENERIC,
    DHL,
    GLS,
    DPD,
    LAPOSTE,
    CHRONOPOST,
    EASYPOST,
    AFTERSHIP,
    SEVENTEENTRACK,
    SHIPPO,
    CORREOS,
)


def carrier_named(id: str) -> Carrier | None:
    return next((carrier for carrier in CARRIERS if carrier.id == id), None)
