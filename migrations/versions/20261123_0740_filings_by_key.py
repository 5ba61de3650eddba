"""What was accepted of filings is found by its normalised keys; requests can be withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "2e9b6c40d8f1"
down_revision = "8c41e5d2f7a6"
branch_labels = None
depends_on = None

CALLER = "nullif(current_setting('app.org', true), '')::uuid"
CHECK = "ck_verification_request_requeststate"
STATES = ("SUBMITTED", "ACCEPTED", "RETURNED", "DISPATCHED", "DONE")
WITHDRAWN = "state, reason, version, updated_at"
KEYS = ("filingKey", "itemKey")
NAMES = ("ix_source_record_filing_key", "ix_source_record_item_key")


def upgrade() -> None:
    """Apply."""
    admit((*STATES, "WITHDRAWN"))
    op.execute(
        "CREATE POLICY withdrawn_rows ON verification_request FOR UPDATE TO hub_app"
        f" USING (applicant_id = {CALLER})"
        f" WITH CHECK (applicant_id = {CALLER} AND state = 'WITHDRAWN')"
    )
    op.execute(f"GRANT UPDATE ({WITHDRAWN}) ON verification_request TO hub_app")
    for name, key in zip(NAMES, KEYS, strict=True):
        op.create_index(name, "source_record", ["connector_id", sa.text(f"(stated ->> '{key}')")])


def admit(states: tuple[str, ...]) -> None:
    """Let requests have these states."""
    op.drop_constraint(op.f(CHECK), "verification_request")
    words = ", ".join(f"'{one}'" for one in states)
    op.create_check_constraint(op.f(CHECK), "verification_request", f"state IN ({words})")


def downgrade() -> None:
    """Take back; what was withdrawn was returned."""
    op.execute("SELECT set_config('role', 'hub_staff', true), set_config('app.org', '*', true)")
    op.execute("UPDATE verification_request SET state = 'RETURNED' WHERE state = 'WITHDRAWN'")
    op.execute("RESET ROLE")
    admit(STATES)
    op.execute("DROP POLICY withdrawn_rows ON verification_request")
    op.execute(f"REVOKE UPDATE ({WITHDRAWN}) ON verification_request FROM hub_app")
    for name in NAMES:
        op.drop_index(name, "source_record")
