"""What buyers said about being told, addresses that reach nobody, and when a message may leave.

Revision 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    """
    ALTER TABLE messages
        ADD COLUMN person bytea,
        ADD COLUMN urgency text NOT NULL DEFAULT 'normal',
        ADD COLUMN zone text,
        ADD COLUMN quiet_begin time,
        ADD COLUMN quiet_end time,
        ADD COLUMN quiet_at timestamptz
    """,
    """
    CREATE TABLE consents (
        id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        shop      text        NOT NULL,
        person    bytea       NOT NULL,
        channel   text        NOT NULL,
        purpose   text        NOT NULL,
        state     text        NOT NULL,
        source    text        NOT NULL,
        at        timestamptz NOT NULL,
        order_id  text,
        noted_at  timestamptz NOT NULL DEFAULT now(),
        UNIQUE (shop, person, channel, purpose, state, source, at, order_id)
    )
    """,
    "CREATE INDEX consents_order ON consents (shop, order_id) WHERE order_id IS NOT NULL",
    "CREATE INDEX consents_old ON consents (noted_at)",
    """
    CREATE TABLE languages_chosen (
        shop      text        NOT NULL,
        person    bytea       NOT NULL,
        language  text        NOT NULL,
        order_id  text        NOT NULL,
        at        timestamptz NOT NULL,
        PRIMARY KEY (shop, person)
    )
    """,
    "CREATE INDEX languages_chosen_order ON languages_chosen (shop, order_id)",
    """
    CREATE TABLE preference_links (
        token      text        PRIMARY KEY,
        shop       text        NOT NULL,
        order_id   text        NOT NULL,
        recipient  text        NOT NULL,
        told_at    timestamptz NOT NULL,
        UNIQUE (shop, order_id, recipient)
    )
    """,
    "CREATE INDEX preference_links_old ON preference_links (told_at)",
    """
    CREATE TABLE unreachable (
        channel  text        NOT NULL,
        address  bytea       NOT NULL,
        reason   text        NOT NULL,
        until    timestamptz NOT NULL,
        PRIMARY KEY (channel, address)
    )
    """,
    "CREATE INDEX unreachable_until ON unreachable (until)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what a buyer does not want to hear is never forgotten by going back")
