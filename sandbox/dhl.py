"""DHL as the outside world knows it: its own sentences, pushes with the subscriber's token, and an API to be asked.

The wording is this file's own, after developer.dhl.com ("Shipment Tracking - Unified"): what Hito makes of it is
Hito's business. The receiver's name is in there on purpose; nobody may ever see it again.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sandbox.beats import Scan
from shared.contracts.vocabulary import Condition, DeliveredTo, Stage

TOKEN_HEADER = "DHL-Hook-Token"
SIGNED_BY = "CANARY RECEIVER"
_ZONES = {"ES": "Europe/Madrid", "GB": "Europe/London", "AR": "America/Argentina/Buenos_Aires"}

_SENTENCES: Mapping[tuple[Stage, Condition | None], tuple[str, str]] = {
    (Stage.REGISTERED, None): ("pre-transit", "Shipment information received"),
    (Stage.ACCEPTED, None): ("transit", "Shipment picked up"),
    (Stage.IN_TRANSIT, None): ("transit", "Processed at the facility"),
    (Stage.IN_TRANSIT, Condition.CUSTOMS): ("transit", "Shipment is being processed by customs"),
    (Stage.IN_TRANSIT, Condition.DELAYED): ("transit", "Shipment is delayed"),
    (Stage.OUT_FOR_DELIVERY, None): ("transit", "Shipment is out with courier for delivery"),
    (Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT): ("failure", "Delivery attempt made: recipient not at home"),
    (Stage.READY_FOR_PICKUP, None): ("transit", "Shipment is ready for pick-up at a DHL ServicePoint"),
    (Stage.DELIVERED, None): ("delivered", f"Delivered - Signed for by {SIGNED_BY}"),
    (Stage.RETURNING, None): ("failure", "Shipment is being returned to the sender"),
    (Stage.RETURNED, None): ("failure", "Returned to shipper"),
}


@dataclass
class DhlDesk:
    """What DHL knows of each number. `api_key` opens the pull API."""

    api_key: str
    _scans: dict[str, list[Scan]] = field(default_factory=dict)
    asked: int = 0

    def happened(self, reference: str, scans: tuple[Scan, ...]) -> None:
        """Note the scans, once each."""
        known = self._scans.setdefault(reference, [])
        known.extend(scan for scan in scans if scan not in known)
        known.sort(key=lambda scan: scan.at)

    def push(self, reference: str, upto: tuple[Scan, ...]) -> dict[str, Any]:
        """The push that goes out with the last of `upto`."""
        newest = max(scan.at for scan in upto)
        scans = [scan for scan in self._scans[reference] if scan.at <= newest]
        return {"scope": "subscription.push", "shipments": [_shipment(reference, scans)]}

    def shipment(self, reference: str) -> dict[str, Any] | None:
        """All that is known of a number; None when it is unknown."""
        scans = self._scans.get(reference)
        return _shipment(reference, scans) if scans else None

    def routes(self) -> APIRouter:
        """`GET /track/shipments?trackingNumber=`, with the errors of the real one."""
        router = APIRouter()

        @router.get("/track/shipments")
        async def track(request: Request, trackingNumber: str) -> JSONResponse:  # noqa: N803
            given = request.headers.get("dhl-api-key", "")
            if not hmac.compare_digest(given.encode(), self.api_key.encode()):
                return _problem(401, "Unauthorized", "the API key is missing or wrong")
            self.asked += 1
            known = self.shipment(trackingNumber)
            if known is None:
                return _problem(404, "No result found", "No shipment with given tracking number found.")
            return JSONResponse({"shipments": [known]})

        return router


def _problem(status: int, title: str, detail: str) -> JSONResponse:
    return JSONResponse({"title": title, "detail": detail, "status": status, "instance": "/shipment/sandbox"}, status)


def _shipment(reference: str, scans: list[Scan]) -> dict[str, Any]:
    events = [_event(scan) for scan in reversed(scans)]
    newest = scans[-1]
    shipment: dict[str, Any] = {
        "id": reference,
        "service": "express",
        "origin": {"address": {"countryCode": "ES", "addressLocality": "MADRID"}},
        "destination": _place(newest),
        "status": {**events[0], "status": events[0]["description"]},
        "details": {"receiver": {"name": SIGNED_BY}, "proofOfDelivery": {"signed": {"name": SIGNED_BY}}},
        "events": events,
    }
    if newest.eta is not None:
        shipment["estimatedDeliveryTimeFrame"] = {
            "estimatedFrom": newest.eta[0].isoformat(),
            "estimatedThrough": newest.eta[1].isoformat(),
        }
    return shipment


def _event(scan: Scan) -> dict[str, Any]:
    code, sentence = _SENTENCES.get((scan.stage, scan.condition)) or _SENTENCES[(scan.stage, None)]
    if scan.stage is Stage.READY_FOR_PICKUP and scan.delivered_to is DeliveredTo.LOCKER:
        sentence = "Shipment is ready for collection at a locker"
    return {"timestamp": _clock(scan), "location": _place(scan), "statusCode": code, "description": sentence}


def _place(scan: Scan) -> dict[str, Any]:
    address = {"countryCode": scan.country, "addressLocality": (scan.city or "").upper() or None}
    return {"address": {name: value for name, value in address.items() if value}}


def _clock(scan: Scan) -> str:
    """Express writes the bare local time of the scan's place; where we do not know the zone, UTC with its Z."""
    at: datetime = scan.at.replace(microsecond=0)
    zone = _ZONES.get(scan.country or "")
    if zone is None:
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat()
