"""The three kinds of failure a consumer can meet, and what each one does to the batch.

    Poison          can never be taken in: a dead letter with its reason, in the batch's own transaction
    Infrastructure  the database or the broker is away: nothing advances, the same batch is tried again
    anything else   unexpected: the batch is halved until the culprit is alone, tried a few times, then poison

A fact that merely came early is none of these: the handler parks it.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterator

from aiokafka.errors import KafkaError


class Poison(Exception):
    """This message can never be taken in. The text is the dead letter's reason and holds no data of the message."""


class Infrastructure(Exception):
    """Something everybody needs is away. Nobody's fault, and nothing is lost: it is tried again."""


class BrokerAway(Infrastructure):
    """Kafka did not acknowledge in time."""


class DependencyAway(Infrastructure):
    """Another part of the system that this one asks is away."""


_PASSING_SQLSTATES = (
    "08",  # connection exception
    "40001",  # serialization failure
    "40P01",  # deadlock
    "53",  # out of memory, disk full, too many connections
    "55P03",  # lock not available
    "57",  # operator intervention: shutdown, cancelled statement
    "58",  # system error
)


def is_infrastructure(error: BaseException) -> bool:
    """True when trying the very same thing later can succeed."""
    return any(_passes(link) for link in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(8):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _passes(error: BaseException) -> bool:
    if isinstance(error, Infrastructure | KafkaError | ConnectionError | TimeoutError | asyncio.TimeoutError):
        return True
    # Read by name, not by class: the gateway has no database and so no driver to import.
    if getattr(error, "connection_invalidated", False):
        return True
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return state.startswith(_PASSING_SQLSTATES)
    return isinstance(error, OSError) and error.errno in (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH)
