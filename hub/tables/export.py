"""Exports: a noun as a file, and the parts in which the file is stored."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.exchange import ExportFailure, ExportFormat, ExportNoun, ExportState
from hub.tables.base import INSTANT, TEXTS, Row, Table, term


class Export(Row, table=True):
    """All rows of a noun that its requester may read, as a file of `columns`.

    `roles` and `district` are those of the requester when it was asked for. Changes after the place
    `position` of the feed may be missing in it. `reached` is the cursor of its last row; with it
    are kept the `rows`, `parts`, bytes (`size`) and checksum (`crc`, CRC-32) so far. Whoever works
    on it holds the `lease` until `leased_until`; it is the `attempts`th since it last got on.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ("owner_id",)
    __tablename__: ClassVar[str] = "export"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        Index(
            "ix_export_unfinished",
            "id",
            postgresql_where=text("state IN ('QUEUED', 'RUNNING')"),
        ),
    )

    owner_id: UUID = Field(foreign_key="organization.id", index=True)
    requester_id: UUID = Field(foreign_key="user_account.id", index=True)
    roles: list[str] = Field(default_factory=list, sa_type=TEXTS)
    district: str | None = None
    noun: ExportNoun = Field(sa_type=term(ExportNoun))
    format: ExportFormat = Field(sa_type=term(ExportFormat))
    columns: list[str] = Field(default_factory=list, sa_type=TEXTS)
    state: ExportState = Field(default=ExportState.QUEUED, sa_type=term(ExportState))
    failure: ExportFailure | None = Field(default=None, sa_type=term(ExportFailure))
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    reached: str | None = Field(default=None, sa_column=Column(Text))
    rows: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    parts: int = 0
    size: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    crc: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    attempts: int = 0
    lease: UUID | None = None
    leased_until: datetime | None = Field(default=None, sa_type=INSTANT)
    finished_at: datetime | None = Field(default=None, sa_type=INSTANT)
    expires_at: datetime = Field(sa_type=INSTANT)


class ExportPart(Table, table=True):
    """A part of a file: JSONL and CSV deflated (RFC 1951, up to a whole byte), others as they are.

    A part of a bundle leaves for its end what the manifest says of it (`listing`, deflated), and
    what the `directory` does.
    """

    __tablename__: ClassVar[str] = "export_part"

    export_id: UUID = Field(
        sa_column=Column(ForeignKey("export.id", ondelete="CASCADE"), primary_key=True)
    )
    number: int = Field(primary_key=True)
    owner_id: UUID = Field(foreign_key="organization.id")
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    listing: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    directory: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
