"""Facts become rows of a timeline partitioned by time; orders keep a checkpoint of their fold instead of their facts.

Revision 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"

TIMELINE = (
    """
    CREATE TABLE timeline (
        carrier      text        NOT NULL,
        reference    text        NOT NULL,
        occurred_at  timestamptz NOT NULL,
        event_id     uuid        NOT NULL,
        digest       bytea       NOT NULL,
        heard_at     timestamptz,
        fact         jsonb       NOT NULL,
        PRIMARY KEY (carrier, reference, occurred_at, event_id, digest)
    ) PARTITION BY RANGE (occurred_at)
    """,
    "CREATE TABLE timeline_default PARTITION OF timeline DEFAULT",
    """
    INSERT INTO timeline (carrier, reference, occurred_at, event_id, digest, fact)
    SELECT p.carrier, p.reference, (f.fact ->> 'at')::timestamptz, (f.fact ->> 'id')::uuid,
        substring(sha256(convert_to(f.fact::text, 'UTF8')) FROM 1 FOR 8), f.fact - 'at' - 'id'
    FROM parcels p CROSS JOIN LATERAL jsonb_array_elements(p.facts) AS f (fact)
    ON CONFLICT DO NOTHING
    """,
)

PARCELS = (
    "ALTER TABLE parcels ADD COLUMN parked boolean NOT NULL DEFAULT false",
    """
    UPDATE parcels p SET parked = true WHERE NOT EXISTS (
        SELECT 1 FROM order_parcels l WHERE l.carrier = p.carrier AND l.reference = p.reference)
    """,
    "ALTER TABLE parcels DROP COLUMN facts",
    "CREATE INDEX parcels_parked ON parcels (carrier, reference) WHERE parked",
)

ORDERS = (
    "ALTER TABLE snapshots ADD COLUMN document jsonb",
    # The one that stands: the highest sequence, and under one sequence what was said first (domain/snapshot.py).
    """
    UPDATE snapshots s SET document = o.snapshot FROM orders o
    WHERE o.shop = s.shop AND o.order_id = s.order_id AND (s.sequence, s.digest) = (
        SELECT t.sequence, t.digest FROM snapshots t WHERE t.shop = s.shop AND t.order_id = s.order_id
        ORDER BY t.sequence DESC, t.said_at, t.digest LIMIT 1)
    """,
    """
    ALTER TABLE orders
        ADD COLUMN late boolean NOT NULL DEFAULT false,
        ADD COLUMN email text,
        ADD COLUMN phone text,
        ADD COLUMN basis text,
        ADD COLUMN fold text
    """,
    """
    UPDATE orders SET email = lower(snapshot #>> '{buyer,email}'), phone = snapshot #>> '{buyer,phone}',
        late = finished_at IS NULL AND time_facts <> '[]'
    """,
    "ALTER TABLE orders DROP COLUMN snapshot, DROP COLUMN time_facts",
    "ALTER TABLE order_parcels DROP COLUMN state",
    # State changes with each scan and none of the indexed columns does: with room on the page no index is touched.
    "ALTER TABLE orders SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)",
    "ALTER TABLE order_parcels SET (fillfactor = 80)",
    "CREATE INDEX orders_email ON orders (email, shop) WHERE email IS NOT NULL",
    "CREATE INDEX orders_phone ON orders (phone, shop) WHERE phone IS NOT NULL",
    "CREATE INDEX orders_late ON orders (shop, placed_at DESC, order_id) WHERE late",
)


def upgrade() -> None:
    for statement in (*TIMELINE, *PARCELS, *ORDERS):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("state is rebuilt from Kafka or a backup, never migrated down")
