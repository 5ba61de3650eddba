"""Organisations keep their own standards and people; lines of a fee item change together."""

from alembic import op

revision = "2c5e8a91f4b7"
down_revision = "9d1f6b0e82c7"
branch_labels = None
depends_on = None

CALLER = "nullif(current_setting('app.org', true), '')::uuid"
OWN_CHANGES = f"organization_ids @> ARRAY[{CALLER}]"
PUBLIC_CHANGES = f"(object_type = 'FeeItem' AND {CALLER} IS NOT NULL)"
OWN = f"owner_id = {CALLER}"
CHANGED = "staff_no, name, title, version, updated_at, source_system, source_key, source_fetched_at"
"""What a sync of people writes; it is neither restricted nor registered."""
NEW = f"id, employer_id, created_at, discipline, {CHANGED}"
NO_OVERLAP = """
ALTER TABLE fee_item ADD CONSTRAINT ex_fee_item_no_overlap EXCLUDE USING gist (
    int8range(line_key, line_key, '[]') WITH =, daterange(effective_from, effective_to, '[]') WITH &&
)
"""
SEEN = f"id, employer_id, registered_at, {CHANGED}"


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL lock_timeout = '4s'")
    allow_standards()
    allow_personnel()
    op.execute("ALTER TABLE fee_item DROP CONSTRAINT ex_fee_item_no_overlap")
    op.execute(f"{NO_OVERLAP} DEFERRABLE INITIALLY IMMEDIATE")
    op.create_index("ix_fee_item_line_key", "fee_item", ["line_key"])
    op.execute(f"ALTER POLICY own_rows ON feed USING ({OWN_CHANGES} OR {PUBLIC_CHANGES})")


def allow_standards() -> None:
    """Everyone goes on reading them; callers of one organisation write its own."""
    op.execute("ALTER TABLE measurement_standard ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY staff_rows ON measurement_standard TO hub_staff USING (true)")
    for name, rule in (
        ("every_row", "FOR SELECT TO hub_app USING (true)"),
        ("new_own_rows", f"FOR INSERT TO hub_app WITH CHECK ({OWN})"),
        ("own_rows", f"FOR UPDATE TO hub_app USING ({OWN})"),
    ):
        op.execute(f"CREATE POLICY {name} ON measurement_standard {rule}")
    op.execute("GRANT INSERT, UPDATE ON measurement_standard TO hub_app")


def allow_personnel() -> None:
    """Callers of one organisation write its own people, but nothing restricted or registered."""
    op.execute(f"CREATE POLICY own_rows ON personnel TO hub_app USING (employer_id = {CALLER})")
    op.execute(f"GRANT INSERT ({NEW}), UPDATE ({CHANGED}) ON personnel TO hub_app")
    op.execute(f"GRANT SELECT ({SEEN}) ON personnel TO hub_app")


def downgrade() -> None:
    """Take back."""
    op.execute(f"ALTER POLICY own_rows ON feed USING ({OWN_CHANGES})")
    op.drop_index("ix_fee_item_line_key", "fee_item")
    op.execute("ALTER TABLE fee_item DROP CONSTRAINT ex_fee_item_no_overlap")
    op.execute(NO_OVERLAP)
    op.execute(f"REVOKE INSERT ({NEW}), UPDATE ({CHANGED}) ON personnel FROM hub_app")
    op.execute(f"REVOKE SELECT ({SEEN}) ON personnel FROM hub_app")  # noqa: S608 -- our own names
    op.execute("DROP POLICY own_rows ON personnel")
    op.execute("REVOKE INSERT, UPDATE ON measurement_standard FROM hub_app")
    for name in ("own_rows", "new_own_rows", "every_row", "staff_rows"):
        op.execute(f"DROP POLICY {name} ON measurement_standard")
    op.execute("ALTER TABLE measurement_standard DISABLE ROW LEVEL SECURITY")
