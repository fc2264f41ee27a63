"""Orders whose buyer's contact was erased, and which messages that emptied.

Revision 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    "ALTER TABLE messages ADD COLUMN erased_at timestamptz",
    "CREATE INDEX steps_order ON steps (shop, order_id)",
    """
    CREATE TABLE erasures (
        shop      text  NOT NULL,
        order_id  text  NOT NULL,
        erased    jsonb NOT NULL,
        PRIMARY KEY (shop, order_id)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was erased is remembered for good: a replay would bring the contact back")
