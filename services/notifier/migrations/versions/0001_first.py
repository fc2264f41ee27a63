"""The ledger of messages, the steps they tell of, and the tables of messaging.

Revision 0001
"""

from alembic import op

from shared.messaging.tables import MESSAGING_V1

revision = "0001"
down_revision = None


TABLES = (
    """
    CREATE TABLE steps (
        event_id     uuid        PRIMARY KEY,
        shop         text        NOT NULL,
        order_id     text        NOT NULL,
        step         jsonb       NOT NULL,
        traceparent  text,
        taken_at     timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE messages (
        id                   uuid        PRIMARY KEY,
        shop                 text        NOT NULL,
        order_id             text        NOT NULL,
        step                 text        NOT NULL,
        occurrence           text        NOT NULL,
        parcel               text        NOT NULL,
        recipient            text        NOT NULL,
        channel              text        NOT NULL,
        step_event           uuid        NOT NULL REFERENCES steps,
        sequence             integer     NOT NULL,
        buyer_must_act       boolean     NOT NULL,
        state                text        NOT NULL,
        reason               text        NOT NULL,
        epoch                integer     NOT NULL DEFAULT 0,
        attempts             integer     NOT NULL DEFAULT 0,
        lease_until          timestamptz,
        tried_at             timestamptz,
        not_before           timestamptz NOT NULL,
        expires_at           timestamptz NOT NULL,
        address              text,
        language             text,
        request              bytea,
        request_sha256       text,
        provider             text,
        provider_message_id  text,
        planned_at           timestamptz NOT NULL DEFAULT now(),
        changed_at           timestamptz NOT NULL DEFAULT now(),
        UNIQUE (shop, order_id, step, occurrence, parcel, recipient, channel)
    ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)
    """,
    """
    CREATE INDEX messages_due ON messages (channel, not_before)
        WHERE state IN ('planned', 'frozen')
    """,
    """
    CREATE INDEX messages_gate ON messages (shop, order_id, recipient, channel, sequence)
        WHERE state IN ('planned', 'frozen', 'claimed', 'in_flight', 'unknown')
    """,
    "CREATE INDEX messages_leased ON messages (lease_until) WHERE state IN ('claimed', 'in_flight')",
    "CREATE INDEX messages_unknown ON messages (changed_at) WHERE state = 'unknown'",
    "CREATE INDEX messages_provider ON messages (provider, provider_message_id) WHERE provider_message_id IS NOT NULL",
)


def upgrade() -> None:
    for statement in (*MESSAGING_V1, *TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is never taken back: it is what keeps messages from being sent twice")
