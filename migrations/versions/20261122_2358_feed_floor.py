"""Old changes and old idempotency keys may go; the feed remembers up to where it has gone."""

import sqlalchemy as sa
from alembic import op

revision = "b7e2d94c05a1"
down_revision = "8c1f6a2b90d4"
branch_labels = None
depends_on = None

AGES = {"feed": ("at", "1 day"), "idempotency_key": ("created_at", "72 hours")}
"""How old a row of a table must be, whatever the hub asks for, before it can be deleted."""


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.add_column(
        "feed_head", sa.Column("floor", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.alter_column("feed_head", "floor", server_default=None)
    for table, (instant, age) in AGES.items():
        op.execute(f"GRANT DELETE ON {table} TO hub_staff")
        op.execute(
            f"CREATE POLICY only_old_rows ON {table} AS RESTRICTIVE FOR DELETE TO hub_staff"
            f" USING ({instant} < now() - interval '{age}')"
        )


def downgrade() -> None:
    """Take back."""
    for table in AGES:
        op.execute(f"DROP POLICY only_old_rows ON {table}")
        op.execute(f"REVOKE DELETE ON {table} FROM hub_staff")
    op.drop_column("feed_head", "floor")
