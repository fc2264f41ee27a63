"""How much was told by phone today, of each shop: the caps against pumping count it.

Revision 0009
"""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = (
    """
    CREATE TABLE phone_counts (
        shop    text  NOT NULL,
        day     date  NOT NULL,
        bucket  text  NOT NULL,
        taken   int   NOT NULL,
        PRIMARY KEY (shop, day, bucket)
    )
    """,
    "CREATE INDEX phone_counts_day ON phone_counts (day)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE phone_counts")
