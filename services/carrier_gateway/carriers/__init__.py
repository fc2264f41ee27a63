"""The carriers we understand. To add one: its adapter, one line here, its samples; the contract suite does the rest."""

from __future__ import annotations

from services.carrier_gateway.carriers.aftership import AFTERSHIP
from services.carrier_gateway.carriers.andreani import ANDREANI
from services.carrier_gateway.carriers.chilexpress import CHILEXPRESS
from services.carrier_gateway.carriers.chronopost import CHRONOPOST
from services.carrier_gateway.carriers.correios import CORREIOS
from services.carrier_gateway.carriers.correo_argentino import CORREO_ARGENTINO
from services.carrier_gateway.carriers.correos import CORREOS
from services.carrier_gateway.carriers.correos_express import CORREOS_EXPRESS
from services.carrier_gateway.carriers.ctt_express import CTT_EXPRESS
from services.carrier_gateway.carriers.dhl import DHL
from services.carrier_gateway.carriers.dpd import DPD
from services.carrier_gateway.carriers.easypost import EASYPOST
from services.carrier_gateway.carriers.estafeta import ESTAFETA
from services.carrier_gateway.carriers.fedex import FEDEX
from services.carrier_gateway.carriers.generic import GENERIC
from services.carrier_gateway.carriers.gls import GLS
from services.carrier_gateway.carriers.gls_spain import GLS_SPAIN
from services.carrier_gateway.carriers.laposte import LAPOSTE
from services.carrier_gateway.carriers.mercado_envios import MERCADO_ENVIOS
from services.carrier_gateway.carriers.mrw import MRW
from services.carrier_gateway.carriers.nacex import NACEX
from services.carrier_gateway.carriers.oca import OCA
from services.carrier_gateway.carriers.seur import SEUR
from services.carrier_gateway.carriers.seventeentrack import SEVENTEENTRACK
from services.carrier_gateway.carriers.shippo import SHIPPO
from services.carrier_gateway.carriers.ups import UPS
from services.carrier_gateway.carriers.usps import USPS
from services.carrier_gateway.parts.base import Carrier

CARRIERS: tuple[Carrier, ...] = (
    GENERIC,
    DHL,
    UPS,
    FEDEX,
    USPS,
    GLS,
    DPD,
    LAPOSTE,
    CHRONOPOST,
    ANDREANI,
    OCA,
    CORREO_ARGENTINO,
    CHILEXPRESS,
    CORREIOS,
    ESTAFETA,
    MERCADO_ENVIOS,
    CORREOS,
    CORREOS_EXPRESS,
    SEUR,
    MRW,
    NACEX,
    GLS_SPAIN,
    CTT_EXPRESS,
    EASYPOST,
    AFTERSHIP,
    SEVENTEENTRACK,
    SHIPPO,
)


def carrier_named(id: str) -> Carrier | None:
    return next((carrier for carrier in CARRIERS if carrier.id == id), None)
