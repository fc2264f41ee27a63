"""The ledger: one row for every message ever planned, moved only along `domain/delivery.TRANSITIONS`.

Its UNIQUE (shop, order, step, occurrence, parcel, recipient, channel) is the last wall against telling a step twice.
Every function works in the caller's transaction and on many rows at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import verdicts
from services.notifier.domain.delivery import VERDICT_OF, State, sources_of
from services.notifier.domain.fallback import Waits
from services.notifier.domain.person import person_of
from services.notifier.domain.plan import Planned, StepFacts
from shared.contracts.envelope import Outgoing
from shared.contracts.outcomes import MessageOutcome
from shared.contracts.steps import StepReached
from shared.contracts.topics import NOTIFIER_OUTCOMES
from shared.database import Row, fetch, insert_rows
from shared.messaging.inbox import Delivery
from shared.messaging.outbox import append
from shared.observability import spans

SOURCE = "/notifier"


@dataclass(frozen=True)
class NewMessage:
    """One message to write. The address stays in this database; it is never in an outcome, a log or a metric."""

    id: UUID
    step: StepReached
    step_event: UUID
    facts: StepFacts
    verdict: Planned
    address: str | None
    waits: Waits = field(default_factory=Waits)


@dataclass(frozen=True)
class Change:
    """Where a message goes and why."""

    state: State
    reason: str
    provider_message_id: str | None = None


async def remember_steps(tx: AsyncConnection, deliveries: Sequence[Delivery[StepReached]]) -> None:
    types = {"event_id": "uuid", "shop": "text", "order_id": "text", "step": "jsonb", "traceparent": "text"}
    rows = [
        {
            "event_id": delivery.envelope.id,
            "shop": delivery.data.shop,
            "order_id": delivery.data.order_id,
            "step": delivery.data.to_json().decode(),
            "traceparent": delivery.envelope.traceparent,
        }
        for delivery in deliveries
    ]
    await insert_rows(tx, "steps", types, rows, then="ON CONFLICT DO NOTHING")


_MESSAGE_TYPES = {
    "id": "uuid",
    "shop": "text",
    "order_id": "text",
    "step": "text",
    "occurrence": "text",
    "parcel": "text",
    "recipient": "text",
    "channel": "text",
    "step_event": "uuid",
    "sequence": "int",
    "buyer_must_act": "boolean",
    "state": "text",
    "reason": "text",
    "not_before": "timestamptz",
    "expires_at": "timestamptz",
    "address": "text",
    "channel_group": "smallint",
    "rank": "smallint",
    "trying_seconds": "int",
    "receipt_seconds": "int",
    "resend_in_doubt": "boolean",
    "person": "bytea",
    "urgency": "text",
    "zone": "text",
    "quiet_begin": "time",
    "quiet_end": "time",
    "quiet_at": "timestamptz",
    "held_until": "timestamptz",
}


async def plan_messages(tx: AsyncConnection, messages: Sequence[NewMessage]) -> list[UUID]:
    """Write what is new; answer the ids written. A message that exists already stays as it is."""
    rows = await insert_rows(
        tx, "messages", _MESSAGE_TYPES, [_row(m) for m in messages], then="ON CONFLICT DO NOTHING RETURNING id"
    )
    return [row["id"] for row in rows]


def _row(message: NewMessage) -> dict[str, Any]:
    step, verdict, waits = message.step, message.verdict, message.waits
    return {
        "id": message.id,
        "shop": step.shop,
        "order_id": step.order_id,
        "step": step.step,
        "occurrence": step.occurrence,
        "parcel": message.facts.parcel,
        "recipient": verdict.recipient,
        "channel": verdict.channel,
        "step_event": message.step_event,
        "sequence": step.sequence,
        "buyer_must_act": message.facts.buyer_must_act,
        "state": verdict.state,
        "reason": verdict.reason,
        "not_before": verdict.not_before,
        "expires_at": verdict.expires_at,
        "address": message.address,
        "channel_group": verdict.group,
        "rank": verdict.rank,
        "trying_seconds": int(waits.trying.total_seconds()),
        "receipt_seconds": None if waits.receipt is None else int(waits.receipt.total_seconds()),
        "resend_in_doubt": waits.resend_in_doubt,
        "person": person_of(step.shop, message.address) if message.address is not None else None,
        "urgency": verdict.urgency,
        "zone": verdict.quiet.zone if verdict.quiet else None,
        "quiet_begin": verdict.quiet.begin if verdict.quiet else None,
        "quiet_end": verdict.quiet.end if verdict.quiet else None,
        "quiet_at": verdict.quiet_at,
        "held_until": verdict.held_until,
    }


async def messages_of(tx: AsyncConnection, orders: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[Row]]:
    """All messages of these orders. The sender may move them meanwhile: `change` looks again."""
    keys = sorted(set(orders))
    rows = await fetch(
        tx,
        "SELECT m.id, m.shop, m.order_id, m.step, m.parcel, m.recipient, m.channel, m.sequence, m.buyer_must_act, "
        "m.state FROM messages m "
        "JOIN unnest(CAST(:shops AS text[]), CAST(:ids AS text[])) AS k (shop, order_id) USING (shop, order_id) "
        "ORDER BY m.id",
        shops=[key[0] for key in keys],
        ids=[key[1] for key in keys],
    )
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["shop"], row["order_id"]), []).append(row)
    return found


async def change(
    tx: AsyncConnection, changes: Mapping[UUID, Change], sources: Collection[State] | None = None
) -> list[UUID]:
    """Move messages, each only if its present state allows it, or is one of `sources`. Answers those that moved.

    What becomes unknown is looked into from now on (resolver.py); what ceases to be is not any more.
    """
    moved: list[UUID] = []
    for state in {change.state for change in changes.values()}:
        of_state = sorted(item for item in changes.items() if item[1].state is state)
        rows = await fetch(
            tx,
            "UPDATE messages m SET state = :state, reason = k.reason, changed_at = clock_timestamp(), "
            f"lease_until = NULL, {doubt_of(state)}, "
            "provider_message_id = CASE WHEN m.erased_at IS NULL OR m.channel <> 'whatsapp' "
            "THEN coalesce(k.provider_message_id, m.provider_message_id) END "  # WhatsApp's id holds the phone number
            "FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[]), CAST(:provider_ids AS text[])) "
            "AS k (id, reason, provider_message_id) "
            "WHERE m.id = k.id AND m.state = ANY(CAST(:sources AS text[])) RETURNING m.id",
            state=state,
            ids=[message for message, _ in of_state],
            reasons=[change.reason for _, change in of_state],
            provider_ids=[change.provider_message_id for _, change in of_state],
            sources=sorted(sources_of(state) if sources is None else sources),
        )
        moved.extend(row["id"] for row in rows)
    return moved


def doubt_of(state: State) -> str:
    """What a change to this state makes of a message's doubt, as SQL. It counts from the first time."""
    if state is State.UNKNOWN:
        return "doubt_since = coalesce(m.doubt_since, clock_timestamp()), doubt_at = clock_timestamp()"
    return "doubt_at = NULL"


async def thaw(tx: AsyncConnection, ids: Iterable[UUID]) -> list[UUID]:
    """Frozen messages that nobody has tried yet are planned again, to be written anew. Answers those."""
    rows = await fetch(
        tx,
        "UPDATE messages SET state = 'planned', request = NULL, request_sha256 = NULL, language = NULL, "
        "provider = NULL, changed_at = clock_timestamp() "
        "WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'frozen' AND tried_at IS NULL RETURNING id",
        ids=sorted(set(ids)),
    )
    return [row["id"] for row in rows]


async def tell(tx: AsyncConnection, ids: Iterable[UUID]) -> None:
    """Publish what these messages are at now, with the transaction that brought them there."""
    rows = await fetch(
        tx,
        "SELECT m.*, s.traceparent FROM messages m JOIN steps s ON s.event_id = m.step_event "
        "WHERE m.id = ANY(CAST(:ids AS uuid[])) ORDER BY m.sequence, m.id",
        ids=sorted(set(ids)),
    )
    told = [row for row in rows if State(row["state"]) in VERDICT_OF]
    await append(tx, [_outgoing(row) for row in told])
    verdicts.note(told)


def _outgoing(row: Row) -> Outgoing:
    outcome = MessageOutcome(
        shop=row["shop"],
        order_id=row["order_id"],
        message=row["id"],
        step=row["step"],
        occurrence=row["occurrence"],
        parcel=row["parcel"] or None,
        recipient=row["recipient"],
        channel=row["channel"],
        verdict=VERDICT_OF[State(row["state"])],
        reason=row["reason"],
        occurred_at=row["changed_at"],
        language=row["language"],
        provider=row["provider"],
        caused_by=row["step_event"],
    )
    return Outgoing.of(
        NOTIFIER_OUTCOMES,
        outcome,
        key=outcome.key,
        id=outcome.event_id,
        time=outcome.occurred_at,
        source=SOURCE,
        traceparent=spans.created(NOTIFIER_OUTCOMES.name, row["traceparent"]),
    )
