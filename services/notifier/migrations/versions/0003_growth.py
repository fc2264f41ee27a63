"""When an event was taken in, so that old months of the inbox can go; steps whose contents may be forgotten.

Revision 0003
"""

from alembic import op

from shared.messaging.tables import MESSAGING_V2

revision = "0003"
down_revision = "0002"

CONCURRENT_INDEXES = {
    "messages_step": "ON messages (step_event)",
    "steps_with_contents": "ON steps (taken_at) WHERE step IS NOT NULL",
    "steps_emptied": "ON steps (taken_at) WHERE step IS NULL",
}


def upgrade() -> None:
    for statement in (*MESSAGING_V2, "ALTER TABLE steps ALTER COLUMN step DROP NOT NULL"):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was forgotten cannot be brought back")
