"""Attempts whose time is over and of which nobody has taken note: then no sender tidies up, and somebody is to be told.

Measured by the relay's housekeeping, for a sender that is gone measures nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import fetch
from shared.housekeeping import Duty
from shared.observability.metrics import IN_FLIGHT_OVERDUE


async def measure_overdue(tx: AsyncConnection, _: datetime) -> int:
    """A lease holds for as long as the provider may take to answer; a sender at work ends it within a second."""
    rows = await fetch(
        tx,
        "SELECT coalesce(extract(epoch FROM now() - min(lease_until)), 0) AS overdue "
        "FROM messages WHERE state = 'in_flight' AND lease_until < now()",
    )
    IN_FLIGHT_OVERDUE.set(float(rows[0]["overdue"]))
    return 0


OVERDUE = Duty("attempts that are overdue", timedelta(seconds=15), measure_overdue)
