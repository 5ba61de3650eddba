"""Connectors to other systems: what is said to them and by them, what they state, conflicts."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field
from uuid_utils.compat import uuid7

from hub.errors import Words
from hub.exchange import (
    ConflictResolution,
    ConflictRule,
    ConflictState,
    ConnectorFailure,
    ConnectorHealth,
    ConnectorKind,
    ConnectorState,
    MessageDirection,
    MessageState,
)
from hub.tables.base import INSTANT, JSON, NOW, Row, Table, term


class Connector(Row, table=True):
    """A connector; it is the platform's where it has no organisation.

    Without a `base_url` it is told everything at the door. The place up to which it has been read
    is `cursor`; `rereads` counts how often the page there came with a wrong total. It has failed
    `failures` times in a row since `failing_since`, and is left alone until `blocked_until`.
    Everything that it had to say had been read at `caught_up_at`. Whoever talks with it holds it
    until `leased_until`, and begins again at `next_at`. `credential` and `secret`, what its own
    messages are signed with, are sealed.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ("organization_id",)
    KEYS: ClassVar[dict[str, tuple[Words, str]]] = {
        "uq_connector_organization_id_code": (
            Words("本机构已有此代码的连接", "your organisation has a connector of this code"),
            "code",
        )
    }
    __tablename__: ClassVar[str] = "connector"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("organization_id", "code", postgresql_nulls_not_distinct=True),
        CheckConstraint("base_url IS NULL OR credential IS NOT NULL", name="credential_given"),
    )

    code: str
    kind: ConnectorKind = Field(sa_type=term(ConnectorKind))
    name: str
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id")
    base_url: str | None = Field(default=None, sa_column=Column(Text))
    credential: str | None = None
    secret: str
    state: ConnectorState = Field(default=ConnectorState.ACTIVE, sa_type=term(ConnectorState))
    cursor: str | None = Field(default=None, sa_column=Column(Text))
    rereads: int = 0
    health: ConnectorHealth = Field(default=ConnectorHealth.OK, sa_type=term(ConnectorHealth))
    failures: int = 0
    failing_since: datetime | None = Field(default=None, sa_type=INSTANT)
    blocked_until: datetime | None = Field(default=None, sa_type=INSTANT)
    last_success_at: datetime | None = Field(default=None, sa_type=INSTANT)
    caught_up_at: datetime | None = Field(default=None, sa_type=INSTANT)
    last_failure: ConnectorFailure | None = Field(default=None, sa_type=term(ConnectorFailure))
    last_failure_at: datetime | None = Field(default=None, sa_type=INSTANT)
    last_status: int | None = None
    next_at: datetime = Field(sa_type=INSTANT)
    leased_until: datetime | None = Field(default=None, sa_type=INSTANT)


class ConnectorMessage(Table, table=True):
    """What was said to a connector or by it: `key` is the message's own, `body` its JSON.

    One that nobody understands has no `at`. `problem` {code, zh, en, path} says why it was not
    taken; `receipt` is what the other system calls it.
    """

    __tablename__: ClassVar[str] = "connector_message"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("connector_id", "direction", "key"),
        Index(
            "ix_connector_message_due",
            "connector_id",
            "direction",
            "next_at",
            "id",
            postgresql_where=text("state = 'PENDING'"),
        ),
        Index(
            "ix_connector_message_waiting",
            "connector_id",
            "direction",
            "subject",
            "id",
            postgresql_where=text("state = 'PENDING'"),
        ),
        Index(
            "ix_connector_message_open",
            "connector_id",
            "direction",
            "state",
            postgresql_where=text("state IN ('PENDING', 'REJECTED', 'DEAD')"),
        ),
        Index("ix_connector_message_connector_id_id", "connector_id", "id"),
        Index("ix_connector_message_updated_at", "updated_at"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    version: int = Field(default=1, ge=1)
    created_at: datetime = Field(default=None, sa_type=INSTANT, sa_column_kwargs=NOW)
    updated_at: datetime = Field(default=None, sa_type=INSTANT, sa_column_kwargs=NOW)
    connector_id: UUID = Field(sa_column=Column(ForeignKey("connector.id"), nullable=False))
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id")
    direction: MessageDirection = Field(sa_type=term(MessageDirection))
    key: str
    type: str
    subject: str
    seq: int | None = Field(default=None, sa_column=Column(BigInteger))
    at: datetime | None = Field(default=None, sa_type=INSTANT)
    body: str = Field(sa_column=Column(Text, nullable=False))
    state: MessageState = Field(default=MessageState.PENDING, sa_type=term(MessageState))
    tries: int = 0
    next_at: datetime = Field(sa_type=INSTANT)
    tried_since: datetime | None = Field(default=None, sa_type=INSTANT)
    problem: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    receipt: str | None = None
    done_at: datetime | None = Field(default=None, sa_type=INSTANT)


class ConnectorHour(Table, table=True):
    """How many tries a connector took in the hour that begins at `hour`, and how many failed."""

    __tablename__: ClassVar[str] = "connector_hour"

    connector_id: UUID = Field(foreign_key="connector.id", primary_key=True)
    hour: datetime = Field(sa_type=INSTANT, primary_key=True)
    tries: int = 0
    failures: int = 0


class SourceRecord(Table, table=True):
    """What a connector has last said of its `subject`, and which object of the hub that is.

    `stated` is what it said field by field, as text; `seq` and `as_of` tell older events apart.
    """

    __tablename__: ClassVar[str] = "source_record"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("connector_id", "subject"),
        Index("ix_source_record_object_id", "object_id"),
        Index("ix_source_record_filing_key", "connector_id", text("(stated ->> 'filingKey')")),
        Index("ix_source_record_item_key", "connector_id", text("(stated ->> 'itemKey')")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    connector_id: UUID = Field(foreign_key="connector.id")
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id")
    subject: str
    seq: int | None = Field(default=None, sa_column=Column(BigInteger))
    as_of: datetime | None = Field(default=None, sa_type=INSTANT)
    object_type: str | None = None
    object_id: UUID | None = None
    stated: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class Conflict(Row, table=True):
    """Two values of one `field` of an instrument, ours and theirs, as text.

    `base` is what they said before; `reason` {zh, en} are the words of a rule that refused theirs,
    or why it has ended with nobody's decision.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ("owner_id",)
    __tablename__: ClassVar[str] = "conflict"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        Index(
            "uq_conflict_open",
            "connector_id",
            "instrument_id",
            "field",
            unique=True,
            postgresql_where=text("state = 'OPEN'"),
        ),
        Index("ix_conflict_owner_id_id", "owner_id", "id"),
        Index("ix_conflict_instrument_id", "instrument_id"),
    )

    owner_id: UUID = Field(foreign_key="organization.id")
    connector_id: UUID = Field(foreign_key="connector.id")
    instrument_id: UUID = Field(foreign_key="instrument.id")
    field: str
    ours: str | None = Field(default=None, sa_column=Column(Text))
    theirs: str | None = Field(default=None, sa_column=Column(Text))
    base: str | None = Field(default=None, sa_column=Column(Text))
    as_of: datetime = Field(sa_type=INSTANT)
    rule: ConflictRule = Field(sa_type=term(ConflictRule))
    reason: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    state: ConflictState = Field(default=ConflictState.OPEN, sa_type=term(ConflictState))
    resolution: ConflictResolution | None = Field(default=None, sa_type=term(ConflictResolution))
    resolved_at: datetime | None = Field(default=None, sa_type=INSTANT)
    resolved_by: str | None = None
