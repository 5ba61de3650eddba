"""What was accepted of filings is found by its normalised number, or serial number and maker."""

import sqlalchemy as sa
from alembic import op

revision = "2e9b6c40d8f1"
down_revision = "8c41e5d2f7a6"
branch_labels = None
depends_on = None

KEYS = ("filingKey", "itemKey")
NAMES = ("ix_source_record_filing_key", "ix_source_record_item_key")


def upgrade() -> None:
    """Give the records of filings their keys, and index those."""
    told = f"UPDATE source_record SET object_type = 'Instrument', {FOUND} WHERE {FILINGS}"  # noqa: S608 -- our own names
    op.execute(told)
    for name, key in zip(NAMES, KEYS, strict=True):
        op.create_index(name, "source_record", ["connector_id", sa.text(f"(stated ->> '{key}')")])


def plain(name: str) -> str:
    """SQL of what a record states under `name`: half-width, without blanks, in upper case."""
    half = f"translate(stated ->> '{name}', '{WIDE}', '{NARROW}')"
    return f"upper(regexp_replace({half}, '[[:space:]\\u3000]', '', 'g'))"


WIDE = "".join(chr(0xFF01 + offset) for offset in range(94)).replace("'", "''")
NARROW = "".join(chr(0x21 + offset) for offset in range(94)).replace("'", "''")
FILINGS = "object_id IS NULL AND stated ? 'filingNo' AND subject ~ '^instrument/[0-9a-f-]{36}$'"
ITEM = f"nullif({plain('serialNo')}, '') || ' ' || nullif({plain('manufacturer')}, '')"
FOUND = (
    "object_id = substr(subject, 12)::uuid, stated = stated || jsonb_strip_nulls("
    f"jsonb_build_object('filingKey', {plain('filingNo')}, 'itemKey', {ITEM}))"
)


def downgrade() -> None:
    """Take back; the keys are not read before."""
    for name in NAMES:
        op.drop_index(name, "source_record")
