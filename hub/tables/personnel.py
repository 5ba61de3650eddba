"""Personnel: people who verify, calibrate, check and approve."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.tables.base import JSON, TEXTS, Row, term
from hub.vocabulary import PersonnelCertificateKind, PersonnelCertificateState


class Personnel(Row, table=True):
    """A person in the employ of an organisation; key (employer, staff number)."""

    OWNERS: ClassVar[tuple[str, ...]] = ("employer_id",)
    __tablename__: ClassVar[str] = "personnel"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("employer_id", "staff_no"),
    )

    employer_id: UUID = Field(foreign_key="organization.id")
    staff_no: str
    name: str
    title: str | None = None
    resident_id: str | None = None
    phone: str | None = None
    email: str | None = None
    photo_url: str | None = None
    education: str | None = None
    birth_date: date | None = None
    registered_at: date | None = None
    registration_valid_to: date | None = None
    discipline: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)


class PersonnelCertificate(Row, table=True):
    """A certificate that a person holds; key (kind, number)."""

    __tablename__: ClassVar[str] = "personnel_certificate"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (UniqueConstraint("kind", "number"),)

    person_id: UUID = Field(foreign_key="personnel.id", index=True)
    kind: PersonnelCertificateKind = Field(sa_type=term(PersonnelCertificateKind))
    number: str
    items: list[str] = Field(default_factory=list, sa_type=TEXTS)
    issued_at: date | None = None
    valid_to: date | None = None
    state: PersonnelCertificateState = Field(
        default=PersonnelCertificateState.VALID, sa_type=term(PersonnelCertificateState)
    )


class CertifiedItem(Row, table=True):
    """What a person is authorised to verify or calibrate: a capability, or an item by name."""

    __tablename__: ClassVar[str] = "certified_item"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (UniqueConstraint("person_id", "item"),)

    person_id: UUID = Field(foreign_key="personnel.id")
    capability_id: UUID | None = Field(default=None, foreign_key="capability.id", index=True)
    item: str
    valid_from: date | None = None
    valid_to: date | None = None
