"""Every move of every message, noted by the database itself; and a database whose process dies at one of them.

The notes are what makes a kill exact: the transaction looks at the moves it has made itself, just before its commit.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.domain import delivery
from services.notifier.domain.delivery import State
from shared.database import Database, fetch, run

PLANNING = ""
"""Where a message comes from that was not there before."""

_NOTES = (
    """
    CREATE TABLE moves (
        nth     bigserial   PRIMARY KEY,
        xact    xid8        NOT NULL DEFAULT pg_current_xact_id(),
        message uuid        NOT NULL,
        was     text        NOT NULL,
        became  text        NOT NULL
    )
    """,
    "CREATE INDEX moves_of_xact ON moves (xact)",
    """
    CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO moves (message, was, became) VALUES (NEW.id, '', NEW.state);
        ELSIF OLD.state <> NEW.state THEN
            INSERT INTO moves (message, was, became) VALUES (NEW.id, OLD.state, NEW.state);
        END IF;
        RETURN NULL;
    END
    $$
    """,
    "CREATE TRIGGER moves AFTER INSERT OR UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION note_move()",
)


async def note_moves(database: Database) -> None:
    """From now on."""
    async with database.transaction() as tx:
        for statement in _NOTES:
            await run(tx, statement)


@dataclass(frozen=True)
class Moment:
    """The move of a message, of any when none is named, and whether it is still committed before the process dies."""

    was: str
    became: str
    committed: bool
    message: str | None = None

    def __str__(self) -> str:
        when = "after" if self.committed else "before"
        return f"{when} the commit of {self.was or 'nothing'} -> {self.became}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Moment:
        return cls(**told)


def allowed(was: str, became: str) -> bool:
    """Whether the tables of transitions know this move."""
    if was == PLANNING:
        return became not in (State.FROZEN, State.CLAIMED, State.IN_FLIGHT, *delivery.STATE_OF_RECEIPT.values())
    return became in _FROM.get(was, set())


def _moves() -> dict[str, set[str]]:
    """From each state, by all doors: those of the way forward, and those out of doubt to another attempt."""
    found: dict[str, set[str]] = {}
    for doors in (delivery.TRANSITIONS, delivery.AGAIN):
        for was, became in doors.items():
            found.setdefault(was.value, set()).update(state.value for state in became)
    return found


_FROM = _moves()


class MortalLedger(Database):
    """The process is killed, by itself and with SIGKILL, in the transaction that makes the move."""

    def __init__(self, database: Database, moment: Moment) -> None:
        self._database, self._moment = database, moment

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.transaction() as tx:
            yield tx
            has_come = await self._has_come(tx)
            if has_come and not self._moment.committed:
                os.kill(os.getpid(), signal.SIGKILL)
        if has_come:
            os.kill(os.getpid(), signal.SIGKILL)

    async def close(self) -> None:
        await self._database.close()

    async def _has_come(self, tx: AsyncConnection) -> bool:
        rows = await fetch(
            tx,
            "SELECT 1 FROM moves WHERE xact = pg_current_xact_id_if_assigned() AND was = :was AND became = :became "
            "AND (CAST(:message AS uuid) IS NULL OR message = CAST(:message AS uuid)) LIMIT 1",
            was=self._moment.was,
            became=self._moment.became,
            message=self._moment.message,
        )
        return bool(rows)
