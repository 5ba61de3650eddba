"""Deletions say why; a line of a ledger is offered to another organisation, or merged."""

import sqlalchemy as sa
from alembic import op

revision = "7d3b90f4e1a6"
down_revision = "c81d5e07fa36"
branch_labels = None
depends_on = None

CALLER = "nullif(current_setting('app.org', true), '')::uuid"
REASONS = "'RETIRED', 'MERGED', 'PERMISSION_LOST'"
LOGS = ("inbox", "feed")
LINKED = "instrument_id, version, updated_at"
"""The columns of a certificate that its client may write: of which line of the ledger it is."""
OWN_STANDARD = f"""
EXISTS (SELECT FROM measurement_standard s WHERE s.id = standard_id AND s.owner_id = {CALLER})
"""


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL lock_timeout = '4s'")
    for table in LOGS:
        op.add_column(table, sa.Column("reason", sa.String(32), nullable=True))
        op.add_column(table, sa.Column("merged_into_id", sa.Uuid(), nullable=True))
        op.create_check_constraint(
            op.f(f"ck_{table}_changereason"), table, f"reason IN ({REASONS})"
        )
    op.add_column("instrument", sa.Column("offered_to_id", sa.Uuid(), nullable=True))
    op.add_column("instrument", sa.Column("merged_into_id", sa.Uuid(), nullable=True))
    for column, table in (("offered_to_id", "organization"), ("merged_into_id", "instrument")):
        name = op.f(f"fk_instrument_{column}")
        op.create_foreign_key(name, "instrument", table, [column], ["id"])
    op.create_index(
        "ix_instrument_offered_to_id",
        "instrument",
        ["offered_to_id", "id"],
        postgresql_where=sa.text("offered_to_id IS NOT NULL"),
    )
    allow_merge()


def allow_merge() -> None:
    """What refers to one line of a ledger may be made to refer to another of the same owner."""
    op.execute(f"GRANT UPDATE ({LINKED}) ON certificate TO hub_app")
    op.execute("ALTER TABLE standard_instrument ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY staff_rows ON standard_instrument TO hub_staff USING (true)")
    op.execute("CREATE POLICY every_row ON standard_instrument FOR SELECT TO hub_app USING (true)")
    op.execute(
        f"CREATE POLICY own_rows ON standard_instrument FOR UPDATE TO hub_app"
        f" USING ({OWN_STANDARD})"
    )
    op.execute("GRANT UPDATE (instrument_id) ON standard_instrument TO hub_app")
    for role in ("hub_app", "hub_staff"):
        op.execute(f"GRANT UPDATE (object_id) ON external_id TO {role}")


def downgrade() -> None:
    """Take back."""
    for role in ("hub_app", "hub_staff"):
        op.execute(f"REVOKE UPDATE (object_id) ON external_id FROM {role}")
    op.execute("REVOKE UPDATE (instrument_id) ON standard_instrument FROM hub_app")
    for name in ("own_rows", "every_row", "staff_rows"):
        op.execute(f"DROP POLICY {name} ON standard_instrument")
    op.execute("ALTER TABLE standard_instrument DISABLE ROW LEVEL SECURITY")
    op.execute(f"REVOKE UPDATE ({LINKED}) ON certificate FROM hub_app")
    op.drop_index("ix_instrument_offered_to_id", "instrument")
    for column in ("merged_into_id", "offered_to_id"):
        op.drop_column("instrument", column)
    for table in LOGS:
        for column in ("merged_into_id", "reason"):
            op.drop_column(table, column)
