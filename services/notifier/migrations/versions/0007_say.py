"""The waiting messages of one person, and those that quiet hours reach, are found by index.

Revision 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"

CONCURRENT_INDEXES = {
    "messages_person": "ON messages (shop, person) WHERE state IN ('planned', 'frozen', 'claimed', 'standby')",
    "messages_quiet": "ON messages (quiet_at) WHERE state IN ('planned', 'frozen') AND quiet_at IS NOT NULL",
}


def upgrade() -> None:
    """The indexes are all there is to it: they need the columns of the revision before."""


def downgrade() -> None:
    for index in CONCURRENT_INDEXES:
        op.execute(f"DROP INDEX {index}")
