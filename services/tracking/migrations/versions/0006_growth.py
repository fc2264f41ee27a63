"""When an event was taken in, so that old months of the inbox can go; and up to which day orders are forgotten.

Revision 0006
"""

from alembic import op

from shared.messaging.tables import MESSAGING_V2

revision = "0006"
down_revision = "0005"

TABLES = (
    """
    CREATE TABLE forgotten (
        shop          text        PRIMARY KEY,
        placed_until  timestamptz NOT NULL,
        raised_at     timestamptz NOT NULL
    )
    """,
    "ALTER TABLE forgotten ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY one_shop ON forgotten FOR SELECT TO hito_tenant USING (shop = current_setting('hito.shop', true))",
    "GRANT SELECT ON forgotten TO hito_tenant",
)


def upgrade() -> None:
    for statement in (*MESSAGING_V2, *TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was forgotten would be told again")
