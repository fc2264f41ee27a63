"""What the fault matrix came to: the accept logs of the fakes against the ledger, message by message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sandbox.providers import Accepted
from services.notifier.domain.delivery import VERDICT_OF, State
from shared.contracts.outcomes import MessageOutcome
from shared.contracts.topics import NOTIFIER_OUTCOMES
from shared.database import Database, Row
from tests.support.ledger_moves import allowed
from tests.support.migrated import ask

HEARD = frozenset({State.ACCEPTED, State.DELIVERED, State.READ})
"""What the ledger may only say of a message that the provider took."""
MAY_HAVE_BEEN_HEARD = HEARD | {State.BOUNCED, State.UNKNOWN}
NOT_SENT = frozenset({State.UNKNOWN, State.FAILED, State.EXPIRED, State.SUPERSEDED, State.SUPPRESSED, State.STANDBY})


@dataclass(frozen=True)
class Findings:
    """Each list is empty when all is well, but for `unknown`: those still in doubt, by channel."""

    messages: int
    told_twice: list[str]
    missing: list[str]
    denied: list[str]
    without_reason: list[str]
    verdicts_wrong: list[str]
    moves_not_allowed: list[str]
    unknown: dict[str, list[UUID]]
    ever_unknown: dict[str, set[UUID]]
    heard: set[UUID]
    moves: Counter[tuple[str, str]]

    @property
    def problems(self) -> list[str]:
        return [
            *self.told_twice,
            *self.missing,
            *self.denied,
            *self.without_reason,
            *self.verdicts_wrong,
            *self.moves_not_allowed,
        ]

    def resolved(self, channel: str, but: Collection[UUID] = ()) -> float:
        """Of the messages once in doubt that the provider had taken, the share of which we know by now.

        `but`: messages that do not count.
        """
        taken = (self.ever_unknown.get(channel, set()) & self.heard).difference(but)
        still = set(self.unknown.get(channel, ()))
        return len(taken - still) / len(taken) if taken else 1.0


async def look(database: Database, accepted: list[Accepted]) -> Findings:
    rows = await ask(database, "SELECT id, channel, state, reason FROM messages ORDER BY id")
    moves = await ask(database, "SELECT message, was, became FROM moves ORDER BY nth")
    heard = Counter(entry.message_id for entry in accepted)
    unknown: dict[str, list[UUID]] = {}
    for row in rows:
        if row["state"] == State.UNKNOWN:
            unknown.setdefault(row["channel"], []).append(row["id"])
    channel_of = {row["id"]: row["channel"] for row in rows}
    ever: dict[str, set[UUID]] = {}
    for move in moves:
        if move["became"] == State.UNKNOWN:
            ever.setdefault(channel_of[move["message"]], set()).add(move["message"])
    kinds = Counter((move["was"], move["became"]) for move in moves)
    strangers = [f"nobody's: {entry.to}" for entry in accepted if entry.message_id not in channel_of]
    return Findings(
        messages=len(rows),
        told_twice=[f"told {times} times: {message}" for message, times in heard.items() if times > 1] + strangers,
        missing=[f"missing: {_words(row)}" for row in rows if not heard[row["id"]] and row["state"] not in NOT_SENT],
        denied=[
            f"denied: {_words(row)}" for row in rows if heard[row["id"]] and row["state"] not in MAY_HAVE_BEEN_HEARD
        ],
        without_reason=[f"without a reason: {_words(row)}" for row in rows if not row["reason"]],
        verdicts_wrong=_wrong_verdicts(rows, await _last_told(database)),
        moves_not_allowed=[f"not allowed: {was} -> {became}" for was, became in kinds if not allowed(was, became)],
        unknown=unknown,
        ever_unknown=ever,
        heard={message for message in heard if message is not None},
        moves=kinds,
    )


async def _last_told(database: Database) -> dict[UUID, str]:
    rows = await ask(
        database, "SELECT value FROM outbox WHERE topic = :topic ORDER BY id", topic=NOTIFIER_OUTCOMES.name
    )
    told = (MessageOutcome.model_validate_json(row["value"]) for row in rows)
    return {outcome.message: outcome.verdict.value for outcome in told}


def _wrong_verdicts(rows: list[Row], told: dict[UUID, str]) -> list[str]:
    """What was told of a message last must be what the ledger says of it."""
    return [
        f"told as {told.get(row['id'])}: {_words(row)}"
        for row in rows
        if told.get(row["id"]) != VERDICT_OF[State(row["state"])].value
    ]


def _words(row: Row) -> str:
    return f"{row['channel']} {row['id']} is {row['state']} ({row['reason']})"
