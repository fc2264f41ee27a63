"""Orders whose buyer's contact was erased, and the proofs.

Revision 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    "ALTER TABLE orders ADD COLUMN erased_at timestamptz",
    # The notifier's answer may be here before the request it answers: after a rebuild both are replayed, in any order.
    """
    CREATE TABLE erasures (
        shop          text        NOT NULL,
        order_id      text        NOT NULL,
        request       integer     NOT NULL DEFAULT 0,
        requested_at  timestamptz,
        told_at       timestamptz,
        tracking      jsonb,
        notifier      jsonb,
        PRIMARY KEY (shop, order_id)
    )
    """,
    "ALTER TABLE erasures ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY one_shop ON erasures FOR SELECT TO hito_tenant USING (shop = current_setting('hito.shop', true))",
    "GRANT SELECT ON erasures TO hito_tenant",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was erased is remembered for good: a replay would bring the contact back")
