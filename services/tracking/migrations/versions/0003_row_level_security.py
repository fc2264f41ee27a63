"""Shops are kept apart by the database too: whoever reads in the role `hito_tenant` sees the shop in `hito.shop` alone.

The owner of the tables (intake, relay, watch, operators) is not restricted. The role belongs to the whole server, so it may
be there already, and other databases may be making it at this very moment.

Revision 0003
"""

from alembic import op
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.settings import BrokenConfiguration

revision = "0003"
down_revision = "0002"

NOT_ALLOWED = "42501"

OF_A_SHOP = ("orders", "order_parcels", "snapshots", "steps", "messages")
OF_A_PARCEL = ("parcels", "timeline")
"""Visible to every shop with an order that names the parcel."""

ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hito_tenant') THEN
        CREATE ROLE hito_tenant NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$
"""
MAY_BECOME = """
SELECT pg_has_role('hito_tenant',
                   CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
"""
MEMBER = """
DO $$ BEGIN
    GRANT hito_tenant TO CURRENT_USER;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$
"""
SHOP = "current_setting('hito.shop', true)"


def upgrade() -> None:
    _ensure_role()
    op.execute(f'GRANT USAGE ON SCHEMA "{_schema()}" TO hito_tenant')
    for table in OF_A_SHOP:
        _open(table, f"shop = {SHOP}")
    for table in OF_A_PARCEL:
        of_the_shop = f"l.carrier = {table}.carrier AND l.reference = {table}.reference AND l.shop = {SHOP}"
        _open(table, f"EXISTS (SELECT FROM order_parcels l WHERE {of_the_shop})")


def _ensure_role() -> None:
    connection = op.get_bind()
    try:
        with connection.begin_nested():
            op.execute(ROLE)
            if not connection.execute(text(MAY_BECOME)).scalar_one():
                op.execute(MEMBER)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != NOT_ALLOWED:
            raise
        user = connection.execute(text("SELECT quote_ident(current_user)")).scalar_one()
        raise BrokenConfiguration(
            "database: row-level security needs the role hito_tenant and this user may not make it; let a superuser of "
            f"the server run once: CREATE ROLE hito_tenant NOLOGIN; GRANT hito_tenant TO {user};  (leave out the first "
            "if the role is there), then migrate again"
        ) from error


def _schema() -> str:
    return str(op.get_bind().execute(text("SELECT current_schema()")).scalar_one())


def _open(table: str, visible: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY one_shop ON {table} FOR SELECT TO hito_tenant USING ({visible})")
    op.execute(f"GRANT SELECT ON {table} TO hito_tenant")


def downgrade() -> None:
    raise NotImplementedError("state is rebuilt from Kafka or a backup, never migrated down")
