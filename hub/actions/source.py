"""What a connector has last said of its subjects, and which objects of the hub these are."""

from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from uuid_utils.compat import uuid7

from hub.policy import readable
from hub.tables.connector import SourceRecord
from hub.writer import Writer


async def record_of(
    db: Writer, connector_id: UUID, organization_id: UUID | None, subject: str
) -> SourceRecord:
    """The record of a connector's subject, empty at first; locked until the commit."""
    new: dict[str, Any] = {
        "id": uuid7(),
        "connector_id": connector_id,
        "organization_id": organization_id,
        "subject": subject,
        "stated": {},
    }
    await db.execute(insert(SourceRecord).values(new).on_conflict_do_nothing())
    this = (
        col(SourceRecord.connector_id) == connector_id,
        col(SourceRecord.subject) == subject,
    )
    return await db.one(readable(db.actor, SourceRecord).where(*this))


async def keep(db: Writer, record: SourceRecord, **values: Any) -> None:
    """Note on a record what has become known of its subject."""
    await db.execute(update(SourceRecord).where(col(SourceRecord.id) == record.id).values(**values))
