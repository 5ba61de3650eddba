"""Rows that are never stored: the hub hands them to a statement as JSON, which reads them so."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Column, ForeignKey, MetaData, Uuid
from sqlmodel import Field

from hub.exchange import SyncStatus
from hub.tables.base import JSON, TEXTS, Table, term
from hub.tables.instrument import Instrument


class Handed(Table):
    """Base of such rows; what one is shown by is `Policy` as for any other."""

    metadata: ClassVar[MetaData] = MetaData()


class InstrumentSync(Handed, table=True):
    """What became of one row of a ledger sync; `index` is its place in the call, from 0.

    `version` is the one of the instrument after the call, `changed` are the members of the row that
    differed from what was stored.
    """

    __tablename__: ClassVar[str] = "instrument_sync"

    index: int = Field(primary_key=True)
    external_id: str | None = None
    status: SyncStatus = Field(sa_type=term(SyncStatus))
    version: int | None = None
    changed: list[str] = Field(sa_type=TEXTS)
    problems: list[dict[str, Any]] = Field(sa_type=JSON)
    object_id: UUID | None = Field(
        sa_column=Column(
            Uuid,
            ForeignKey(Instrument.__table__.columns.id),  # type: ignore[attr-defined]  # SQLModel's
        )
    )
