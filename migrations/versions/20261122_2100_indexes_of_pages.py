"""Pages of a ledger and the certificates of an instrument come in the order of an index."""

import sqlalchemy as sa
from alembic import op

revision = "5d0c1f3a7e42"
down_revision = "913b8aa9d958"
branch_labels = None
depends_on = None

LIVE = "retired_at IS NULL"
CERTIFICATES = "ix_certificate_instrument_id_issue_date"
NEWEST = ["instrument_id", "issue_date DESC NULLS LAST", "id DESC NULLS LAST"]


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL lock_timeout = '4s'")
    for name in ("updated_at", "asset_no"):
        op.create_index(
            f"ix_instrument_owner_id_{name}",
            "instrument",
            ["owner_id", name, "id"],
            postgresql_where=sa.text(LIVE),
        )
    op.drop_index(CERTIFICATES, table_name="certificate")
    op.create_index(CERTIFICATES, "certificate", [sa.text(one) for one in NEWEST])


def downgrade() -> None:
    """Take back."""
    op.drop_index(CERTIFICATES, table_name="certificate")
    op.create_index(CERTIFICATES, "certificate", ["instrument_id", "issue_date", "id"])
    for name in ("updated_at", "asset_no"):
        op.drop_index(f"ix_instrument_owner_id_{name}", table_name="instrument")
