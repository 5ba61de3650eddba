"""What `Writer` writes beside each change: audit, outbox, idempotency; and what comes of it."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, SmallInteger, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from hub.exchange import ChangeKind, ChangeReason
from hub.tables.base import INSTANT, JSON, NOW, TEXTS, Table, term

UUIDS: Any = ARRAY(Uuid)


class Audited(Table):
    """Who did what to which object, when, for what purpose and with what result."""

    at: datetime = Field(default=None, sa_type=INSTANT, sa_column_kwargs=NOW)
    subject_id: UUID | None = None
    login: str
    organization_id: UUID | None = None
    roles: list[str] = Field(default_factory=list, sa_type=TEXTS)
    action: str
    object_type: str | None = None
    object_id: UUID | None = None
    fields: list[str] = Field(default_factory=list, sa_type=TEXTS)
    purpose: str | None = None
    result: str = "OK"
    request_id: str | None = None


class AuditEvent(Audited, table=True):
    """A committed event that is not in the chain yet; nobody changes it."""

    __tablename__: ClassVar[str] = "audit_inbox"

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))


class AuditRecord(Audited, table=True):
    """An event with its place in the chain: `seq` is dense, `hash` as `hub.rules.audit` makes it.

    One partition a month by `chained_at`, which never goes back as `seq` rises.
    """

    __tablename__: ClassVar[str] = "audit_log"
    __table_args__: ClassVar[tuple[Any, ...]] = (
        Index("ix_audit_log_object_id_seq", "object_id", "seq"),
        {"postgresql_partition_by": "RANGE (chained_at)"},
    )

    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    chained_at: datetime = Field(sa_type=INSTANT, primary_key=True)
    hash: bytes


class AuditHead(Table, table=True):
    """Where the chain ends, and where what is kept of it begins: behind the record `floor`.

    `floor_at` is when that record was chained.
    """

    __tablename__: ClassVar[str] = "audit_head"

    id: int = Field(default=1, sa_column=Column(SmallInteger, primary_key=True))
    seq: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    hash: bytes
    chained_at: datetime = Field(default=None, sa_type=INSTANT, sa_column_kwargs=NOW)
    floor: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    floor_hash: bytes
    floor_at: datetime | None = Field(default=None, sa_type=INSTANT)


class Change(Table):
    """One change of one object; `organization_ids` are the organisations whose own it is.

    A deletion bears its `reason`, and where the object was merged into another that object's id.
    To whom it is lost it is a deletion, though it lives on with others.
    """

    object_type: str
    object_id: UUID
    kind: ChangeKind = Field(sa_type=term(ChangeKind))
    reason: ChangeReason | None = Field(default=None, sa_type=term(ChangeReason))
    merged_into_id: UUID | None = None
    object_version: int
    organization_ids: list[UUID] = Field(default_factory=list, sa_type=UUIDS)
    at: datetime = Field(default=None, sa_type=INSTANT, sa_column_kwargs=NOW)


class InboxChange(Change, table=True):
    """A committed change that the sequencer has not numbered yet."""

    __tablename__: ClassVar[str] = "inbox"

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))


class FeedChange(Change, table=True):
    """A change with its place in the feed: `pos` is dense and never goes back."""

    __tablename__: ClassVar[str] = "feed"

    pos: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))


class FeedHead(Table, table=True):
    """The last position given out; the lock on this one row elects the sequencer.

    Changes up to the position `floor` are kept no longer.
    """

    __tablename__: ClassVar[str] = "feed_head"

    id: int = Field(default=1, sa_column=Column(SmallInteger, primary_key=True))
    pos: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    floor: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class IdempotencyKey(Table, table=True):
    """The stored answer to a mutation, by principal and key; kept for 72 hours."""

    __tablename__: ClassVar[str] = "idempotency_key"

    principal: str = Field(primary_key=True)
    key: str = Field(sa_column=Column(Text, primary_key=True))
    input_sha256: bytes
    answer: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    created_at: datetime = Field(default=None, sa_type=INSTANT, sa_column_kwargs=NOW)
