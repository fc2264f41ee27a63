"""When an event was taken in, so that old months of the inbox can go; and up to which day orders are forgotten.

Revision 0006
"""

from alembic import op

from shared.messaging.tables import MESSAGING_V2

revision = "0006"
down_revision = "0002"

TABLES = (
    """
    CREATE TABLE forgotten (
        shop          text        PRIMARY KEY,
        placed_until  timestamptz NOT NULL,
        raised_at     timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    for statement in (*MESSAGING_V2, *TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was forgotten would be told again")
