"""The audit becomes a chain: an inbox for what commits, a log of months, and a head."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c81d5e07fa36"
down_revision = "6b0c93e7a2d5"
branch_labels = None
depends_on = None

EVENT = (
    "at, subject_id, login, organization_id, roles, action, object_type, object_id, fields, "
    "purpose, result, request_id"
)
MONTH = """
CREATE FUNCTION audit_month(moment timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    begins timestamptz := date_trunc('month', moment);
    month text := 'm' || to_char(begins, 'YYYYMM');
BEGIN
    IF to_regclass('audit.' || month) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE audit.%I PARTITION OF public.audit_log FOR VALUES FROM (%L) TO (%L)',
            month, begins, begins + interval '1 month'
        );
    END IF;
END $$
"""
LET_GO = """
CREATE FUNCTION audit_let_go(months int) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    month text;
    last record;
BEGIN
    PERFORM FROM public.audit_head FOR UPDATE;
    FOR month IN
        SELECT relname FROM pg_class
        WHERE relnamespace = 'audit'::regnamespace AND relkind = 'r' AND relname < 'm' || to_char(
            date_trunc('month', now()) - make_interval(months => greatest(months, 6)), 'YYYYMM'
        ) ORDER BY relname
    LOOP
        EXECUTE format(
            'SELECT seq, hash, chained_at FROM audit.%I ORDER BY seq DESC LIMIT 1', month
        ) INTO last;
        IF last.seq IS NOT NULL THEN
            UPDATE public.audit_head
            SET floor = last.seq, floor_hash = last.hash, floor_at = last.chained_at;
        END IF;
        EXECUTE format('DROP TABLE audit.%I', month);
        RETURN NEXT month;
    END LOOP;
END $$
"""


def upgrade() -> None:
    """Apply."""
    op.execute("ALTER TABLE audit_event RENAME TO audit_inbox")
    op.execute("ALTER SEQUENCE audit_event_id_seq RENAME TO audit_inbox_id_seq")
    op.execute("ALTER TABLE audit_inbox RENAME CONSTRAINT pk_audit_event TO pk_audit_inbox")
    create_log()
    op.execute("CREATE SCHEMA audit")
    for function in (MONTH, LET_GO):
        op.execute(function)
    op.execute(
        f"CREATE VIEW audit_event AS SELECT seq AS id, {EVENT} FROM audit_log "  # noqa: S608
        f"UNION ALL SELECT id, {EVENT} FROM audit_inbox"
    )
    secure()


def create_log() -> None:
    """Make the log and its head."""
    op.create_table(
        "audit_log",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("object_type", sa.String(), nullable=True),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("purpose", sa.String(), nullable=True),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("seq", "chained_at", name=op.f("pk_audit_log")),
        postgresql_partition_by="RANGE (chained_at)",
    )
    op.create_index("ix_audit_log_object_id_seq", "audit_log", ["object_id", "seq"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "chained_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.Column("floor_hash", sa.LargeBinary(), nullable=False),
        sa.Column("floor_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    zeros = "decode(repeat('00', 32), 'hex')"
    op.execute(
        f"INSERT INTO audit_head (id, seq, hash, floor, floor_hash) "  # noqa: S608 -- ours
        f"VALUES (1, 0, {zeros}, 0, {zeros})"
    )


def secure() -> None:
    """Only the role of the chain takes from the inbox and appends; nobody alters or deletes."""
    op.execute(
        "DO $$ BEGIN CREATE ROLE hub_audit NOLOGIN NOINHERIT; "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    op.execute("DO $$ BEGIN EXECUTE format('GRANT hub_audit TO %I', current_user); END $$")
    op.execute("GRANT USAGE ON SCHEMA public TO hub_audit")
    op.execute("GRANT SELECT, DELETE ON audit_inbox TO hub_audit")
    op.execute("GRANT SELECT, INSERT ON audit_log TO hub_audit")
    op.execute("GRANT SELECT, UPDATE (seq, hash, chained_at) ON audit_head TO hub_audit")
    op.execute("GRANT SELECT ON audit_log, audit_head, audit_event TO hub_staff")
    op.execute("REVOKE ALL ON audit_log, audit_head, audit_event FROM hub_app")
    op.execute("REVOKE EXECUTE ON FUNCTION audit_month, audit_let_go FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION audit_month TO hub_audit")
    op.execute("GRANT EXECUTE ON FUNCTION audit_let_go TO hub_staff")


def downgrade() -> None:
    """Take back; the chain is given up, its events stay."""
    op.execute("DROP VIEW audit_event")
    op.execute("DROP FUNCTION audit_month, audit_let_go")
    op.execute(
        f"INSERT INTO audit_inbox ({EVENT}) SELECT {EVENT} FROM audit_log ORDER BY seq"  # noqa: S608
    )
    op.drop_table("audit_log")
    op.drop_table("audit_head")
    op.execute("DROP SCHEMA audit")
    op.execute("REVOKE ALL ON audit_inbox FROM hub_audit")
    op.execute("REVOKE USAGE ON SCHEMA public FROM hub_audit")
    op.execute("ALTER TABLE audit_inbox RENAME TO audit_event")
    op.execute("ALTER SEQUENCE audit_inbox_id_seq RENAME TO audit_event_id_seq")
    op.execute("ALTER TABLE audit_event RENAME CONSTRAINT pk_audit_inbox TO pk_audit_event")
