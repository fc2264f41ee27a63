"""Until when a message waits for what the consumer still has to read, and holds its successors back meanwhile.

Revision 0008
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("ALTER TABLE messages ADD COLUMN held_until timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE messages DROP COLUMN held_until")
