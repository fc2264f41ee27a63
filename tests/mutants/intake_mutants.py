"""Mutants of what takes facts in and keeps shops apart: the gateway, tracking, and messaging between the services."""

from __future__ import annotations

from tests.mutants.mutant import Edit, Mutant

CONSUME = "shared/messaging/consume.py"
OUTBOX = "shared/messaging/outbox.py"
HANDLERS = "services/tracking/handlers.py"
NEVER_TOLD = frozenset({"durability.lost", "loss.verdict", "state.step"})

INTAKE_MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "offsets before effects",
        "offsets are never ahead of what is in the database",
        (
            Edit(
                CONSUME,
                "await self._settle(records, batch.decoded)\n",
                "await self._subscription.commit(records), await self._settle(records, batch.decoded)\n",
            ),
        ),
        "tracking falters",
        NEVER_TOLD,
    ),
    Mutant(
        "a batch that fails is skipped",
        "a batch that cannot be taken in is tried again, and its culprit buried alone",
        (Edit(CONSUME, "                tries += 1\n", "                return\n"),),
        "tracking falters",
        NEVER_TOLD,
    ),
    Mutant(
        "outbox read by its ids",
        "what a transaction decided is published, however late it commits",
        (
            Edit(
                OUTBOX,
                """"FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT :batch",
            batch=BATCH,
""",
                """"FROM outbox WHERE id > :last ORDER BY id LIMIT :batch",
            batch=BATCH,
            last=self.__dict__.get("last", 0),
""",
            ),
            Edit(
                OUTBOX,
                'ids = [row["id"] for row in rows]\n',
                'ids = [row["id"] for row in rows]\n            self.__dict__["last"] = ids[-1]\n',
            ),
        ),
        "the sender commits late",
        frozenset({"loss.undecided", "loss.lost", "receipts.unheard", "loss.denied"}),
    ),
    Mutant(
        "marked before it is published",
        "what is marked as published was acknowledged by the broker",
        (
            Edit(OUTBOX, '            failpoint("relay.before_mark")\n', ""),
            Edit(
                OUTBOX,
                '            failpoint("relay.after_select")\n',
                """            marked = [row["id"] for row in rows]
            await run(connection, "UPDATE outbox SET published_at = now() WHERE id = ANY(:ids)", ids=marked)
            failpoint("relay.before_mark")
""",
            ),
        ),
        "the relay dies",
        frozenset({"loss.verdict"}),
    ),
    Mutant(
        "dead letters swallowed",
        "what cannot be taken in is kept as a dead letter with its place",
        (Edit(CONSUME, "await bury(tx, decoded.dead, ", "await bury(tx, [], "),),
        "an ordinary day",
        frozenset({"dead_letters.once"}),
    ),
    Mutant(
        "scans that come early are dropped",
        "a scan that comes before its order waits for it",
        (
            Edit(
                HANDLERS,
                "    touched = new.named | set(new.scans)\n",
                """    known = await store.orders_of(tx, new.scans) if new.scans else {}
    new.scans = {key: scans for key, scans in new.scans.items() if key in known or key in new.named}
    touched = new.named | set(new.scans)
""",
            ),
        ),
        "an ordinary day",
        frozenset({"durability.lost"}),
    ),
    Mutant(
        "what arrives last is true",
        "the state of an order depends on what happened, not on the order of arrival",
        (
            Edit(
                "services/tracking/domain/snapshot.py",
                "    return reduce(lambda a, b: b if newer(b, a) else a, snapshots)\n",
                "    return snapshots[-1]\n",
            ),
        ),
        "an ordinary day",
        frozenset({"state.order", "state.parcel"}),
    ),
    Mutant(
        "any shop reads any order",
        "a shop reads its own orders alone: by every query, and by row-level security behind them",
        (
            Edit(
                "services/tracking/queries.py",
                '_OF_ORDER = "WHERE shop = :shop AND order_id = :order_id"\n',
                """_OF_ORDER = "WHERE coalesce(:shop, '') = coalesce(:shop, '') AND order_id = :order_id"\n""",
            ),
            Edit(
                "services/tracking/migrations/versions/0003_row_level_security.py",
                "USING ({visible})",
                "USING (true)",
            ),
        ),
        "an ordinary day",
        frozenset({"tenants.seen"}),
    ),
    Mutant(
        "202 before the broker has it",
        "a carrier hears 202 after the broker has its events",
        (
            Edit(
                "services/carrier_gateway/webhooks.py",
                "            accepted = await announce(publisher, parsed.events, clock())\n",
                """            accepted = len(parsed.events)
            loop = asyncio.get_running_loop()
            loop.call_later(0.2, lambda: loop.create_task(announce(publisher, parsed.events, clock())))
""",
            ),
        ),
        "the gateway dies",
        frozenset({"durability.lost"}),
    ),
)
