"""Requests to have instruments verified or calibrated, and the tasks that come of them."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.errors import Words
from hub.exchange import ConnectorKind
from hub.tables.base import INSTANT, JSON, Row, Table, term
from hub.vocabulary import RequestState, TaskState


class VerificationRequest(Row, table=True):
    """What an enterprise asks of an institute, through a system of the kind `channel`.

    `no` is the hub's number, `external_no` that of the other system. `size` is how many instruments
    it is about.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ("applicant_id", "institute_id")
    KEYS: ClassVar[dict[str, tuple[Words, str]]] = {
        "uq_verification_request_no": (Words("此申请编号已被使用", "this number is taken"), "no")
    }
    __tablename__: ClassVar[str] = "verification_request"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("no"),
        Index("ix_verification_request_applicant_id_id", "applicant_id", "id"),
        Index("ix_verification_request_institute_id_id", "institute_id", "id"),
    )

    no: str
    applicant_id: UUID = Field(foreign_key="organization.id")
    institute_id: UUID = Field(foreign_key="organization.id")
    channel: ConnectorKind = Field(sa_type=term(ConnectorKind))
    state: RequestState = Field(default=RequestState.SUBMITTED, sa_type=term(RequestState))
    size: int
    on_site: bool = False
    latest_date: date | None = None
    note: str | None = None
    external_no: str | None = None
    reason: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=INSTANT)


class RequestItem(Table, table=True):
    """One instrument of a request; `item` is how it stood in the ledger when it was asked for.

    `item` is {name, modelSpec, serialNo, manufacturer, assetNo, filingNo}.
    """

    __tablename__: ClassVar[str] = "verification_request_item"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        Index("ix_verification_request_item_instrument_id", "instrument_id"),
    )

    request_id: UUID = Field(primary_key=True, foreign_key="verification_request.id")
    position: int = Field(primary_key=True)
    applicant_id: UUID = Field(foreign_key="organization.id")
    institute_id: UUID = Field(foreign_key="organization.id")
    instrument_id: UUID = Field(foreign_key="instrument.id")
    item: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class VerificationTask(Row, table=True):
    """A task that another system has given to an institute, one for each of its numbers there.

    `item` is what was said of the instrument {name, filingNo, serialNo, manufacturer}. Where the
    hub knows no such instrument, or several, it is of no one: `owner_id` and `instrument_id` are
    None. `certificate_id` is the result that was reported.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ("institute_id", "owner_id")
    __tablename__: ClassVar[str] = "verification_task"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("connector_id", "task_no"),
        Index("ix_verification_task_institute_id_id", "institute_id", "id"),
        Index("ix_verification_task_owner_id_id", "owner_id", "id"),
        Index("ix_verification_task_instrument_id", "instrument_id"),
        Index("ix_verification_task_request_id", "request_id"),
    )

    task_no: str
    connector_id: UUID = Field(foreign_key="connector.id")
    channel: ConnectorKind = Field(sa_type=term(ConnectorKind))
    institute_id: UUID = Field(foreign_key="organization.id")
    owner_id: UUID | None = Field(default=None, foreign_key="organization.id")
    instrument_id: UUID | None = Field(default=None, foreign_key="instrument.id")
    request_id: UUID | None = Field(default=None, foreign_key="verification_request.id")
    item: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    state: TaskState = Field(default=TaskState.DISPATCHED, sa_type=term(TaskState))
    due_date: date | None = None
    reason: str | None = None
    certificate_id: UUID | None = Field(default=None, foreign_key="certificate.id")
    reported_at: datetime | None = Field(default=None, sa_type=INSTANT)
