"""Lines keep what the last test of a former owner found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "3e7a90c5d1b8"
down_revision = "2e9b6c40d8f1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL lock_timeout = '4s'")
    json = postgresql.JSONB(none_as_null=True)
    op.add_column("instrument", sa.Column("former_test", json, nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("instrument", "former_test")
