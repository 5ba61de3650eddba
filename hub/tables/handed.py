"""Rows that are never stored: the hub hands them to a statement as JSON, which reads them so."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Column, ForeignKey, MetaData, Uuid
from sqlmodel import Field

from hub.exchange import SyncStatus
from hub.tables.base import JSON, TEXTS, Row, Table, term
from hub.tables.fee import FeeItem
from hub.tables.instrument import Instrument
from hub.tables.personnel import Personnel
from hub.tables.standard import MeasurementStandard


class Handed(Table):
    """Base of such rows; what one is shown by is `Policy` as for any other."""

    metadata: ClassVar[MetaData] = MetaData()


class RowSync(Handed):
    """What became of one row of a sync; `index` is its place in the call, from 0.

    `version` is the one of the object after the call, `changed` are the members of the row that
    differed from what was stored.
    """

    index: int = Field(primary_key=True)
    external_id: str | None = None
    status: SyncStatus = Field(sa_type=term(SyncStatus))
    version: int | None = None
    changed: list[str] = Field(sa_type=TEXTS)
    problems: list[dict[str, Any]] = Field(sa_type=JSON)


def _of(table: type[Row]) -> Any:
    """The id of the row of `table` that a row of a sync has come to."""
    key = table.__table__.columns.id  # type: ignore[attr-defined]  # SQLModel's own
    return Field(sa_column=Column(Uuid, ForeignKey(key)))


class InstrumentSync(RowSync, table=True):
    """A row of a ledger."""

    __tablename__: ClassVar[str] = "instrument_sync"

    object_id: UUID | None = _of(Instrument)


class StandardSync(RowSync, table=True):
    """A measurement standard."""

    __tablename__: ClassVar[str] = "standard_sync"

    object_id: UUID | None = _of(MeasurementStandard)


class FeeItemSync(RowSync, table=True):
    """A line of a fee notice."""

    __tablename__: ClassVar[str] = "fee_item_sync"

    object_id: UUID | None = _of(FeeItem)


class PersonnelSync(RowSync, table=True):
    """A person."""

    __tablename__: ClassVar[str] = "personnel_sync"

    object_id: UUID | None = _of(Personnel)
