"""Other systems of an organisation have ids of their own for its rows."""

import sqlalchemy as sa
from alembic import op

revision = "8c1f6a2b90d4"
down_revision = "5d0c1f3a7e42"
branch_labels = None
depends_on = None

CALLER = "nullif(current_setting('app.org', true), '')::uuid"
WIDE = "current_setting('app.org', true) = '*'"


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "external_id",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("object_type", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name="fk_external_id_organization_id"
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "object_type", "source", "external_id", name="pk_external_id"
        ),
    )
    op.create_index(
        "uq_external_id_object_id",
        "external_id",
        ["object_id", "organization_id", "source"],
        unique=True,
    )
    op.execute("ALTER TABLE external_id ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE external_id FORCE ROW LEVEL SECURITY")
    for role, name, rule in (
        ("hub_app", "own_rows", f"organization_id = {CALLER}"),
        ("hub_staff", "staff_rows", WIDE),
    ):
        op.execute(f"GRANT SELECT, INSERT ON external_id TO {role}")
        op.execute(f"CREATE POLICY {name} ON external_id TO {role} USING ({rule})")


def downgrade() -> None:
    """Take back."""
    op.drop_table("external_id")
