"""Exports, and the parts in which their files are stored."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "9d1f6b0e82c7"
down_revision = "4e9a07c3b6d2"
branch_labels = None
depends_on = None

CALLER = "nullif(current_setting('app.org', true), '')::uuid"
WIDE = "current_setting('app.org', true) = '*'"
NOUNS = (
    "INSTRUMENT",
    "CERTIFICATE",
    "MEASUREMENT_STANDARD",
    "CAPABILITY",
    "QUALIFICATION",
    "PERSONNEL",
    "ORGANIZATION",
    "FEE_ITEM",
    "TECHNICAL_DOCUMENT",
)
FORMATS = ("JSONL", "CSV", "XLSX")
STATES = ("QUEUED", "RUNNING", "DONE", "FAILED", "CANCELLED")
FAILURES = ("ACCOUNT", "TOO_MANY_ROWS", "COLUMNS", "REFUSED", "INTERNAL")
CANCELLED = "state, version, updated_at, finished_at"
"""The columns of an export that its requester may write."""


def term(name: str, words: tuple[str, ...]) -> sa.Enum:
    """A closed list: text with a CHECK."""
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def instant(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    """An instant."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def now(name: str) -> sa.Column[datetime]:
    """An instant that the database fills in."""
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL lock_timeout = '4s'")
    create_export()
    create_part()
    for table in ("export", "export_part"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} TO hub_app USING (owner_id = {CALLER})")
        op.execute(f"CREATE POLICY staff_rows ON {table} TO hub_staff USING ({WIDE})")
        op.execute(f"GRANT SELECT ON {table} TO hub_app")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO hub_staff")
    op.execute("GRANT INSERT ON export TO hub_app")
    op.execute(f"GRANT UPDATE ({CANCELLED}) ON export TO hub_app")
    # What is compressed already is not tried again.
    op.execute("ALTER TABLE export_part ALTER COLUMN data SET STORAGE EXTERNAL")


def create_export() -> None:
    """Make the table of exports."""
    op.create_table(
        "export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        now("created_at"),
        now("updated_at"),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        instant("source_fetched_at"),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("requester_id", sa.Uuid(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("district", sa.String(), nullable=True),
        sa.Column("noun", term("exportnoun", NOUNS), nullable=False),
        sa.Column("format", term("exportformat", FORMATS), nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", term("exportstate", STATES), nullable=False),
        sa.Column("failure", term("exportfailure", FAILURES), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("reached", sa.Text(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("crc", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        instant("leased_until"),
        instant("finished_at"),
        instant("expires_at", nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["organization.id"], name=op.f("fk_export_owner_id")),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["user_account.id"], name=op.f("fk_export_requester_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
    )
    op.create_index(op.f("ix_export_owner_id"), "export", ["owner_id"])
    op.create_index(op.f("ix_export_requester_id"), "export", ["requester_id"])
    op.create_index(
        "ix_export_unfinished",
        "export",
        ["id"],
        postgresql_where=sa.text("state IN ('QUEUED', 'RUNNING')"),
    )


def create_part() -> None:
    """Make the table of parts."""
    op.create_table(
        "export_part",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["export_id"],
            ["export.id"],
            name=op.f("fk_export_part_export_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["organization.id"], name=op.f("fk_export_part_owner_id")
        ),
        sa.PrimaryKeyConstraint("export_id", "number", name=op.f("pk_export_part")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("export_part")
    op.drop_table("export")
