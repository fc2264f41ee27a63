"""Orders with all their snapshots, parcels with all their facts, what was told, and the tables of messaging.

Revision 0001
"""

from alembic import op

from shared.messaging.tables import MESSAGING_V1

revision = "0001"
down_revision = None

TABLES = (
    """
    CREATE TABLE orders (
        shop            text        NOT NULL,
        order_id        text        NOT NULL,
        snapshot        jsonb,
        state           text        NOT NULL DEFAULT 'placed',
        time_facts      jsonb       NOT NULL DEFAULT '[]',
        steps_announced integer     NOT NULL DEFAULT 0,
        token_hash      bytea       NOT NULL,
        placed_at       timestamptz,
        finished_at     timestamptz,
        check_at        timestamptz,
        PRIMARY KEY (shop, order_id)
    )
    """,
    "CREATE UNIQUE INDEX orders_token ON orders (token_hash)",
    "CREATE INDEX orders_check ON orders (check_at) WHERE check_at IS NOT NULL",
    "CREATE INDEX orders_newest ON orders (shop, placed_at DESC, order_id)",
    """
    CREATE TABLE parcels (
        carrier    text  NOT NULL,
        reference  text  NOT NULL,
        facts      jsonb NOT NULL DEFAULT '[]',
        PRIMARY KEY (carrier, reference)
    )
    """,
    """
    CREATE TABLE order_parcels (
        shop       text    NOT NULL,
        order_id   text    NOT NULL,
        carrier    text    NOT NULL,
        reference  text    NOT NULL,
        position   integer NOT NULL,
        stage      text,
        condition  text,
        state      jsonb,
        PRIMARY KEY (shop, order_id, carrier, reference),
        FOREIGN KEY (shop, order_id) REFERENCES orders
    )
    """,
    "CREATE INDEX order_parcels_parcel ON order_parcels (carrier, reference)",
    """
    CREATE TABLE steps (
        shop         text        NOT NULL,
        order_id     text        NOT NULL,
        step         text        NOT NULL,
        occurrence   text        NOT NULL,
        parcel       text        NOT NULL,
        sequence     integer     NOT NULL,
        occurred_at  timestamptz NOT NULL,
        still_true   boolean     NOT NULL,
        event_id     uuid        NOT NULL,
        caused_by    uuid,
        PRIMARY KEY (shop, order_id, step, occurrence, parcel)
    )
    """,
    """
    CREATE TABLE snapshots (
        shop      text        NOT NULL,
        order_id  text        NOT NULL,
        sequence  bigint      NOT NULL,
        digest    text        NOT NULL,
        event_id  uuid        NOT NULL,
        said_at   timestamptz NOT NULL,
        fact      jsonb       NOT NULL,
        PRIMARY KEY (shop, order_id, sequence, digest)
    )
    """,
    """
    CREATE TABLE messages (
        shop         text        NOT NULL,
        order_id     text        NOT NULL,
        message      uuid        NOT NULL,
        step         text        NOT NULL,
        occurrence   text        NOT NULL,
        parcel       text,
        recipient    text        NOT NULL,
        channel      text        NOT NULL,
        verdict      text        NOT NULL,
        reason       text        NOT NULL,
        language     text,
        provider     text,
        occurred_at  timestamptz NOT NULL,
        caused_by    uuid,
        PRIMARY KEY (shop, order_id, message)
    )
    """,
    """
    CREATE TABLE unmapped_codes (
        carrier     text        NOT NULL,
        code        text        NOT NULL,
        sample      text,
        seen        bigint      NOT NULL DEFAULT 0,
        first_seen  timestamptz NOT NULL,
        last_seen   timestamptz NOT NULL,
        PRIMARY KEY (carrier, code)
    )
    """,
    "CREATE TABLE carrier_directory (id text PRIMARY KEY, entry jsonb NOT NULL)",
)


def upgrade() -> None:
    for statement in (*MESSAGING_V1, *TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("state is rebuilt from Kafka or a backup, never migrated down")
