"""The tables that messaging needs in each service's own database, as SQL that migrations execute.

A released version is never edited: what comes later is a V2 with its own ALTERs.
"""

from __future__ import annotations

MESSAGING_V1 = (
    """
    CREATE TABLE inbox (
        topic       text        NOT NULL,
        event_id    uuid        NOT NULL,
        event_time  timestamptz NOT NULL,
        digest      bytea       NOT NULL,
        PRIMARY KEY (topic, event_id, event_time)
    ) PARTITION BY RANGE (event_time)
    """,
    "CREATE TABLE inbox_default PARTITION OF inbox DEFAULT",
    """
    CREATE TABLE outbox (
        id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        topic         text        NOT NULL,
        key           bytea,
        value         bytea,
        headers       text        NOT NULL,
        created_at    timestamptz NOT NULL DEFAULT now(),
        published_at  timestamptz
    ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)
    """,
    "CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL",
    "CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL",
    """
    CREATE TABLE dead_letters (
        id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        topic        text        NOT NULL,
        partition    integer     NOT NULL,
        "offset"     bigint      NOT NULL,
        key          bytea,
        value        bytea,
        headers      jsonb       NOT NULL,
        reason       text        NOT NULL,
        handler      text        NOT NULL,
        traceparent  text,
        first_seen   timestamptz NOT NULL DEFAULT now(),
        replayed_at  timestamptz,
        UNIQUE (topic, partition, "offset")
    )
    """,
)

MESSAGING_V2 = (
    # What is claimed already counts as claimed now: it is remembered a little too long, never too short.
    "ALTER TABLE inbox ADD COLUMN claimed_at timestamptz NOT NULL DEFAULT now()",
    "CREATE INDEX inbox_default_claimed ON inbox_default (claimed_at)",
)

MESSAGING = (*MESSAGING_V1, *MESSAGING_V2)
"""All of it, for a database that has none yet and no migrations of its own."""
