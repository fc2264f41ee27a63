"""Since when a message is refused for its own sake; what its provider's absence kept from leaving has no such time.

Messages that wait now count as kept by an absence: they are tried as soon as their provider takes any.

Revision 0011
"""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("ALTER TABLE messages ADD COLUMN in_vain_since timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE messages DROP COLUMN in_vain_since")
