"""Qualifications: authorisations, accreditations, assessments."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.tables.base import Row, term
from hub.vocabulary import QualificationKind, QualificationState


class Qualification(Row, table=True):
    """What an organisation is entitled to; key (kind, number). Validity is stored, not computed."""

    OWNERS: ClassVar[tuple[str, ...]] = ("holder_id",)
    __tablename__: ClassVar[str] = "qualification"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("kind", "number"),
        CheckConstraint("valid_from <= valid_to", name="validity_order"),
    )

    number: str
    holder_id: UUID = Field(foreign_key="organization.id", index=True)
    kind: QualificationKind = Field(sa_type=term(QualificationKind))
    scope_file: str | None = None
    issuer: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    state: QualificationState = Field(
        default=QualificationState.VALID, sa_type=term(QualificationState)
    )
