"""Organisations: enterprises, institutes, laboratories, authorities."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.tables.base import TEXTS, Row, term
from hub.vocabulary import VerifyState


class Organization(Row, table=True):
    """An organisation; `uscc` (GB 32100-2015) is its key, `district` a GB/T 2260 code.

    Codes with a wrong check digit are really issued: they are stored and flagged, not refused.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ("id",)
    __tablename__: ClassVar[str] = "organization"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        CheckConstraint("length(uscc) = 18", name="uscc_length"),
        CheckConstraint("district ~ '^[0-9]{6}$'", name="district_form"),
    )

    uscc: str = Field(unique=True, max_length=18)
    uscc_check_passed: bool
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
