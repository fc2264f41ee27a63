"""Channels that stand by for one another, doubt that is looked into, and the pace of providers.

Revision 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    """
    ALTER TABLE messages
        ADD COLUMN channel_group    smallint    NOT NULL DEFAULT 0,
        ADD COLUMN rank             smallint    NOT NULL DEFAULT 0,
        ADD COLUMN trying_seconds   integer,
        ADD COLUMN receipt_seconds  integer,
        ADD COLUMN resend_in_doubt  boolean     NOT NULL DEFAULT false,
        ADD COLUMN last_tried_at    timestamptz,
        ADD COLUMN doubt_since      timestamptz,
        ADD COLUMN doubt_at         timestamptz,
        ADD COLUMN doubt_rounds     smallint    NOT NULL DEFAULT 0,
        ADD COLUMN given_up         boolean     NOT NULL DEFAULT false,
        ADD COLUMN resent_at        timestamptz
    """,
    """
    CREATE TABLE paces (
        bucket    text         PRIMARY KEY,
        empty_at  timestamptz  NOT NULL DEFAULT '-infinity'
    ) WITH (fillfactor = 50)
    """,
)

def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is never taken back: it is what keeps messages from being sent twice")
