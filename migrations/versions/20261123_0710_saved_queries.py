"""Saved queries and the keys to them; what an export keeps of the files that it bundles."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "7a3d5c1e9b04"
down_revision = "7d3b90f4e1a6"
branch_labels = None
depends_on = None

CALLER = "nullif(current_setting('app.org', true), '')::uuid"
WIDE = "current_setting('app.org', true) = '*'"
FORMATS = ("JSONL", "CSV", "XLSX")
SAVED = "title, document, variables, version, updated_at, retired_at"
REVOKED = "version, updated_at, revoked_at"


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
    create_query()
    create_key()
    for name in ("listing", "directory"):
        op.add_column("export_part", sa.Column(name, sa.LargeBinary(), nullable=True))
    allow_formats(*FORMATS, "DCC")
    for table, columns in (("saved_query", SAVED), ("export_key", REVOKED)):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} TO hub_app USING (owner_id = {CALLER})")
        op.execute(f"CREATE POLICY staff_rows ON {table} TO hub_staff USING ({WIDE})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ({columns}) ON {table} TO hub_app, hub_staff")


def allow_formats(*formats: str) -> None:
    """Let exports have these formats alone."""
    op.drop_constraint(op.f("ck_export_exportformat"), "export")
    listed = ", ".join(f"'{one}'" for one in formats)
    op.create_check_constraint(op.f("ck_export_exportformat"), "export", f"format IN ({listed})")


def create_query() -> None:
    """Make the table of saved queries."""
    op.create_table(
        "saved_query",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        now("created_at"),
        now("updated_at"),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        instant("source_fetched_at"),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("variables", postgresql.JSONB(), nullable=False),
        instant("retired_at"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["organization.id"], name=op.f("fk_saved_query_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_saved_query_author_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_query")),
    )
    op.create_index(
        "uq_saved_query_owner_id_name",
        "saved_query",
        ["owner_id", "name"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )


def create_key() -> None:
    """Make the table of keys."""
    op.create_table(
        "export_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        now("created_at"),
        now("updated_at"),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        instant("source_fetched_at"),
        sa.Column("query_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("district", sa.String(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        instant("expires_at", nullable=False),
        instant("revoked_at"),
        sa.ForeignKeyConstraint(
            ["query_id"], ["saved_query.id"], name=op.f("fk_export_key_query_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["organization.id"], name=op.f("fk_export_key_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["user_account.id"], name=op.f("fk_export_key_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_export_key_digest")),
    )
    op.create_index(op.f("ix_export_key_query_id"), "export_key", ["query_id"])


def downgrade() -> None:
    """Take back."""
    op.execute("ALTER TABLE export NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM export WHERE format = 'DCC'")
    op.execute("ALTER TABLE export FORCE ROW LEVEL SECURITY")
    allow_formats(*FORMATS)
    op.drop_column("export_part", "directory")
    op.drop_column("export_part", "listing")
    op.drop_table("export_key")
    op.drop_table("saved_query")
