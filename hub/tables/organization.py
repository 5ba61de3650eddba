"""Organisations: enterprises, institutes, laboratories, authorities."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.tables.base import TEXTS, Row, term
from hub.vocabulary import VerifyState


class Organization(Row, table=True):
    """An organisation; `uscc` (GB 32100-2015) is its key, `district` a GB/T 2260 code.

    Codes with a wrong check digit are really issued: they are stored and flagged, not refused.
    Organisations of other countries (`country`, ISO 3166-1) have no such code.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ("id",)
    __tablename__: ClassVar[str] = "organization"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        CheckConstraint("length(uscc) = 18", name="uscc_length"),
        CheckConstraint("country <> 'CN' OR uscc IS NOT NULL", name="uscc_at_home"),
        Index(
            "uq_organization_country_name",
            "country",
            "name",
            unique=True,
            postgresql_where=text("uscc IS NULL"),
        ),
        CheckConstraint("district ~ '^[0-9]{6}$'", name="district_form"),
    )

    uscc: str | None = Field(default=None, unique=True, max_length=18)
    uscc_check_passed: bool | None = None
    country: str = Field(default="CN", max_length=2)
    name: str = Field(index=True)
    former_names: list[str] = Field(default_factory=list, sa_type=TEXTS)
    kinds: list[str] = Field(default_factory=list, sa_type=TEXTS)
    district: str | None = Field(default=None, max_length=6)
    address: str | None = None
    website: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    key_energy_user: bool | None = None
    parent_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)
    verify_state: VerifyState = Field(default=VerifyState.UNVERIFIED, sa_type=term(VerifyState))
