"""The carriers we understand. To add one: its adapter, one line here, its samples; the contract suite does the rest."""

from __future__ import annotations

from services.carrier_gateway.carriers.base import Carrier
from services.carrier_gateway.carriers.correos import CORREOS
from services.carrier_gateway.carriers.correos_express import CORREOS_EXPRESS
from services.carrier_gateway.carriers.ctt_express import CTT_EXPRESS
from services.carrier_gateway.carriers.dhl import DHL
from services.carrier_gateway.carriers.generic import GENERIC
from services.carrier_gateway.carriers.gls_spain import GLS_SPAIN
from services.carrier_gateway.carriers.mrw import MRW
from services.carrier_gateway.carriers.nacex import NACEX
from services.carrier_gateway.carriers.seur import SEUR

CARRIERS: tuple[Carrier, ...] = (
    GENERIC,
    DHL,
    CORREOS,
    CORREOS_EXPRESS,
    SEUR,
    MRW,
    NACEX,
    GLS_SPAIN,
    CTT_EXPRESS,
)


def carrier_named(id: str) -> Carrier | None:
    return next((carrier for carrier in CARRIERS if carrier.id == id), None)
