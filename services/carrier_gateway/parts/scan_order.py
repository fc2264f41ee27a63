"""The order of scans whose carrier does not say in which order it tells them."""

from __future__ import annotations

from collections.abc import Iterable

from services.carrier_gateway.parts.base import UNTIMED
from services.carrier_gateway.parts.scans import Scan


def by_time(scans: Iterable[Scan]) -> list[Scan]:
    """The oldest first, before them those without an instant; of an hour that exists twice, the earlier is meant."""
    return sorted(scans, key=lambda scan: scan.moment.at if scan.moment else UNTIMED)
