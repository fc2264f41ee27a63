"""What carriers push at the gateway while it is measured: each about a parcel of its own, signed as its carrier does.

Sizes are those of the documented samples: a courier's own event with a place and a window, and DHL's push, which tells
a parcel's whole way so far and much that we do not read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.carrier_gateway.carriers.dhl import DHL
from services.carrier_gateway.carriers.generic import GENERIC
from services.carrier_gateway.parts.base import Carrier


def _courier_event(number: int, now: datetime) -> dict[str, Any]:
    return {
        "reference": f"FARO-{number:08d}",
        "status": "out_for_delivery",
        "occurred_at": _at(now, hours=1),
        "location": {"city": "Madrid", "postal_code": "28001", "country": "ES"},
        "eta": {"from": _at(now, hours=-1), "until": _at(now, hours=-4)},
        "text": "En reparto, entrega prevista hoy",
        "receiver": {"name": "Sample Person", "phone": "+34 600 000 000"},
    }


def _dhl_push(number: int, now: datetime) -> dict[str, Any]:
    told = [
        _incident(_at(now, hours=1), "transit", "Shipment is out with courier for delivery", "ES", "MADRID"),
        _incident(_at(now, hours=12), "transit", "Processed at MADRID", "ES", "MADRID"),
        _incident(_at(now, hours=40), "transit", "Shipment picked up", "DE", "LEIPZIG"),
        _incident(_at(now, hours=48), "pre-transit", "Shipment information received", "DE", "LEIPZIG"),
    ]
    address = {"countryCode": "ES", "postalCode": "28001", "addressLocality": "MADRID", "streetAddress": "CALLE 7"}
    shipment = {
        "id": f"{number:010d}",
        "service": "express",
        "origin": {"address": {"countryCode": "DE"}},
        "destination": {"address": address},
        "status": told[0],
        "details": {
            "receiver": {"name": "SAMPLE PERSON"},
            "proofOfDelivery": {"signatureUrl": "https://pod.example/1"},
        },
        "estimatedDeliveryTimeFrame": {"estimatedFrom": _at(now, hours=-1), "estimatedThrough": _at(now, hours=-5)},
        "events": told,
    }
    about = "https://api.dhl.example/tracking/push/v1/subscription/SAMPLE"
    return {"scope": "subscription.push", "self": about, "shipments": [shipment]}


def _incident(at: str, code: str, text: str, country: str, city: str) -> dict[str, Any]:
    place = {"address": {"countryCode": country, "addressLocality": city}}
    return {"timestamp": at, "statusCode": code, "status": text, "description": text, "location": place}


def _at(now: datetime, hours: int) -> str:
    return (now - timedelta(hours=hours)).replace(microsecond=0).isoformat()


@dataclass(frozen=True)
class Push:
    """One kind of push. `events` are in each of them."""

    carrier: Carrier
    told: str
    payload: Callable[[int, datetime], Mapping[str, Any]]
    events: int

    def body(self, number: int, now: datetime) -> bytes:
        return json.dumps(self.payload(number, now)).encode()

    def request(self, number: int, secret: str, now: datetime) -> bytes:
        """The whole HTTP request, its bytes signed."""
        body = self.body(number, now)
        headers = {
            "Host": "gateway.example",
            "User-Agent": "carrier/1.0",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **self.carrier.signature.sign(body, secret, f"msg_{number}", now),
        }
        lines = [f"POST /webhooks/{self.carrier.id} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join((*lines, "", "")).encode() + body


PUSHES = {
    "generic": Push(GENERIC, "a courier's event", _courier_event, 1),
    "dhl": Push(DHL, "DHL's push of four events", _dhl_push, 4),
}
