"""Connectors to other systems, their messages and conflicts; when a source has said a row."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "6f3b1d7ae940"
down_revision = "7a3d5c1e9b04"
branch_labels = None
depends_on = None

CALLER = "nullif(current_setting('app.org', true), '')::uuid"
SCOPED = "nullif(current_setting('app.org', true), '') IS NOT NULL"
WIDE = "current_setting('app.org', true) = '*'"
SOURCED = (
    "capability",
    "catalogue_item",
    "certificate",
    "certified_item",
    "degree_of_equivalence",
    "document_adoption",
    "export",
    "export_key",
    "fee_document",
    "fee_item",
    "instrument",
    "measurement_standard",
    "organization",
    "personnel",
    "personnel_certificate",
    "qualification",
    "saved_query",
    "technical_document",
    "user_account",
    "webhook",
)
"""The tables whose rows say where they came from."""
SHOWN = {
    "personnel": (
        """
        id, version, created_at, updated_at, employer_id, name, registered_at,
        registration_valid_to
        """,
        """
        source_system source_key source_fetched_at staff_no title resident_id phone email
        photo_url education birth_date discipline
        """,
        SCOPED,
    ),
    "user_account": (
        """
        id, version, created_at, updated_at, source_system, source_key, source_fetched_at,
        login_name, organization_id, person_id, roles, district, phone, email, ident_methods,
        state, last_login_at, failed_logins, locked_until, NULL::varchar AS password_hash
        """,
        "",
        f"organization_id = {CALLER}",
    ),
}
"""What hub_app reads of tables that are hidden from it: open columns, those of its own rows."""
KINDS = ("ECQS", "LICENSING", "SUBMISSION", "ERP")
FAILURES = (
    "ADDRESS",
    "UNREACHABLE",
    "TLS",
    "TIMEOUT",
    "STATUS",
    "CREDENTIAL",
    "ANSWER",
    "TOO_LARGE",
    "WRONG_TOTAL",
    "SECRET",
)
MESSAGE_STATES = ("PENDING", "DONE", "STALE", "CONFLICT", "REJECTED", "DEAD")
RULES = ("BOTH_CHANGED", "LESSER", "AUTHORITY", "REFUSED")
RESOLUTIONS = ("OURS", "THEIRS", "BY_RULE", "AGREED")
OWN = {
    "connector": f"organization_id = {CALLER}",
    "connector_message": f"organization_id = {CALLER}",
    "source_record": f"organization_id = {CALLER}",
    "conflict": f"owner_id = {CALLER}",
}
OPEN = "state IN ('PENDING', 'REJECTED', 'DEAD')"
MOVED = "state, tries, next_at, tried_since, problem, done_at, version, updated_at"
"""The columns of a message that the side of its organisation may write: what became of it."""


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


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    """A foreign key to the id of another table."""
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL lock_timeout = '4s'")
    for table in SOURCED:
        op.add_column(table, instant("source_as_of"))
    op.execute(
        "GRANT SELECT (source_as_of), INSERT (source_as_of), UPDATE (source_as_of)"
        " ON personnel TO hub_app"
    )
    for table in SHOWN:
        show(table, ["source_as_of"])
    create_connector()
    create_message()
    create_hour()
    create_record()
    create_conflict()
    for table, own in OWN.items():
        wall(table)
        op.execute(f"CREATE POLICY own_rows ON {table} TO hub_app USING ({own})")
    wall("connector_hour")
    mine = f"EXISTS (SELECT FROM connector WHERE id = connector_id AND organization_id = {CALLER})"
    op.execute(f"CREATE POLICY own_rows ON connector_hour FOR SELECT TO hub_app USING ({mine})")
    allow()


def wall(table: str) -> None:
    """Let no row of `table` through but those of a policy."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY staff_rows ON {table} TO hub_staff USING ({WIDE})")
    op.execute(f"GRANT SELECT ON {table} TO hub_app")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO hub_staff")


def allow() -> None:
    """Callers of an organisation keep its own, and leave messages for anyone's connector."""
    for table in ("connector", "source_record", "conflict"):
        op.execute(f"GRANT INSERT, UPDATE ON {table} TO hub_app")
    op.execute(f"GRANT INSERT, UPDATE ({MOVED}) ON connector_message TO hub_app")
    op.execute(
        "CREATE POLICY new_outgoing ON connector_message FOR INSERT TO hub_app"
        f" WITH CHECK (direction = 'OUT' AND state = 'PENDING' AND {SCOPED})"
    )
    op.execute("GRANT DELETE ON connector_message, connector_hour TO hub_staff")
    op.execute("CREATE POLICY through_view ON connector FOR SELECT TO CURRENT_USER USING (true)")
    op.execute(
        "CREATE VIEW shown.connector_address WITH (security_barrier) AS"
        " SELECT id, kind, organization_id, state FROM public.connector WHERE base_url IS NOT NULL"
    )
    op.execute("GRANT USAGE ON SCHEMA shown TO hub_staff")
    op.execute("GRANT SELECT ON shown.connector_address TO hub_app, hub_staff")


def show(table: str, added: list[str]) -> None:
    """Make the view of a hidden table anew, with the columns `added`."""
    opened, own, rows = SHOWN[table]
    owned = [f"CASE WHEN employer_id = {CALLER} THEN {name} END AS {name}" for name in own.split()]
    if own:
        added = [f"CASE WHEN employer_id = {CALLER} THEN {name} END AS {name}" for name in added]
    columns = ", ".join([opened.strip(), *owned, *added])
    op.execute(f"DROP VIEW shown.{table}")
    read = f"SELECT {columns} FROM public.{table} WHERE {rows}"  # noqa: S608 -- our own names
    op.execute(f"CREATE VIEW shown.{table} WITH (security_barrier) AS {read}")
    op.execute(f"GRANT SELECT ON shown.{table} TO hub_app")


def create_connector() -> None:
    """Make the table of connectors."""
    op.create_table(
        "connector",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        now("created_at"),
        now("updated_at"),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        instant("source_as_of"),
        instant("source_fetched_at"),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", term("connectorkind", KINDS), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("base_url", sa.Text(), nullable=True),
        sa.Column("credential", sa.String(), nullable=True),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("state", term("connectorstate", ("ACTIVE", "PAUSED")), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("rereads", sa.Integer(), nullable=False),
        sa.Column("health", term("connectorhealth", ("OK", "DEGRADED", "DOWN")), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        instant("failing_since"),
        instant("blocked_until"),
        instant("last_success_at"),
        instant("caught_up_at"),
        sa.Column("last_failure", term("connectorfailure", FAILURES), nullable=True),
        instant("last_failure_at"),
        sa.Column("last_status", sa.Integer(), nullable=True),
        instant("next_at", nullable=False),
        instant("leased_until"),
        sa.CheckConstraint(
            "base_url IS NULL OR credential IS NOT NULL", name=op.f("ck_connector_credential_given")
        ),
        refers("connector", "organization_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connector")),
        sa.UniqueConstraint(
            "organization_id",
            "code",
            name=op.f("uq_connector_organization_id_code"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def create_message() -> None:
    """Make the table of messages."""
    op.create_table(
        "connector_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        now("created_at"),
        now("updated_at"),
        sa.Column("connector_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("direction", term("messagedirection", ("IN", "OUT")), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        instant("at"),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", term("messagestate", MESSAGE_STATES), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        instant("next_at", nullable=False),
        instant("tried_since"),
        sa.Column("problem", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("receipt", sa.String(), nullable=True),
        instant("done_at"),
        refers("connector_message", "connector_id", "connector"),
        refers("connector_message", "organization_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connector_message")),
        sa.UniqueConstraint(
            "connector_id",
            "direction",
            "key",
            name=op.f("uq_connector_message_connector_id_direction_key"),
        ),
    )
    pending = sa.text("state = 'PENDING'")
    for name, columns, where in (
        ("due", ["connector_id", "direction", "next_at", "id"], pending),
        ("waiting", ["connector_id", "direction", "subject", "id"], pending),
        ("open", ["connector_id", "direction", "state"], sa.text(OPEN)),
        ("connector_id_id", ["connector_id", "id"], None),
        ("updated_at", ["updated_at"], None),
    ):
        index = f"ix_connector_message_{name}"
        op.create_index(index, "connector_message", columns, postgresql_where=where)


def create_hour() -> None:
    """Make the table of hours."""
    op.create_table(
        "connector_hour",
        sa.Column("connector_id", sa.Uuid(), nullable=False),
        instant("hour", nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        refers("connector_hour", "connector_id", "connector"),
        sa.PrimaryKeyConstraint("connector_id", "hour", name=op.f("pk_connector_hour")),
    )


def create_record() -> None:
    """Make the table of what connectors have last said."""
    op.create_table(
        "source_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connector_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        instant("as_of"),
        sa.Column("object_type", sa.String(), nullable=True),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("stated", postgresql.JSONB(none_as_null=True), nullable=False),
        refers("source_record", "connector_id", "connector"),
        refers("source_record", "organization_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_record")),
        sa.UniqueConstraint(
            "connector_id", "subject", name=op.f("uq_source_record_connector_id_subject")
        ),
    )
    op.create_index("ix_source_record_object_id", "source_record", ["object_id"])


def create_conflict() -> None:
    """Make the table of conflicts."""
    op.create_table(
        "conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        now("created_at"),
        now("updated_at"),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        instant("source_as_of"),
        instant("source_fetched_at"),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("connector_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("ours", sa.Text(), nullable=True),
        sa.Column("theirs", sa.Text(), nullable=True),
        sa.Column("base", sa.Text(), nullable=True),
        instant("as_of", nullable=False),
        sa.Column("rule", term("conflictrule", RULES), nullable=False),
        sa.Column("reason", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("state", term("conflictstate", ("OPEN", "RESOLVED")), nullable=False),
        sa.Column("resolution", term("conflictresolution", RESOLUTIONS), nullable=True),
        instant("resolved_at"),
        sa.Column("resolved_by", sa.String(), nullable=True),
        refers("conflict", "owner_id", "organization"),
        refers("conflict", "connector_id", "connector"),
        refers("conflict", "instrument_id", "instrument"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
    )
    op.create_index(
        "uq_conflict_open",
        "conflict",
        ["connector_id", "instrument_id", "field"],
        unique=True,
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_index("ix_conflict_owner_id_id", "conflict", ["owner_id", "id"])
    op.create_index("ix_conflict_instrument_id", "conflict", ["instrument_id"])


def downgrade() -> None:
    """Take back."""
    op.execute("DROP VIEW shown.connector_address")
    op.execute("REVOKE USAGE ON SCHEMA shown FROM hub_staff")
    for table in ("conflict", "source_record", "connector_hour", "connector_message", "connector"):
        op.drop_table(table)
    for table in SHOWN:
        show(table, [])
    for table in reversed(SOURCED):
        op.drop_column(table, "source_as_of")
