"""Whether a Spanish error text speaks of the parcel or of our access, for carriers whose error codes are not public."""

from __future__ import annotations

import re

from services.carrier_gateway.parts.base import Refusal
from services.carrier_gateway.parts.wording import normalise

_PARCEL = re.compile(
    r"\bNO (?:SE )?(?:HA |HAN |HAY )?(?:ENCONTR|ENCUENTR|EXIST|INTEGRAD)?.{0,30}"
    r"\b(?:ENVIOS?|EXPEDICION(?:ES)?|ALBARAN|NUMERO|DATOS|RESULTADOS?|REFERENCIA)\b"
    r"|\b(?:ENVIO|EXPEDICION|ALBARAN|NUMERO|REFERENCIA)\b.{0,30}\b(?:NO EXIST|INEXISTENTE|NO ENCONTRAD|NO SE ENC)"
)
_ACCESS = re.compile(
    r"\b(?:USUARIO|PASSWORD|CONTRASENA|CLAVE|CREDENCIAL|LOGIN|AUTORIZ|AUTENTIC|PERMISO|CLIENTE|ABONADO|FRANQUICIA)"
)


def refusal_in(text: str) -> Refusal:
    """NOT_FOUND where it speaks of the parcel, NOT_ALLOWED where it speaks of who asks; OUTAGE when it says neither."""
    normalised = normalise(text)
    if _PARCEL.search(normalised):
        return Refusal.NOT_FOUND
    return Refusal.NOT_ALLOWED if _ACCESS.search(normalised) else Refusal.OUTAGE
