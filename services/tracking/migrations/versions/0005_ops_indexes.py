"""Every queue of the operators and every search is found by an index, however many orders there are.

Revision 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    "CREATE INDEX orders_stuck ON orders (placed_at, shop, order_id) WHERE finished_at IS NULL AND check_at IS NULL",
    "CREATE INDEX orders_newest_of_all ON orders (placed_at DESC, shop, order_id)",
    "CREATE INDEX orders_number ON orders (order_id)",
    "CREATE INDEX order_parcels_reference ON order_parcels (reference)",
    "CREATE INDEX dead_letters_waiting ON dead_letters (id) WHERE replayed_at IS NULL",
    "ALTER TABLE snapshots ADD COLUMN contested boolean NOT NULL DEFAULT false",
    """
    UPDATE snapshots s SET contested = true FROM (
        SELECT shop, order_id, sequence FROM snapshots GROUP BY shop, order_id, sequence HAVING count(*) > 1) AS c
    WHERE s.shop = c.shop AND s.order_id = c.order_id AND s.sequence = c.sequence
    """,
    "CREATE INDEX snapshots_contested ON snapshots (shop, order_id, sequence) WHERE contested",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("state is rebuilt from Kafka or a backup, never migrated down")
