"""Certificates keep what they state of their parties."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "6b0c93e7a2d5"
down_revision = "2c5e8a91f4b7"
branch_labels = None
depends_on = None

STATED = """
    UPDATE certificate SET {party}_stated = jsonb_build_object(
        'name', o.name, 'uscc', o.uscc, 'country', o.country,
        'address', o.address, 'website', o.website
    ) FROM organization o WHERE o.id = {party}_id
"""


def upgrade() -> None:
    """Keep what is known today of the parties of certificates that were issued before."""
    # The owner of a table is bound by its policies too where they are forced, and sees no row.
    op.execute("ALTER TABLE certificate NO FORCE ROW LEVEL SECURITY")
    for party in ("issuer", "client"):
        op.add_column("certificate", sa.Column(f"{party}_stated", postgresql.JSONB()))
        op.execute(STATED.format(party=party))
        op.alter_column("certificate", f"{party}_stated", nullable=False)
    op.execute("ALTER TABLE certificate FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Take back."""
    for party in ("issuer", "client"):
        op.drop_column("certificate", f"{party}_stated")
