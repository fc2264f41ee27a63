"""A failure that passes is waited out; one that stays is poison or unexpected, and is never waited out."""

from __future__ import annotations

import errno

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError, NodeNotReadyError
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.messaging.failures import BrokerAway, DependencyAway, Infrastructure, Poison, is_infrastructure


def from_database(cause: Exception, *, invalidated: bool = False) -> DBAPIError:
    """As SQLAlchemy wraps what the driver raises."""
    wrapped = DBAPIError("SELECT 1", {}, cause, connection_invalidated=invalidated)
    wrapped.__cause__ = cause
    return wrapped


def caused_by(cause: BaseException) -> Exception:
    """An error of ours, raised because of another."""
    try:
        raise RuntimeError("could not take in the batch") from cause
    except RuntimeError as error:
        return error


PASSES = [
    Infrastructure("no database connection is free"),
    BrokerAway("not connected"),
    DependencyAway("the gateway"),
    KafkaConnectionError(),
    NodeNotReadyError(),
    ConnectionResetError(),
    TimeoutError(),
    OSError(errno.EHOSTUNREACH, "no route"),
    from_database(asyncpg.DeadlockDetectedError()),
    from_database(asyncpg.SerializationError()),
    from_database(asyncpg.TooManyConnectionsError()),
    from_database(asyncpg.DiskFullError()),
    from_database(asyncpg.AdminShutdownError()),
    from_database(asyncpg.CannotConnectNowError()),
    from_database(asyncpg.LockNotAvailableError()),
    from_database(Exception("gone"), invalidated=True),
    caused_by(asyncpg.ConnectionDoesNotExistError()),
    caused_by(caused_by(ConnectionRefusedError())),
]
STAYS = [
    Poison("invalid: placed_at"),
    ValueError("no such thing"),
    KeyError("x"),
    OSError(errno.ENOENT, "no such file"),
    from_database(asyncpg.UniqueViolationError()),
    from_database(asyncpg.UndefinedTableError()),
    from_database(asyncpg.CharacterNotInRepertoireError()),
    IntegrityError("INSERT", {}, asyncpg.NotNullViolationError()),
    caused_by(ValueError("x")),
]


def kind(error: BaseException) -> str:
    return " from ".join(type(e).__name__ for e in (error, error.__cause__) if e is not None)


@pytest.mark.parametrize("error", PASSES, ids=kind)
def test_what_passes_is_tried_again(error: BaseException) -> None:
    assert is_infrastructure(error)


@pytest.mark.parametrize("error", STAYS, ids=kind)
def test_what_stays_is_not_tried_for_ever(error: BaseException) -> None:
    assert not is_infrastructure(error)


def test_errors_that_name_each_other_as_their_cause_come_to_an_end() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert not is_infrastructure(first)
