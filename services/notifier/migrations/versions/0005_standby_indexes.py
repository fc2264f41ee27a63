"""Finds what stands by, is tried in vain, owes its receipt or is in doubt, and who was written to just now.

Revision 0005
"""

revision = "0005"
down_revision = "0004"

CONCURRENT_INDEXES = {
    "messages_standby": "ON messages (shop, order_id) WHERE state = 'standby'",
    "messages_tried": "ON messages (tried_at) WHERE state IN ('planned', 'frozen') AND tried_at IS NOT NULL",
    "messages_unheard": "ON messages (changed_at) WHERE state = 'accepted' AND receipt_seconds IS NOT NULL AND NOT given_up",
    "messages_in_doubt": "ON messages (doubt_at) WHERE state = 'unknown' AND doubt_at IS NOT NULL",
    "messages_recipient": "ON messages (channel, address, last_tried_at) WHERE last_tried_at IS NOT NULL",
}


def upgrade() -> None:
    """The indexes alone: they stand on the columns of the revision before."""


def downgrade() -> None:
    raise NotImplementedError("a ledger is never taken back: it is what keeps messages from being sent twice")
