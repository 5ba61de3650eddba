"""Requests for verification, tasks, and applications for licences."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "8c41e5d2f7a6"
down_revision = "6f3b1d7ae940"
branch_labels = None
depends_on = None

CALLER = "nullif(current_setting('app.org', true), '')::uuid"
WIDE = "current_setting('app.org', true) = '*'"
CHANNELS = ("ECQS", "LICENSING", "SUBMISSION", "ERP")
REQUEST_STATES = ("SUBMITTED", "ACCEPTED", "RETURNED", "DISPATCHED", "DONE")
TASK_STATES = ("DISPATCHED", "REPORTED", "CANCELLED")
STAGES = (
    "APPLIED",
    "PREREVIEW",
    "ACCEPTED",
    "SUPPLEMENT",
    "REFUSED_ENTRY",
    "REVIEW",
    "SPECIAL",
    "DECIDED",
    "DELIVERED",
    "ARCHIVED",
)
PARTIES = {
    "verification_request": ("applicant_id", "institute_id"),
    "verification_request_item": ("applicant_id", "institute_id"),
    "verification_task": ("institute_id", "owner_id"),
    "licence_application": ("applicant_id",),
    "licence_step": ("applicant_id",),
}
"""The columns that hold the organisations that a row is of."""
ASKED = ("verification_request", "verification_request_item")
"""What callers of one organisation may add, for their own; all else comes from other systems."""


def term(name: str, words: tuple[str, ...]) -> sa.Enum:
    """A closed list: text with a CHECK."""
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def instant(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    """An instant."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def text(name: str, *, nullable: bool = True) -> sa.Column[str]:
    """A text."""
    return sa.Column(name, sa.String(), nullable=nullable)


def key(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """An id."""
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    """A foreign key to the id of another table."""
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def row() -> list[sa.Column[Any]]:
    """The columns of every noun."""
    now = sa.text("now()")
    return [
        key("id"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        text("source_system"),
        text("source_key"),
        instant("source_as_of"),
        instant("source_fetched_at"),
    ]


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL lock_timeout = '4s'")
    create_request()
    create_item()
    create_task()
    create_application()
    create_step()
    op.create_index(
        "ix_instrument_compulsory_code",
        "instrument",
        ["compulsory_code"],
        postgresql_where=sa.text("compulsory_code IS NOT NULL"),
    )
    for table, parties in PARTIES.items():
        wall(table, " OR ".join(f"{party} = {CALLER}" for party in parties))
    for table in ASKED:
        op.execute(
            f"CREATE POLICY new_own_rows ON {table} FOR INSERT TO hub_app"
            f" WITH CHECK (applicant_id = {CALLER})"
        )
        op.execute(f"GRANT INSERT ON {table} TO hub_app")


def wall(table: str, own: str) -> None:
    """Let no row of `table` through but those of a policy."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} FOR SELECT TO hub_app USING ({own})")
    op.execute(f"CREATE POLICY staff_rows ON {table} TO hub_staff USING ({WIDE})")
    op.execute(f"GRANT SELECT ON {table} TO hub_app")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO hub_staff")


def create_request() -> None:
    """Make the table of requests."""
    table = "verification_request"
    op.create_table(
        table,
        *row(),
        text("no", nullable=False),
        key("applicant_id"),
        key("institute_id"),
        sa.Column("channel", term("connectorkind", CHANNELS), nullable=False),
        sa.Column("state", term("requeststate", REQUEST_STATES), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("on_site", sa.Boolean(), nullable=False),
        sa.Column("latest_date", sa.Date(), nullable=True),
        text("note"),
        text("external_no"),
        text("reason"),
        instant("decided_at"),
        refers(table, "applicant_id", "organization"),
        refers(table, "institute_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("no", name=op.f(f"uq_{table}_no")),
    )
    for party in PARTIES[table]:
        op.create_index(f"ix_{table}_{party}_id", table, [party, "id"])


def create_item() -> None:
    """Make the table of what requests are about."""
    table = "verification_request_item"
    op.create_table(
        table,
        key("request_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        key("applicant_id"),
        key("institute_id"),
        key("instrument_id"),
        sa.Column("item", postgresql.JSONB(none_as_null=True), nullable=False),
        refers(table, "request_id", "verification_request"),
        refers(table, "applicant_id", "organization"),
        refers(table, "institute_id", "organization"),
        refers(table, "instrument_id", "instrument"),
        sa.PrimaryKeyConstraint("request_id", "position", name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_instrument_id", table, ["instrument_id"])


def create_task() -> None:
    """Make the table of tasks."""
    table = "verification_task"
    op.create_table(
        table,
        *row(),
        text("task_no", nullable=False),
        key("connector_id"),
        sa.Column("channel", term("connectorkind", CHANNELS), nullable=False),
        key("institute_id"),
        key("owner_id", nullable=True),
        key("instrument_id", nullable=True),
        key("request_id", nullable=True),
        sa.Column("item", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("state", term("taskstate", TASK_STATES), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        text("reason"),
        key("certificate_id", nullable=True),
        instant("reported_at"),
        refers(table, "connector_id", "connector"),
        refers(table, "institute_id", "organization"),
        refers(table, "owner_id", "organization"),
        refers(table, "instrument_id", "instrument"),
        refers(table, "request_id", "verification_request"),
        refers(table, "certificate_id", "certificate"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "connector_id", "task_no", name=op.f(f"uq_{table}_connector_id_task_no")
        ),
    )
    for party in PARTIES[table]:
        op.create_index(f"ix_{table}_{party}_id", table, [party, "id"])
    for column in ("instrument_id", "request_id"):
        op.create_index(f"ix_{table}_{column}", table, [column])


def create_application() -> None:
    """Make the table of applications for licences."""
    table = "licence_application"
    op.create_table(
        table,
        *row(),
        text("acceptance_no", nullable=False),
        key("connector_id"),
        text("item", nullable=False),
        text("item_code"),
        key("applicant_id", nullable=True),
        text("applicant_uscc", nullable=False),
        text("applicant_name", nullable=False),
        sa.Column("state", term("licencestage", STAGES), nullable=True),
        instant("state_at"),
        text("result"),
        refers(table, "connector_id", "connector"),
        refers(table, "applicant_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "connector_id", "acceptance_no", name=op.f(f"uq_{table}_connector_id_acceptance_no")
        ),
    )
    op.create_index(f"ix_{table}_applicant_id_id", table, ["applicant_id", "id"])


def create_step() -> None:
    """Make the table of their stages."""
    table = "licence_step"
    op.create_table(
        table,
        key("application_id"),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("stage", term("licencestage", STAGES), nullable=False),
        key("applicant_id", nullable=True),
        instant("at", nullable=False),
        text("handler"),
        text("result"),
        text("opinion"),
        sa.Column("fits", sa.Boolean(), nullable=False),
        instant("stated_at", nullable=False),
        refers(table, "application_id", "licence_application"),
        refers(table, "applicant_id", "organization"),
        sa.PrimaryKeyConstraint("application_id", "seq", "stage", name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_instrument_compulsory_code", "instrument")
    for table in reversed(PARTIES):
        op.drop_table(table)
