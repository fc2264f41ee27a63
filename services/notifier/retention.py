"""What the notifier keeps of people goes first, the ledger itself much later; neither lets a message out twice.

After `keep_contacts` a message that is over loses its address and its bytes, and its step all that it said. The row
stays: receipts still find it by our id, and the step, told again, finds it taken. After `keep_ledger` the row goes as
well; a step that old is planned as expired (`domain/plan.py`), whatever is remembered of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.domain.delivery import WAITING, State
from services.notifier.people import consents, phone_caps, reach
from services.notifier.preferences import choices, links
from shared.database import fetch, run
from shared.housekeeping import Duty

STEPS_AT_ONCE = 1_000
_UNDER_WAY = ", ".join(f"'{state}'" for state in sorted({*WAITING, State.IN_FLIGHT}))
_QUIET = f"NOT EXISTS (SELECT 1 FROM messages m WHERE m.step_event = s.event_id AND m.state IN ({_UNDER_WAY}))"


class RetentionSettings(BaseSettings):
    """How long the notifier remembers, from the day it took a step in."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    keep_contacts_days: int = Field(default=90, ge=15)
    """Addresses and what was written. Longer than any message waits: no step is told for more than a week."""
    keep_ledger_days: int = Field(default=400, ge=35)
    """That a message went out, how, when, and what became of it."""

    @model_validator(mode="after")
    def _ledger_outlives_contacts(self) -> RetentionSettings:
        if self.keep_ledger_days < self.keep_contacts_days:
            raise ValueError("KEEP_LEDGER_DAYS is less than KEEP_CONTACTS_DAYS: the ledger holds the contacts")
        return self


def retention_duties(settings: RetentionSettings) -> tuple[Duty, ...]:
    contacts, ledger = timedelta(days=settings.keep_contacts_days), timedelta(days=settings.keep_ledger_days)
    return (
        Duty("contacts of old messages", timedelta(hours=1), partial(_empty, contacts)),
        Duty("old messages", timedelta(hours=1), partial(_forget, ledger)),
        Duty("old preference links", timedelta(hours=1), partial(_forget_links, contacts)),
        Duty("old consents", timedelta(hours=1), partial(_forget_consents, ledger)),
        Duty("addresses that may reach again", timedelta(hours=1), reach.forget),
        Duty("phone counts of past days", timedelta(hours=1), _forget_phone_counts),
    )


async def _empty(keep: timedelta, tx: AsyncConnection, now: datetime) -> int:
    return await forget_contacts(tx, now, keep)


async def _forget(keep: timedelta, tx: AsyncConnection, now: datetime) -> int:
    return await forget_messages(tx, now, keep)


async def _forget_links(keep: timedelta, tx: AsyncConnection, now: datetime) -> int:
    return await links.forget(tx, now - keep, STEPS_AT_ONCE)


async def _forget_consents(keep: timedelta, tx: AsyncConnection, now: datetime) -> int:
    words = await consents.forget(tx, now - keep, STEPS_AT_ONCE)
    return words + await choices.forget_languages(tx, now - keep, STEPS_AT_ONCE)


async def _forget_phone_counts(tx: AsyncConnection, now: datetime) -> int:
    return await phone_caps.forget(tx, now, STEPS_AT_ONCE)


async def forget_contacts(tx: AsyncConnection, now: datetime, keep: timedelta) -> int:
    """Empty a bounded number of old steps and their messages. Answers how many steps."""
    steps = await _old_steps(tx, "s.step IS NOT NULL", now - keep)
    await _lock_messages(tx, steps)
    await run(
        tx,
        # WhatsApp's id for a message is base64 and holds the recipient's number; receipts find the message by ours.
        "UPDATE messages SET address = NULL, request = NULL, person = NULL, "
        "provider_message_id = CASE WHEN channel <> 'whatsapp' THEN provider_message_id END "
        "WHERE step_event = ANY(CAST(:steps AS uuid[]))",
        steps=steps,
    )
    await run(tx, "UPDATE steps SET step = NULL WHERE event_id = ANY(CAST(:steps AS uuid[]))", steps=steps)
    return len(steps)


async def forget_messages(tx: AsyncConnection, now: datetime, keep: timedelta) -> int:
    """Delete a bounded number of old steps with their messages, emptied before. Answers how many steps."""
    untouched = "NOT EXISTS (SELECT 1 FROM messages m WHERE m.step_event = s.event_id AND m.changed_at >= :before)"
    steps = await _old_steps(tx, f"s.step IS NULL AND {untouched}", now - keep)
    await _lock_messages(tx, steps)
    await run(tx, "DELETE FROM messages WHERE step_event = ANY(CAST(:steps AS uuid[]))", steps=steps)
    await run(tx, "DELETE FROM steps WHERE event_id = ANY(CAST(:steps AS uuid[]))", steps=steps)
    return len(steps)


async def _old_steps(tx: AsyncConnection, which: str, before: datetime) -> list[UUID]:
    """The oldest steps with nothing left to do, locked. A message that waits or is under way keeps its step."""
    rows = await fetch(
        tx,
        f"SELECT s.event_id FROM steps s WHERE {which} AND s.taken_at < :before AND {_QUIET} "
        f"ORDER BY s.taken_at LIMIT {STEPS_AT_ONCE} FOR UPDATE OF s SKIP LOCKED",
        before=before,
    )
    return [row["event_id"] for row in rows]


async def _lock_messages(tx: AsyncConnection, steps: Sequence[UUID]) -> None:
    """In the order in which receipts lock them."""
    await fetch(
        tx, "SELECT id FROM messages WHERE step_event = ANY(CAST(:steps AS uuid[])) ORDER BY id FOR UPDATE", steps=steps
    )
