"""For operators: what nobody has mapped, what could not be taken in, what contradicts itself, what stands still.

Never a buyer's data. Every list is paged by cursor: give `next` as `cursor` to go on.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking.api import examples
from services.tracking.api.documented import OPS_KEY, answered, problems
from services.tracking.api.ops_answers import (
    ConflictPage,
    ConsumerLag,
    DeadLetterPage,
    LagAnswer,
    OutboxLag,
    ParkedPage,
    PartitionLagAnswer,
    Replayed,
    StuckPage,
    UnmappedPage,
    UnnamedPage,
)
from services.tracking.api.state import ApiState, state_of
from services.tracking.cursors import LONGEST_CURSOR, read_cursor, write_cursor
from services.tracking.ops import queues
from services.tracking.ops.replay import AlreadyReplayed, NoSuchLetter, Unpublishable, replay
from services.tracking.ops.stuck import OLD, stuck_orders
from shared.api_keys import not_found
from shared.contracts.base import rfc3339
from shared.contracts.topics import TOPICS
from shared.database import Row
from shared.messaging.failures import BrokerAway
from shared.web import Problem

router = APIRouter(prefix="/v1/ops", tags=["ops"])

OURS = frozenset(topic.name for topic in TOPICS if "tracking" in topic.consumers)
"""What tracking reads, and so what a replay may go to."""
LARGEST_ID = 2**63 - 1

Authorization = Annotated[str | None, Header(include_in_schema=False)]
Limit = Annotated[int, Query(ge=1, le=200, description="So many rows at most.")]
Cursor = Annotated[str | None, Query(max_length=LONGEST_CURSOR, description="The `next` of the page before.")]
LISTED = problems(*OPS_KEY, 422)


@contextlib.asynccontextmanager
async def _opened(request: Request, authorization: str | None) -> AsyncIterator[AsyncConnection]:
    api = state_of(request)
    api.keys.open_ops(authorization)
    async with api.database.transaction() as tx:
        yield tx


def _page(name: str, rows: Sequence[Row], limit: int, *place: str) -> dict[str, Any]:
    """One row more than `limit` was asked for: it tells whether there is a next page."""
    shown = rows[:limit]
    following = write_cursor(*(shown[-1][each] for each in place)) if len(rows) > limit else None
    return {name: tuple(shown), "next": following}


@router.get(
    "/unmapped",
    operation_id="listUnmappedCodes",
    summary="Carrier codes that nobody has mapped",
    responses={**answered(examples.UNMAPPED), **LISTED},
)
async def unmapped(
    request: Request, limit: Limit = 100, cursor: Cursor = None, authorization: Authorization = None
) -> UnmappedPage:
    """With the carrier's own words as a sample, how often each came, first and last. The most frequent first."""
    async with _opened(request, authorization) as tx:
        rows = await queues.unmapped_codes(tx, limit + 1, read_cursor(cursor, int, str, str))
    return UnmappedPage(**_page("unmapped", rows, limit, "seen", "carrier", "code"))


@router.get(
    "/dead-letters",
    operation_id="listDeadLetters",
    summary="Messages that could not be taken in",
    responses={**answered(examples.DEAD_LETTERS), **LISTED},
)
async def dead_letters(
    request: Request,
    limit: Limit = 100,
    cursor: Cursor = None,
    waiting: Annotated[bool, Query(description="Only those that nobody has replayed.")] = False,
    authorization: Authorization = None,
) -> DeadLetterPage:
    """Coordinates and reason, newest first; never the bytes, which may be personal."""
    async with _opened(request, authorization) as tx:
        before = read_cursor(cursor, int)
        rows = await queues.dead_letters(tx, limit + 1, before[0] if before else None, waiting=waiting)
    return DeadLetterPage(**_page("dead_letters", rows, limit, "id"))


@router.post(
    "/dead-letters/{id}/replay",
    status_code=202,
    operation_id="replayDeadLetter",
    summary="Take a dead letter in again",
    responses={**answered(examples.REPLAYED, 202), **problems(*OPS_KEY, 404, 409, 422)},
)
async def replay_letter(
    request: Request,
    id: Annotated[int, Path(ge=1, le=LARGEST_ID)],
    again: Annotated[bool, Query(description="Although it was replayed before.")] = False,
    authorization: Authorization = None,
) -> Replayed:
    """Its bytes and headers go back to the topic they came from, once, after what made it fail was mended.

    409 when it was replayed before (unless `again`) or when no broker would take it.
    """
    async with _opened(request, authorization) as tx:
        return Replayed(**await replay_or_say_why_not(tx, id, again=again))


async def replay_or_say_why_not(tx: AsyncConnection, letter: int, *, again: bool) -> Row:
    """Raises Problem 404 or 409; then nothing has changed."""
    try:
        return await replay(tx, letter, OURS, again=again)
    except NoSuchLetter as error:
        raise not_found() from error
    except AlreadyReplayed as error:
        detail = f"replayed at {rfc3339(error.at)}; ask with `again=true` if that is meant"
        raise Problem(409, "Already replayed", detail) from error
    except Unpublishable as error:
        raise Problem(409, "Cannot be published", f"{error}; its bytes stay in the database") from error


@router.get(
    "/stuck",
    operation_id="listStuckOrders",
    summary="Orders that nothing will move by itself",
    responses={**answered(examples.STUCK), **LISTED},
)
async def stuck(
    request: Request,
    days: Annotated[int, Query(ge=0, le=3650, description="Placed at least so many days ago.")] = OLD.days,
    limit: Limit = 100,
    cursor: Cursor = None,
    authorization: Authorization = None,
) -> StuckPage:
    """Neither finished nor watched: the last step told and what would move each. The oldest first."""
    before = datetime.now(UTC) - timedelta(days=days)
    async with _opened(request, authorization) as tx:
        rows = await stuck_orders(tx, before, limit + 1, read_cursor(cursor, datetime, str, str))
    return StuckPage(**_page("stuck", rows, limit, "placed_at", "shop", "order_id"))


@router.get(
    "/conflicts",
    operation_id="listConflicts",
    summary="Orders told twice under one sequence",
    responses={**answered(examples.CONFLICTS), **LISTED},
)
async def conflicts(
    request: Request, limit: Limit = 100, cursor: Cursor = None, authorization: Authorization = None
) -> ConflictPage:
    """A shop told different things under one sequence; what was said first stands. The latest first."""
    async with _opened(request, authorization) as tx:
        rows = await queues.conflicts(tx, limit + 1, read_cursor(cursor, datetime, str, str, int))
    return ConflictPage(**_page("conflicts", rows, limit, "last_said_at", "shop", "order_id", "sequence"))


@router.get(
    "/parked",
    operation_id="listParkedParcels",
    summary="Parcels without an order",
    responses={**answered(examples.PARKED), **LISTED},
)
async def parked(
    request: Request, limit: Limit = 100, cursor: Cursor = None, authorization: Authorization = None
) -> ParkedPage:
    """They have scans, and no shop has named them yet. Applied as soon as one does."""
    async with _opened(request, authorization) as tx:
        rows = await queues.parked_parcels(tx, limit + 1, read_cursor(cursor, str, str))
    return ParkedPage(**_page("parked", rows, limit, "carrier", "reference"))


@router.get(
    "/unnamed",
    operation_id="listUnnamedParcels",
    summary="Parcels of which nobody knows the carrier",
    responses={**answered(examples.UNNAMED), **LISTED},
)
async def unnamed(
    request: Request, limit: Limit = 100, cursor: Cursor = None, authorization: Authorization = None
) -> UnnamedPage:
    """Their buyers hear nothing of them until a carrier speaks of them or the shop names it."""
    async with _opened(request, authorization) as tx:
        rows = await queues.unnamed_parcels(tx, limit + 1, read_cursor(cursor, str, str, str))
    return UnnamedPage(**_page("unnamed", rows, limit, "reference", "shop", "order_id"))


@router.get(
    "/lag",
    operation_id="readLag",
    summary="What is waiting, and where",
    responses={**answered(examples.LAG), **problems(*OPS_KEY)},
)
async def lag(request: Request, authorization: Authorization = None) -> LagAnswer:
    """In the outbox, on the broker for our consumers, among dead letters, and parcels without an order.

    While the broker is away `consumers` is null and `consumers_unknown` says why.
    """
    async with _opened(request, authorization) as tx:
        unpublished, oldest_seconds = await queues.outbox_backlog(tx)
        letters, parcels = await queues.count_dead_letters(tx), await queues.count_parked(tx)
    consumers, unknown = await _consumer_lag(state_of(request))
    return LagAnswer(
        outbox=OutboxLag(unpublished=unpublished, oldest_seconds=oldest_seconds),
        consumers=consumers,
        consumers_unknown=unknown,
        dead_letters_waiting=letters,
        parked_parcels=parcels,
    )


async def _consumer_lag(api: ApiState) -> tuple[ConsumerLag | None, str | None]:
    try:
        found = await api.group_lag.ask()
    except BrokerAway as error:
        return None, f"the broker is away: {error}"
    partitions = tuple(
        PartitionLagAnswer(topic=p.topic, partition=p.partition, committed=p.committed, end=p.end, lag=p.lag)
        for p in found
    )
    return ConsumerLag(group=api.group_lag.group, total=sum(p.lag for p in found), partitions=partitions), None
