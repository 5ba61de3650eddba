"""Webhooks of organisations, and what they are sent."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "4e9a07c3b6d2"
down_revision = "b7e2d94c05a1"
branch_labels = None
depends_on = None

CALLER = "nullif(current_setting('app.org', true), '')::uuid"
WIDE = "current_setting('app.org', true) = '*'"
STATES = ("ACTIVE", "PAUSED")
REASONS = ("OWNER", "FAILING", "GONE", "CHANGE_TOKEN_EXPIRED")
DELIVERY_STATES = ("PENDING", "DELIVERED", "DEAD")
FAILURES = ("ADDRESS", "UNREACHABLE", "TLS", "TIMEOUT", "STATUS", "SECRET")
REVIVED = "next_at, tried_since, attempts, version, updated_at"
"""The columns of a delivery that its organisation may write: when it is tried again."""


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
    create_webhook()
    create_delivery()
    for table in ("webhook", "webhook_delivery"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON {table} TO hub_app USING (owner_id = {CALLER})")
        op.execute(f"CREATE POLICY staff_rows ON {table} TO hub_staff USING ({WIDE})")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO hub_app")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO hub_staff")
    op.execute("GRANT UPDATE ON webhook TO hub_app")
    op.execute(f"GRANT UPDATE ({REVIVED}) ON webhook_delivery TO hub_app")
    op.execute("GRANT DELETE ON webhook_delivery TO hub_staff")


def create_webhook() -> None:
    """Make the table of webhooks."""
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        now("created_at"),
        now("updated_at"),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        instant("source_fetched_at"),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", term("webhookstate", STATES), nullable=False),
        sa.Column("pause_reason", term("pausereason", REASONS), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("is_behind", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        instant("failing_since"),
        instant("blocked_until"),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("previous_secret", sa.String(), nullable=True),
        instant("previous_until"),
        instant("retired_at"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["organization.id"], name=op.f("fk_webhook_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(
        "uq_webhook_owner_id_name",
        "webhook",
        ["owner_id", "name"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )


def create_delivery() -> None:
    """Make the table of deliveries."""
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        now("created_at"),
        now("updated_at"),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", term("deliverystate", DELIVERY_STATES), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        instant("next_at", nullable=False),
        instant("tried_since"),
        instant("leased_until"),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_failure", term("deliveryfailure", FAILURES), nullable=True),
        instant("delivered_at"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["organization.id"], name=op.f("fk_webhook_delivery_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint(
            "webhook_id", "position", name=op.f("uq_webhook_delivery_webhook_id_position")
        ),
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["webhook_id", "next_at", "id"],
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_index(
        "ix_webhook_delivery_leased_until",
        "webhook_delivery",
        ["leased_until"],
        postgresql_where=sa.text("leased_until IS NOT NULL"),
    )
    op.create_index("ix_webhook_delivery_webhook_id_id", "webhook_delivery", ["webhook_id", "id"])
    op.create_index("ix_webhook_delivery_updated_at", "webhook_delivery", ["updated_at"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
