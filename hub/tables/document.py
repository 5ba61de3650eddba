"""Technical documents: verification regulations, calibration specifications, standards."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.tables.base import JSON, Row, Table, term
from hub.vocabulary import AdoptionState, DocumentKind


class TechnicalDocument(Row, table=True):
    """A technical document; `number` in its normal form ("JJG 52-2013") is the key.

    Its state at a day is derived from `effective`, `abolished` and its successors.
    `verification_interval` is {maxMonths, clause} where the document fixes one.
    """

    __tablename__: ClassVar[str] = "technical_document"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        CheckConstraint("issued <= effective", name="issued_before_effective"),
        CheckConstraint("effective <= abolished", name="effective_before_abolished"),
    )

    number: str = Field(unique=True)
    kind: DocumentKind = Field(sa_type=term(DocumentKind))
    title_zh: str
    title_en: str | None = None
    issued: date | None = None
    effective: date | None = None
    abolished: date | None = None
    replaced_on: date | None = None
    verification_interval: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    file_url: str | None = None
    evidence: str | None = None
    note: str | None = None


class DocumentReplacement(Table, table=True):
    """`document_id` replaces `replaced_id`, wholly or in part."""

    __tablename__: ClassVar[str] = "document_replacement"

    document_id: UUID = Field(foreign_key="technical_document.id", primary_key=True)
    replaced_id: UUID = Field(foreign_key="technical_document.id", primary_key=True, index=True)


class DocumentAdoption(Row, table=True):
    """How far a laboratory has adopted a document; key (document, laboratory)."""

    OWNERS: ClassVar[tuple[str, ...]] = ("organization_id",)
    __tablename__: ClassVar[str] = "document_adoption"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("document_id", "organization_id"),
    )

    document_id: UUID = Field(foreign_key="technical_document.id")
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    state: AdoptionState = Field(sa_type=term(AdoptionState))
    transition_until: date | None = None
