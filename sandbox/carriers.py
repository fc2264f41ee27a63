"""Simulated carriers calling our webhooks: the shop's own courier (Standard Webhooks) and DHL (a token in a header)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from sandbox.beats import CarrierKnows, CarrierSays, Lie, Scan, SomebodyLies
from sandbox.calls import NotTaken, post_until_taken
from sandbox.dhl import TOKEN_HEADER, DhlDesk
from shared.contracts.base import rfc3339
from shared.signatures import StandardWebhooks

STALE = timedelta(hours=1)
_SOMEBODY_ELSES_SECRET = "whsec_" + "c29tZWJvZHkgZWxzZSdzIHNlY3JldA=="


@dataclass(frozen=True)
class Carriers:
    """All carriers of the sandbox. `new_id` gives each delivery its own id, as carriers do."""

    client: httpx.AsyncClient
    gateway_url: str
    courier_secret: str
    dhl_token: str
    dhl: DhlDesk
    new_id: Callable[[], UUID]

    async def say(self, beat: CarrierSays) -> None:
        """Call the webhook, as often as the beat wants, until it is taken. Raises NotTaken."""
        for _ in range(beat.times):
            if beat.parcel.carrier == "dhl":
                await self._dhl_says(beat)
            else:
                await self._courier_says(beat)

    def know(self, beat: CarrierKnows) -> None:
        """Only DHL can be asked."""
        self.dhl.happened(beat.parcel.reference, beat.scans)

    async def lie(self, beat: SomebodyLies) -> None:
        """Raises NotTaken when the lie was answered in any other way than it should be."""
        body = courier_report(beat.parcel.reference, (beat.scan,))
        now, secret = datetime.now(UTC), self.courier_secret
        if beat.lie is Lie.FORGED:
            secret = _SOMEBODY_ELSES_SECRET
        elif beat.lie is Lie.OLD:
            now -= STALE
        else:
            body = b'{"events": [{"reference": '
        answer = await self.client.post(
            f"{self.gateway_url}/webhooks/generic", content=body, headers=self._signed(body, secret, now)
        )
        if answer.status_code != beat.refused_with:
            raise NotTaken(f"a {beat.lie} webhook was answered {answer.status_code}, not {beat.refused_with}")

    async def _courier_says(self, beat: CarrierSays) -> None:
        body = courier_report(beat.parcel.reference, beat.scans)
        headers = self._signed(body, self.courier_secret, datetime.now(UTC))
        await post_until_taken(self.client, f"{self.gateway_url}/webhooks/generic", body, headers)

    async def _dhl_says(self, beat: CarrierSays) -> None:
        self.dhl.happened(beat.parcel.reference, beat.scans)
        body = json.dumps(self.dhl.push(beat.parcel.reference, beat.scans)).encode()
        headers = {"content-type": "application/json", TOKEN_HEADER: self.dhl_token}
        await post_until_taken(self.client, f"{self.gateway_url}/webhooks/dhl", body, headers)

    def _signed(self, body: bytes, secret: str, now: datetime) -> dict[str, str]:
        signature = StandardWebhooks([secret]).sign(body, f"msg_{self.new_id().hex}", now)
        return {"content-type": "application/json", **signature}


def courier_report(reference: str, scans: tuple[Scan, ...]) -> bytes:
    """The shop's own courier speaks Hito's documented format."""
    return json.dumps({"events": [_courier_event(reference, scan) for scan in scans]}, ensure_ascii=False).encode()


def _courier_event(reference: str, scan: Scan) -> dict[str, Any]:
    place = {"city": scan.city, "country": scan.country}
    event: dict[str, Any] = {
        "reference": reference,
        "status": scan.code or scan.stage.value,
        "occurred_at": scan.at.isoformat(),
        "condition": scan.condition,
        "action_by": scan.action_by,
        "delivered_to": scan.delivered_to,
        "location": {name: value for name, value in place.items() if value} or None,
        "eta": {"from": rfc3339(scan.eta[0]), "until": rfc3339(scan.eta[1])} if scan.eta else None,
        "text": scan.text,
    }
    return {name: value for name, value in event.items() if value is not None}
