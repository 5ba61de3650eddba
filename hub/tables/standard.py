"""Measurement standards, their instruments, operators and documents."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.tables.base import JSON, TEXTS, Row, Table, term
from hub.vocabulary import InstrumentRole, MetrologyField, StandardKind, StandardState


class MeasurementStandard(Row, table=True):
    """A measurement standard; `code` (JJF 1022-2014) is its key with the owner."""

    OWNERS: ClassVar[tuple[str, ...]] = ("owner_id",)
    __tablename__: ClassVar[str] = "measurement_standard"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("owner_id", "code"),
        CheckConstraint("valid_from <= valid_to", name="validity_order"),
    )

    owner_id: UUID = Field(foreign_key="organization.id")
    code: str
    name: str
    field: MetrologyField | None = Field(default=None, sa_type=term(MetrologyField))
    measuring_ranges: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    uncertainty: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    accuracy_class: str | None = None
    max_permissible_errors: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    kind: StandardKind = Field(sa_type=term(StandardKind))
    assessment_certificate_no: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    public_standard_certificate_no: str | None = None
    stability: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    repeatability: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    keeper_id: UUID | None = Field(default=None, foreign_key="personnel.id")
    authorized_items: list[str] = Field(default_factory=list, sa_type=TEXTS)
    state: StandardState = Field(default=StandardState.IN_USE, sa_type=term(StandardState))


class StandardInstrument(Table, table=True):
    """An instrument that makes up a standard: STANDARD the main ones, AUXILIARY the others."""

    __tablename__: ClassVar[str] = "standard_instrument"

    standard_id: UUID = Field(foreign_key="measurement_standard.id", primary_key=True)
    instrument_id: UUID = Field(foreign_key="instrument.id", primary_key=True)
    role: InstrumentRole = Field(default=InstrumentRole.STANDARD, sa_type=term(InstrumentRole))


class StandardOperator(Table, table=True):
    """A person who may operate a standard."""

    __tablename__: ClassVar[str] = "standard_operator"

    standard_id: UUID = Field(foreign_key="measurement_standard.id", primary_key=True)
    person_id: UUID = Field(foreign_key="personnel.id", primary_key=True)


class StandardDocument(Table, table=True):
    """A document that a standard is built on."""

    __tablename__: ClassVar[str] = "standard_document"

    standard_id: UUID = Field(foreign_key="measurement_standard.id", primary_key=True)
    document_id: UUID = Field(foreign_key="technical_document.id", primary_key=True)
