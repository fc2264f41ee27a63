"""The sender finds what is next by index alone, however many messages wait; and so what has grown too old.

The index before held what is planned and what is frozen together, and not in the order of claims: with some thousand
messages waiting a claim read and sorted them all.

Revision 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"

CONCURRENT_INDEXES = {
    "messages_waiting": "ON messages (state, channel, not_before, sequence, id) WHERE state IN ('planned', 'frozen')",
    "messages_expiring": "ON messages (expires_at) WHERE state IN ('planned', 'frozen')",
}


def upgrade() -> None:
    op.execute("DROP INDEX messages_due")


def downgrade() -> None:
    op.execute("CREATE INDEX messages_due ON messages (channel, not_before) WHERE state IN ('planned', 'frozen')")
    for index in CONCURRENT_INDEXES:
        op.execute(f"DROP INDEX {index}")
