"""First tables, the two application roles, their grants and row level security."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "913b8aa9d958"
down_revision = None
branch_labels = None
depends_on = None


ROLES = ("hub_app", "hub_staff")
CALLER = "nullif(current_setting('app.org', true), '')::uuid"
SCOPED = "nullif(current_setting('app.org', true), '') IS NOT NULL"
WIDE = "current_setting('app.org', true) = '*'"
OWNED = {
    "instrument": f"owner_id = {CALLER}",
    "certificate": f"issuer_id = {CALLER} OR client_id = {CALLER}",
    "certificate_basis": f"issuer_id = {CALLER} OR client_id = {CALLER}",
    "certificate_standard_used": f"issuer_id = {CALLER} OR client_id = {CALLER}",
    "measurement_result": f"issuer_id = {CALLER} OR client_id = {CALLER}",
    "measurement_point": f"issuer_id = {CALLER} OR client_id = {CALLER}",
    "document_adoption": f"organization_id = {CALLER}",
    "feed": f"organization_ids @> ARRAY[{CALLER}]",
    "idempotency_key": "principal = current_setting('app.user', true)",
    "personnel_certificate": SCOPED,
    "certified_item": SCOPED,
}
APPEND_ONLY = ("audit_event", "inbox", "feed")
HIDDEN = ("access_token", "audit_event", "inbox", "personnel", "user_account")
OPEN = {
    "personnel": """
        id version created_at updated_at employer_id name registered_at registration_valid_to
    """,
    "user_account": """
        id version created_at updated_at source_system source_key source_fetched_at login_name
        organization_id person_id roles district phone email ident_methods state last_login_at
        failed_logins locked_until
    """,
}
OWN_ONLY = {
    "source_system": "varchar",
    "source_key": "varchar",
    "source_fetched_at": "timestamptz",
    "staff_no": "varchar",
    "title": "varchar",
    "resident_id": "varchar",
    "phone": "varchar",
    "email": "varchar",
    "photo_url": "varchar",
    "education": "varchar",
    "birth_date": "date",
    "discipline": "jsonb",
}
SHOWN = {
    "personnel": [
        *OPEN["personnel"].split(),
        *(
            f"CASE WHEN employer_id = {CALLER} THEN {name} END::{kind} AS {name}"
            for name, kind in OWN_ONLY.items()
        ),
    ],
    "user_account": [*OPEN["user_account"].split(), "NULL::varchar AS password_hash"],
}
"""The columns that hub_app reads of tables that are hidden from it; the rows are in `ROWS`."""
ROWS = {"personnel": SCOPED, "user_account": f"organization_id = {CALLER}"}


def secure() -> None:
    """Make the roles, grant what each may do, and raise the second wall."""
    for role in ROLES:
        op.execute(
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN NOINHERIT; "
            f"EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        op.execute(f"DO $$ BEGIN EXECUTE format('GRANT {role} TO %I', current_user); END $$")
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        op.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    allow_staff()
    allow_app()
    for table, rule in OWNED.items():
        wall(table)
        op.execute(f"CREATE POLICY own_rows ON {table} TO hub_app USING ({rule})")
    op.execute("INSERT INTO feed_head (id, pos) VALUES (1, 0)")


def allow_staff() -> None:
    """Laboratories, oversight, operators and sign-in write every noun, and number the feed."""
    op.execute("GRANT INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO hub_staff")
    op.execute("REVOKE INSERT, UPDATE ON alembic_version FROM hub_staff")
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE ON {table} FROM hub_staff")
    op.execute("GRANT DELETE ON inbox TO hub_staff")


def allow_app() -> None:
    """The callers of one organisation write their ledger and what every write leaves behind."""
    for table in HIDDEN:
        op.execute(f"REVOKE ALL ON {table} FROM hub_app")
    op.execute("GRANT INSERT, UPDATE ON instrument TO hub_app")
    op.execute("GRANT INSERT, UPDATE (answer) ON idempotency_key TO hub_app")
    for table in ("audit_event", "inbox"):
        # An insert of one row gives its number back, and reading that is a right of its own.
        op.execute(f"GRANT INSERT, SELECT (id) ON {table} TO hub_app")
    op.execute("CREATE SCHEMA shown")
    op.execute("GRANT USAGE ON SCHEMA shown TO hub_app")
    for table, columns in SHOWN.items():
        wall(table)
        op.execute(f"CREATE POLICY through_view ON {table} FOR SELECT TO CURRENT_USER USING (true)")
        read = f"SELECT {', '.join(columns)} FROM public.{table} WHERE {ROWS[table]}"  # noqa: S608
        op.execute(f"CREATE VIEW shown.{table} WITH (security_barrier) AS {read}")
        op.execute(f"GRANT SELECT ON shown.{table} TO hub_app")


def wall(table: str) -> None:
    """Let no row of `table` through but those of a policy; staff see all under the wide scope."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    wide = "true" if table in ("user_account", "feed") else WIDE
    op.execute(f"CREATE POLICY staff_rows ON {table} TO hub_staff USING ({wide})")


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL lock_timeout = '4s'")
    # ### commands auto generated by Alembic - please adjust! ###
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_table(
        "catalogue_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("item_no", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("supervision", sa.String(), nullable=True),
        sa.Column("verification_form", sa.String(), nullable=True),
        sa.Column("purposes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("superseded_on", sa.Date(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_item")),
        sa.UniqueConstraint("edition", "name", name=op.f("uq_catalogue_item_edition_name")),
    )
    op.create_table(
        "degree_of_equivalence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("comparison_code", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("release_year", sa.Integer(), nullable=True),
        sa.Column("doi", sa.String(), nullable=True),
        sa.Column("kcrv_value", sa.Numeric(), nullable=True),
        sa.Column("kcrv_unit", sa.String(), nullable=True),
        sa.Column("kcrv_standard_uncertainty", sa.Numeric(), nullable=True),
        sa.Column("laboratory", sa.String(), nullable=False),
        sa.Column("laboratory_ror", sa.String(), nullable=True),
        sa.Column("d", sa.Numeric(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("u", sa.Numeric(), nullable=True),
        sa.Column("k", sa.Numeric(), nullable=True),
        sa.Column("en", sa.Numeric(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_degree_of_equivalence")),
        sa.UniqueConstraint(
            "comparison_code",
            "laboratory",
            "position",
            name=op.f("uq_degree_of_equivalence_comparison_code_laboratory_position"),
        ),
    )
    op.create_table(
        "fee_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("repealed_year", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_document")),
        sa.UniqueConstraint("title", "number", name=op.f("uq_fee_document_title_number")),
    )
    op.create_table(
        "feed",
        sa.Column("object_type", sa.String(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "UPSERT",
                "DELETE",
                name="changekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("object_version", sa.Integer(), nullable=False),
        sa.Column("organization_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("pos", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("pos", name=op.f("pk_feed")),
    )
    op.create_table(
        "feed_head",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_head")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("input_sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "answer", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "inbox",
        sa.Column("object_type", sa.String(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "UPSERT",
                "DELETE",
                name="changekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("object_version", sa.Integer(), nullable=False),
        sa.Column("organization_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )
    op.create_table(
        "organization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("uscc_check_passed", sa.Boolean(), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("former_names", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("district", sa.String(length=6), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("website", sa.String(), nullable=True),
        sa.Column("contact_name", sa.String(), nullable=True),
        sa.Column("contact_phone", sa.String(), nullable=True),
        sa.Column("key_energy_user", sa.Boolean(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column(
            "verify_state",
            sa.Enum(
                "UNVERIFIED",
                "VERIFIED",
                "REJECTED",
                name="verifystate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "country <> 'CN' OR uscc IS NOT NULL", name=op.f("ck_organization_uscc_at_home")
        ),
        sa.CheckConstraint("district ~ '^[0-9]{6}$'", name=op.f("ck_organization_district_form")),
        sa.CheckConstraint("length(uscc) = 18", name=op.f("ck_organization_uscc_length")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organization.id"], name=op.f("fk_organization_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("uscc", name=op.f("uq_organization_uscc")),
    )
    op.create_index(op.f("ix_organization_name"), "organization", ["name"], unique=False)
    op.create_index(op.f("ix_organization_parent_id"), "organization", ["parent_id"], unique=False)
    op.create_index(
        "uq_organization_country_name",
        "organization",
        ["country", "name"],
        unique=True,
        postgresql_where=sa.text("uscc IS NULL"),
    )
    op.create_table(
        "technical_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "JJG",
                "JJF",
                "JJG_SYSTEM",
                "GB",
                "GBT",
                "DB",
                "ISO",
                "OIML",
                "INTERNAL",
                name="documentkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title_zh", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=True),
        sa.Column("issued", sa.Date(), nullable=True),
        sa.Column("effective", sa.Date(), nullable=True),
        sa.Column("abolished", sa.Date(), nullable=True),
        sa.Column("replaced_on", sa.Date(), nullable=True),
        sa.Column(
            "verification_interval",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("file_url", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.CheckConstraint(
            "effective <= abolished", name=op.f("ck_technical_document_effective_before_abolished")
        ),
        sa.CheckConstraint(
            "issued <= effective", name=op.f("ck_technical_document_issued_before_effective")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_technical_document")),
        sa.UniqueConstraint("number", name=op.f("uq_technical_document_number")),
    )
    op.create_table(
        "document_adoption",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "ADOPTED",
                "TRANSITION",
                "WITHDRAWN",
                name="adoptionstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("transition_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["technical_document.id"],
            name=op.f("fk_document_adoption_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_document_adoption_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_adoption")),
        sa.UniqueConstraint(
            "document_id",
            "organization_id",
            name=op.f("uq_document_adoption_document_id_organization_id"),
        ),
    )
    op.create_index(
        op.f("ix_document_adoption_organization_id"),
        "document_adoption",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "document_replacement",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("replaced_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["technical_document.id"],
            name=op.f("fk_document_replacement_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["replaced_id"],
            ["technical_document.id"],
            name=op.f("fk_document_replacement_replaced_id"),
        ),
        sa.PrimaryKeyConstraint("document_id", "replaced_id", name=op.f("pk_document_replacement")),
    )
    op.create_index(
        op.f("ix_document_replacement_replaced_id"),
        "document_replacement",
        ["replaced_id"],
        unique=False,
    )
    op.create_table(
        "fee_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("instrument_name", sa.String(), nullable=False),
        sa.Column("accuracy", sa.String(), nullable=False),
        sa.Column("measuring_range", sa.String(), nullable=False),
        sa.Column("charge_unit", sa.String(), nullable=False),
        sa.Column(
            "price_kind",
            sa.Enum(
                "FIXED",
                "BASE_PLUS",
                "RANGE",
                "NEGOTIATED",
                name="pricekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("price", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("price_to", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "surcharges", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column(
            "nature",
            sa.Enum(
                "COMPULSORY_FREE",
                "GOVERNMENT_PRICED",
                "MARKET",
                name="feenature",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column(
            "line_key",
            sa.BigInteger(),
            sa.Computed(
                "hashtextextended(document_id::text || E'\\x1f' || code || E'\\x1f' || instrument_name || E'\\x1f' || accuracy || E'\\x1f' || measuring_range, 0)",
                persisted=True,
            ),
            nullable=False,
        ),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(line_key, line_key, '[]')"), "="),
            (sa.text("daterange(effective_from, effective_to, '[]')"), "&&"),
            using="gist",
            name="ex_fee_item_no_overlap",
        ),
        sa.CheckConstraint(
            "price_kind = 'NEGOTIATED' OR price IS NOT NULL", name=op.f("ck_fee_item_price_given")
        ),
        sa.CheckConstraint(
            "effective_from <= effective_to", name=op.f("ck_fee_item_validity_order")
        ),
        sa.CheckConstraint("price >= 0", name=op.f("ck_fee_item_price_positive")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["fee_document.id"], name=op.f("fk_fee_item_document_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_item")),
    )
    op.create_index(op.f("ix_fee_item_code"), "fee_item", ["code"], unique=False)
    op.create_index(op.f("ix_fee_item_document_id"), "fee_item", ["document_id"], unique=False)
    op.create_index(
        op.f("ix_fee_item_instrument_name"), "fee_item", ["instrument_name"], unique=False
    )
    op.create_table(
        "personnel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("staff_no", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("resident_id", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("photo_url", sa.String(), nullable=True),
        sa.Column("education", sa.String(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("registered_at", sa.Date(), nullable=True),
        sa.Column("registration_valid_to", sa.Date(), nullable=True),
        sa.Column(
            "discipline", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["organization.id"], name=op.f("fk_personnel_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel")),
        sa.UniqueConstraint(
            "employer_id", "staff_no", name=op.f("uq_personnel_employer_id_staff_no")
        ),
    )
    op.create_table(
        "qualification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "LEGAL_INSTITUTE",
                "METROLOGY_AUTHORIZATION",
                "CNAS",
                "CMA",
                "STANDARD_ASSESSMENT",
                name="qualificationkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("scope_file", sa.String(), nullable=True),
        sa.Column("issuer", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "VALID",
                "SUSPENDED",
                "EXPIRED",
                "REVOKED",
                "CANCELLED",
                name="qualificationstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_qualification_validity_order")),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["organization.id"], name=op.f("fk_qualification_holder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_qualification_kind_number")),
    )
    op.create_index(
        op.f("ix_qualification_holder_id"), "qualification", ["holder_id"], unique=False
    )
    op.create_table(
        "capability",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("qualification_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column(
            "field",
            sa.Enum(
                "LENGTH",
                "MECHANICS",
                "THERMAL",
                "ELECTROMAGNETIC",
                "RADIO",
                "TIME_FREQUENCY",
                "OPTICS",
                "ACOUSTICS",
                "CHEMISTRY",
                "IONIZING_RADIATION",
                name="metrologyfield",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("measured_object", sa.String(), nullable=False),
        sa.Column("parameter", sa.String(), nullable=False),
        sa.Column("basis_id", sa.Uuid(), nullable=True),
        sa.Column(
            "ranges", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "cmc_form",
            sa.Enum(
                "CONSTANT",
                "LINEAR",
                "TABLE",
                "MATRIX",
                "GRAPH_TEXT",
                name="cmcform",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "cmc", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("conditions", sa.String(), nullable=True),
        sa.Column("limitations", sa.String(), nullable=True),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("on_site", sa.Boolean(), nullable=False),
        sa.Column("fee_code", sa.String(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "VALID",
                "SUSPENDED",
                "EXPIRED",
                "WITHDRAWN",
                name="capabilitystate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_capability_validity_order")),
        sa.ForeignKeyConstraint(
            ["basis_id"], ["technical_document.id"], name=op.f("fk_capability_basis_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_capability_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["qualification_id"], ["qualification.id"], name=op.f("fk_capability_qualification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capability")),
        sa.UniqueConstraint(
            "qualification_id", "code", name=op.f("uq_capability_qualification_id_code")
        ),
    )
    op.create_index(op.f("ix_capability_basis_id"), "capability", ["basis_id"], unique=False)
    op.create_index(op.f("ix_capability_fee_code"), "capability", ["fee_code"], unique=False)
    op.create_index(
        op.f("ix_capability_measured_object"), "capability", ["measured_object"], unique=False
    )
    op.create_index(
        op.f("ix_capability_organization_id"), "capability", ["organization_id"], unique=False
    )
    op.create_table(
        "instrument",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("ledger_key", sa.String(), nullable=False),
        sa.Column("asset_no", sa.String(), nullable=True),
        sa.Column("fixed_asset_no", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("model_spec", sa.String(), nullable=True),
        sa.Column("serial_no", sa.String(), nullable=True),
        sa.Column("manufacturer", sa.String(), nullable=True),
        sa.Column("origin", sa.String(), nullable=True),
        sa.Column(
            "measuring_ranges",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column("accuracy_class", sa.String(), nullable=True),
        sa.Column(
            "max_permissible_errors",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column(
            "uncertainty", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("resolution_value", sa.Numeric(), nullable=True),
        sa.Column("resolution_unit", sa.String(), nullable=True),
        sa.Column("scale_interval_value", sa.Numeric(), nullable=True),
        sa.Column("scale_interval_unit", sa.String(), nullable=True),
        sa.Column(
            "field",
            sa.Enum(
                "LENGTH",
                "MECHANICS",
                "THERMAL",
                "ELECTROMAGNETIC",
                "RADIO",
                "TIME_FREQUENCY",
                "OPTICS",
                "ACOUSTICS",
                "CHEMISTRY",
                "IONIZING_RADIATION",
                name="metrologyfield",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "management_class",
            sa.Enum(
                "A",
                "B",
                "C",
                name="managementclass",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "role",
            sa.Enum(
                "WORKING",
                "STANDARD",
                "AUXILIARY",
                name="instrumentrole",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("compulsory", sa.Boolean(), nullable=False),
        sa.Column(
            "compulsory_purpose",
            sa.Enum(
                "TRADE_SETTLEMENT",
                "SAFETY",
                "MEDICAL_HEALTH",
                "ENVIRONMENT",
                "PUBLIC_STANDARD",
                "HIGHEST_STANDARD",
                name="compulsorypurpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("catalogue_item", sa.String(), nullable=True),
        sa.Column("catalogue_kind", sa.String(), nullable=True),
        sa.Column("compulsory_code", sa.String(), nullable=True),
        sa.Column(
            "filing_state",
            sa.Enum(
                "NONE",
                "SUBMITTED",
                "ACCEPTED",
                "RETURNED",
                name="filingstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("filing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filing_reason", sa.String(), nullable=True),
        sa.Column(
            "verification_form",
            sa.Enum(
                "PERIODIC",
                "FIRST_ONLY_SCRAP",
                "FIRST_ONLY_ROTATE",
                "NONE",
                name="verificationform",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "calibration_mode",
            sa.Enum(
                "VERIFICATION",
                "CALIBRATION",
                "INTERNAL",
                "TEST",
                "EXEMPT",
                name="calibrationmode",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("interval_months", sa.Integer(), nullable=True),
        sa.Column("last_date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "IN_USE",
                "STOPPED",
                "SEALED",
                "REPAIR",
                "SCRAPPED",
                name="instrumentstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status_reason", sa.String(), nullable=True),
        sa.Column("status_moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsealed_on", sa.Date(), nullable=True),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("custodian", sa.String(), nullable=True),
        sa.Column("custodian_id", sa.Uuid(), nullable=True),
        sa.Column("install_district", sa.String(length=6), nullable=True),
        sa.Column("purchase_date", sa.Date(), nullable=True),
        sa.Column("purchase_price", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("purchase_supplier", sa.String(), nullable=True),
        sa.Column("photo_urls", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("qr_code", sa.String(), nullable=True),
        sa.Column("certificate_no", sa.String(), nullable=True),
        sa.Column("remark", sa.String(), nullable=True),
        sa.Column("import_sha256", sa.String(length=64), nullable=True),
        sa.Column("import_line", sa.Integer(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "interval_months BETWEEN 1 AND 120", name=op.f("ck_instrument_interval_months_range")
        ),
        sa.CheckConstraint(
            "purchase_price >= 0", name=op.f("ck_instrument_purchase_price_positive")
        ),
        sa.ForeignKeyConstraint(
            ["custodian_id"], ["personnel.id"], name=op.f("fk_instrument_custodian_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["organization.id"], name=op.f("fk_instrument_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument")),
    )
    op.create_index(
        "ix_instrument_manufacturer_serial_no",
        "instrument",
        ["manufacturer", "serial_no"],
        unique=False,
    )
    op.create_index(
        "ix_instrument_owner_id_due_date",
        "instrument",
        ["owner_id", "due_date", "id"],
        unique=False,
    )
    op.create_index("ix_instrument_owner_id_id", "instrument", ["owner_id", "id"], unique=False)
    op.create_index(
        "uq_instrument_owner_id_ledger_key",
        "instrument",
        ["owner_id", "ledger_key"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "measurement_standard",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "field",
            sa.Enum(
                "LENGTH",
                "MECHANICS",
                "THERMAL",
                "ELECTROMAGNETIC",
                "RADIO",
                "TIME_FREQUENCY",
                "OPTICS",
                "ACOUSTICS",
                "CHEMISTRY",
                "IONIZING_RADIATION",
                name="metrologyfield",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "measuring_ranges",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column(
            "uncertainty", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("accuracy_class", sa.String(), nullable=True),
        sa.Column(
            "max_permissible_errors",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "PUBLIC",
                "DEPARTMENT",
                "ENTERPRISE_HIGHEST",
                "WORKING",
                name="standardkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("assessment_certificate_no", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("public_standard_certificate_no", sa.String(), nullable=True),
        sa.Column(
            "stability", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "repeatability",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column("keeper_id", sa.Uuid(), nullable=True),
        sa.Column("authorized_items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "IN_USE",
                "SUSPENDED",
                "WITHDRAWN",
                name="standardstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "valid_from <= valid_to", name=op.f("ck_measurement_standard_validity_order")
        ),
        sa.ForeignKeyConstraint(
            ["keeper_id"], ["personnel.id"], name=op.f("fk_measurement_standard_keeper_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["organization.id"], name=op.f("fk_measurement_standard_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurement_standard")),
        sa.UniqueConstraint("owner_id", "code", name=op.f("uq_measurement_standard_owner_id_code")),
    )
    op.create_table(
        "personnel_certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "REGISTERED_METROLOGIST_1",
                "REGISTERED_METROLOGIST_2",
                "VERIFIER",
                "SIGNATORY",
                "ASSESSOR",
                "TRAINED",
                name="personnelcertificatekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("issued_at", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "VALID",
                "SUSPENDED",
                "EXPIRED",
                "REVOKED",
                "CANCELLED",
                name="personnelcertificatestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["personnel.id"], name=op.f("fk_personnel_certificate_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personnel_certificate")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_personnel_certificate_kind_number")),
    )
    op.create_index(
        op.f("ix_personnel_certificate_person_id"),
        "personnel_certificate",
        ["person_id"],
        unique=False,
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("login_name", sa.String(length=64), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("district", sa.String(length=6), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("ident_methods", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "ACTIVE",
                "LOCKED",
                "CLOSED",
                name="userstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_user_account_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["personnel.id"], name=op.f("fk_user_account_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("login_name", name=op.f("uq_user_account_login_name")),
    )
    op.create_index(
        op.f("ix_user_account_organization_id"), "user_account", ["organization_id"], unique=False
    )
    op.create_table(
        "access_token",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_access_token_user_id")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_access_token")),
    )
    op.create_index(op.f("ix_access_token_user_id"), "access_token", ["user_id"], unique=False)
    op.create_table(
        "certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("verify_code", sa.String(), nullable=False),
        sa.Column("verify_key_id", sa.String(), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=True),
        sa.Column(
            "item", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "VERIFICATION_CERTIFICATE",
                "RESULT_NOTICE",
                "CALIBRATION_CERTIFICATE",
                "TEST_REPORT",
                name="certificatekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("authorization_id", sa.Uuid(), nullable=True),
        sa.Column("capability_id", sa.Uuid(), nullable=True),
        sa.Column("basis_text", sa.String(), nullable=True),
        sa.Column(
            "traceability",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column("order_item_no", sa.String(), nullable=True),
        sa.Column("received_at", sa.Date(), nullable=True),
        sa.Column("test_from", sa.Date(), nullable=True),
        sa.Column("test_to", sa.Date(), nullable=True),
        sa.Column("issue_date", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("recalibration_agreed", sa.Boolean(), nullable=False),
        sa.Column(
            "location",
            sa.Enum(
                "LAB",
                "ON_SITE",
                "BRANCH",
                "CUSTOMER_BRANCH",
                "OTHER",
                name="location",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "environment", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "conclusion",
            sa.Enum(
                "QUALIFIED",
                "UNQUALIFIED",
                "CLASS",
                "RESULT_ONLY",
                name="conclusion",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("conclusion_class", sa.String(), nullable=True),
        sa.Column("conclusion_reason", sa.String(), nullable=True),
        sa.Column("tested_by_id", sa.Uuid(), nullable=True),
        sa.Column("checked_by_id", sa.Uuid(), nullable=True),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "persons", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "seals", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "files", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "state",
            sa.Enum(
                "DRAFT",
                "CHECKED",
                "APPROVED",
                "ISSUED",
                "REPLACED",
                "REVOKED",
                name="certificatestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column(
            "replacement_kind",
            sa.Enum(
                "AMENDED",
                "SUBSTITUTED",
                name="replacementkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("revocation_reason", sa.String(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fee", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("fee_item_id", sa.Uuid(), nullable=True),
        sa.Column(
            "warnings", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.CheckConstraint(
            "kind = 'VERIFICATION_CERTIFICATE' OR valid_until IS NULL OR recalibration_agreed",
            name=op.f("ck_certificate_validity_only_for_verification"),
        ),
        sa.CheckConstraint("fee >= 0", name=op.f("ck_certificate_fee_positive")),
        sa.CheckConstraint(
            "received_at <= test_from", name=op.f("ck_certificate_received_before_test")
        ),
        sa.CheckConstraint("test_from <= test_to", name=op.f("ck_certificate_test_from_before_to")),
        sa.CheckConstraint("test_to <= issue_date", name=op.f("ck_certificate_test_before_issue")),
        sa.CheckConstraint(
            "tested_by_id <> checked_by_id", name=op.f("ck_certificate_two_persons")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["personnel.id"], name=op.f("fk_certificate_approved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["authorization_id"], ["qualification.id"], name=op.f("fk_certificate_authorization_id")
        ),
        sa.ForeignKeyConstraint(
            ["capability_id"], ["capability.id"], name=op.f("fk_certificate_capability_id")
        ),
        sa.ForeignKeyConstraint(
            ["checked_by_id"], ["personnel.id"], name=op.f("fk_certificate_checked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["organization.id"], name=op.f("fk_certificate_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["fee_item_id"], ["fee_item.id"], name=op.f("fk_certificate_fee_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instrument.id"], name=op.f("fk_certificate_instrument_id")
        ),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["organization.id"], name=op.f("fk_certificate_issuer_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["certificate.id"], name=op.f("fk_certificate_replaces_id")
        ),
        sa.ForeignKeyConstraint(
            ["tested_by_id"], ["personnel.id"], name=op.f("fk_certificate_tested_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("issuer_id", "number", name=op.f("uq_certificate_issuer_id_number")),
    )
    op.create_index("ix_certificate_client_id_id", "certificate", ["client_id", "id"], unique=False)
    op.create_index(
        "ix_certificate_instrument_id_issue_date",
        "certificate",
        ["instrument_id", "issue_date", "id"],
        unique=False,
    )
    op.create_index("ix_certificate_issuer_id_id", "certificate", ["issuer_id", "id"], unique=False)
    op.create_index("ix_certificate_number", "certificate", ["number"], unique=False)
    op.create_index(
        op.f("ix_certificate_replaces_id"), "certificate", ["replaces_id"], unique=False
    )
    op.create_table(
        "certified_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("source_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("capability_id", sa.Uuid(), nullable=True),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["capability_id"], ["capability.id"], name=op.f("fk_certified_item_capability_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["personnel.id"], name=op.f("fk_certified_item_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certified_item")),
        sa.UniqueConstraint("person_id", "item", name=op.f("uq_certified_item_person_id_item")),
    )
    op.create_index(
        op.f("ix_certified_item_capability_id"), "certified_item", ["capability_id"], unique=False
    )
    op.create_table(
        "standard_document",
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["technical_document.id"],
            name=op.f("fk_standard_document_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["standard_id"],
            ["measurement_standard.id"],
            name=op.f("fk_standard_document_standard_id"),
        ),
        sa.PrimaryKeyConstraint("standard_id", "document_id", name=op.f("pk_standard_document")),
    )
    op.create_table(
        "standard_instrument",
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "WORKING",
                "STANDARD",
                "AUXILIARY",
                name="instrumentrole",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instrument.id"], name=op.f("fk_standard_instrument_instrument_id")
        ),
        sa.ForeignKeyConstraint(
            ["standard_id"],
            ["measurement_standard.id"],
            name=op.f("fk_standard_instrument_standard_id"),
        ),
        sa.PrimaryKeyConstraint(
            "standard_id", "instrument_id", name=op.f("pk_standard_instrument")
        ),
    )
    op.create_table(
        "standard_operator",
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["personnel.id"], name=op.f("fk_standard_operator_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["standard_id"],
            ["measurement_standard.id"],
            name=op.f("fk_standard_operator_standard_id"),
        ),
        sa.PrimaryKeyConstraint("standard_id", "person_id", name=op.f("pk_standard_operator")),
    )
    op.create_table(
        "certificate_basis",
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_certificate_basis_certificate_id")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["organization.id"], name=op.f("fk_certificate_basis_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["technical_document.id"],
            name=op.f("fk_certificate_basis_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["organization.id"], name=op.f("fk_certificate_basis_issuer_id")
        ),
        sa.PrimaryKeyConstraint("certificate_id", "position", name=op.f("pk_certificate_basis")),
    )
    op.create_index(
        op.f("ix_certificate_basis_document_id"), "certificate_basis", ["document_id"], unique=False
    )
    op.create_table(
        "certificate_standard_used",
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("standard_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("measuring_range", sa.String(), nullable=True),
        sa.Column("accuracy", sa.String(), nullable=True),
        sa.Column("certificate_no", sa.String(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_certificate_standard_used_certificate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["organization.id"], name=op.f("fk_certificate_standard_used_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["organization.id"], name=op.f("fk_certificate_standard_used_issuer_id")
        ),
        sa.ForeignKeyConstraint(
            ["standard_id"],
            ["measurement_standard.id"],
            name=op.f("fk_certificate_standard_used_standard_id"),
        ),
        sa.PrimaryKeyConstraint(
            "certificate_id", "position", name=op.f("pk_certificate_standard_used")
        ),
    )
    op.create_index(
        op.f("ix_certificate_standard_used_standard_id"),
        "certificate_standard_used",
        ["standard_id"],
        unique=False,
    )
    op.create_table(
        "measurement_point",
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("result", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=True),
        sa.Column("nominal", sa.Numeric(), nullable=True),
        sa.Column("reference", sa.Numeric(), nullable=True),
        sa.Column("measured", sa.Numeric(), nullable=True),
        sa.Column("error", sa.Numeric(), nullable=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("reference_unit", sa.String(), nullable=True),
        sa.Column("error_unit", sa.String(), nullable=True),
        sa.Column("u", sa.Numeric(), nullable=True),
        sa.Column("u_unit", sa.String(), nullable=True),
        sa.Column("k", sa.Numeric(), nullable=True),
        sa.Column("p", sa.Numeric(), nullable=True),
        sa.Column("mpe_lower", sa.Numeric(), nullable=True),
        sa.Column("mpe_upper", sa.Numeric(), nullable=True),
        sa.Column(
            "verdict",
            sa.Enum(
                "PASS",
                "FAIL",
                "INDETERMINATE",
                "CONDITIONAL_PASS",
                "CONDITIONAL_FAIL",
                "NO_PASS",
                "NO_FAIL",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "decision_rule",
            sa.Enum(
                "FULL_VALUE",
                "ROUNDED_VALUE",
                "JJF_1094",
                "GUARDED",
                name="decisionrule",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.CheckConstraint("k >= 1", name=op.f("ck_measurement_point_k_at_least_one")),
        sa.CheckConstraint("mpe_lower <= mpe_upper", name=op.f("ck_measurement_point_mpe_order")),
        sa.CheckConstraint(
            "p > 0 AND p <= 1", name=op.f("ck_measurement_point_p_is_a_probability")
        ),
        sa.CheckConstraint("u > 0", name=op.f("ck_measurement_point_u_positive")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_measurement_point_certificate_id")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["organization.id"], name=op.f("fk_measurement_point_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["organization.id"], name=op.f("fk_measurement_point_issuer_id")
        ),
        sa.PrimaryKeyConstraint("certificate_id", "position", name=op.f("pk_measurement_point")),
    )
    op.create_table(
        "measurement_result",
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("parameter", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "INDICATION_ERROR",
                "VALUE",
                "DEVIATION",
                "OTHER",
                name="resultkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "stage",
            sa.Enum(
                "AS_FOUND",
                "AS_LEFT",
                "ONLY",
                name="resultstage",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column(
            "quantities", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_measurement_result_certificate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["organization.id"], name=op.f("fk_measurement_result_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["organization.id"], name=op.f("fk_measurement_result_issuer_id")
        ),
        sa.PrimaryKeyConstraint("certificate_id", "position", name=op.f("pk_measurement_result")),
    )
    # ### end Alembic commands ###
    secure()


def downgrade() -> None:
    """Take back."""
    op.execute("DROP SCHEMA shown CASCADE")
    # ### commands auto generated by Alembic - please adjust! ###
    op.drop_table("measurement_result")
    op.drop_table("measurement_point")
    op.drop_index(
        op.f("ix_certificate_standard_used_standard_id"), table_name="certificate_standard_used"
    )
    op.drop_table("certificate_standard_used")
    op.drop_index(op.f("ix_certificate_basis_document_id"), table_name="certificate_basis")
    op.drop_table("certificate_basis")
    op.drop_table("standard_operator")
    op.drop_table("standard_instrument")
    op.drop_table("standard_document")
    op.drop_index(op.f("ix_certified_item_capability_id"), table_name="certified_item")
    op.drop_table("certified_item")
    op.drop_index(op.f("ix_certificate_replaces_id"), table_name="certificate")
    op.drop_index("ix_certificate_number", table_name="certificate")
    op.drop_index("ix_certificate_issuer_id_id", table_name="certificate")
    op.drop_index("ix_certificate_instrument_id_issue_date", table_name="certificate")
    op.drop_index("ix_certificate_client_id_id", table_name="certificate")
    op.drop_table("certificate")
    op.drop_index(op.f("ix_access_token_user_id"), table_name="access_token")
    op.drop_table("access_token")
    op.drop_index(op.f("ix_user_account_organization_id"), table_name="user_account")
    op.drop_table("user_account")
    op.drop_index(op.f("ix_personnel_certificate_person_id"), table_name="personnel_certificate")
    op.drop_table("personnel_certificate")
    op.drop_table("measurement_standard")
    op.drop_index(
        "uq_instrument_owner_id_ledger_key",
        table_name="instrument",
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.drop_index("ix_instrument_owner_id_id", table_name="instrument")
    op.drop_index("ix_instrument_owner_id_due_date", table_name="instrument")
    op.drop_index("ix_instrument_manufacturer_serial_no", table_name="instrument")
    op.drop_table("instrument")
    op.drop_index(op.f("ix_capability_organization_id"), table_name="capability")
    op.drop_index(op.f("ix_capability_measured_object"), table_name="capability")
    op.drop_index(op.f("ix_capability_fee_code"), table_name="capability")
    op.drop_index(op.f("ix_capability_basis_id"), table_name="capability")
    op.drop_table("capability")
    op.drop_index(op.f("ix_qualification_holder_id"), table_name="qualification")
    op.drop_table("qualification")
    op.drop_table("personnel")
    op.drop_index(op.f("ix_fee_item_instrument_name"), table_name="fee_item")
    op.drop_index(op.f("ix_fee_item_document_id"), table_name="fee_item")
    op.drop_index(op.f("ix_fee_item_code"), table_name="fee_item")
    op.drop_table("fee_item")
    op.drop_index(op.f("ix_document_replacement_replaced_id"), table_name="document_replacement")
    op.drop_table("document_replacement")
    op.drop_index(op.f("ix_document_adoption_organization_id"), table_name="document_adoption")
    op.drop_table("document_adoption")
    op.drop_table("technical_document")
    op.drop_index(
        "uq_organization_country_name",
        table_name="organization",
        postgresql_where=sa.text("uscc IS NULL"),
    )
    op.drop_index(op.f("ix_organization_parent_id"), table_name="organization")
    op.drop_index(op.f("ix_organization_name"), table_name="organization")
    op.drop_table("organization")
    op.drop_table("inbox")
    op.drop_table("idempotency_key")
    op.drop_table("feed_head")
    op.drop_table("feed")
    op.drop_table("fee_document")
    op.drop_table("degree_of_equivalence")
    op.drop_table("catalogue_item")
    op.drop_table("audit_event")
    # ### end Alembic commands ###
