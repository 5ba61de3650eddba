"""Lines keep what the last test of a former owner found; requests for what has left are withdrawn."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "3e7a90c5d1b8"
down_revision = "8c41e5d2f7a6"
branch_labels = None
depends_on = None
TABLE = "verification_request"
CHECK = "ck_verification_request_requeststate"
STATES = "'SUBMITTED', 'ACCEPTED', 'RETURNED', 'DISPATCHED', 'DONE'"


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL lock_timeout = '4s'")
    json = postgresql.JSONB(none_as_null=True)
    op.add_column("instrument", sa.Column("former_test", json, nullable=True))
    allow(f"{STATES}, 'WITHDRAWN'")


def allow(states: str) -> None:
    """Let requests be in these states."""
    op.drop_constraint(op.f(CHECK), TABLE)
    op.create_check_constraint(op.f(CHECK), TABLE, f"state IN ({states})")


def downgrade() -> None:
    """Take back."""
    op.execute("SELECT set_config('role', 'hub_staff', true), set_config('app.org', '*', true)")
    op.execute("UPDATE verification_request SET state = 'RETURNED' WHERE state = 'WITHDRAWN'")
    op.execute("RESET ROLE")
    allow(STATES)
    op.drop_column("instrument", "former_test")
