"""Measures how far a group is behind from outside of it: the consumers' own gauge ends with the consumers.

Runs beside the relay. Several relays measure the same; whoever reads takes the largest.
"""

from __future__ import annotations

from datetime import timedelta

from shared.messaging.backoff import Backoff
from shared.messaging.failures import BrokerAway
from shared.messaging.group_lag import GroupLag
from shared.observability.logs import get_logger
from shared.observability.metrics import GROUP_LAG
from shared.processes import Runtime

EVERY = timedelta(seconds=15)


async def watch_lag(lag: GroupLag, runtime: Runtime) -> None:
    """Until the process stops. While the broker is away the gauge keeps what was measured last."""
    rest = Backoff(runtime.stop)
    while not runtime.stop.is_set():
        await measure_lag(lag)
        await rest.pause(EVERY)


async def measure_lag(lag: GroupLag) -> None:
    try:
        measured = await lag.ask()
    except BrokerAway as error:
        get_logger().warning("lag_not_known", handler=lag.group, reason=str(error))
        return
    for each in measured:
        GROUP_LAG.labels(lag.group, each.topic, each.partition).set(each.lag)
