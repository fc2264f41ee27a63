"""One line in the log and one in the counters for every verdict on a message: what became of it can be read afterwards.

Written before the transaction commits: one that is rolled back is seen twice, none is missed.
"""

from __future__ import annotations

from collections.abc import Iterable

from shared.database import Row
from shared.observability.logs import get_logger
from shared.observability.metrics import MESSAGES
from shared.observability.tracing import trace_id


def note(told: Iterable[Row]) -> None:
    for row in told:
        MESSAGES.labels(row["channel"], row["step"], row["state"]).inc()
        get_logger().info(
            "message_verdict",
            message_id=str(row["id"]),
            shop=row["shop"],
            step=row["step"],
            channel=row["channel"],
            state=row["state"],
            reason=row["reason"],
            provider=row["provider"],
            attempt=row["attempts"],
            trace_id=trace_id(row["traceparent"]),
        )
