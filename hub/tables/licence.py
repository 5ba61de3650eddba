"""Applications for administrative licences 行政许可, and the stages that they have gone through."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.tables.base import INSTANT, Row, Table, term
from hub.vocabulary import LicenceStage


class LicenceApplication(Row, table=True):
    """An application, by the number under which another system has it.

    It is of no one while the hub knows no organisation of its code: `applicant_uscc` and
    `applicant_name` are as they were told, the code of a person masked. `state` is None until its
    first stage is known.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ("applicant_id",)
    __tablename__: ClassVar[str] = "licence_application"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("connector_id", "acceptance_no"),
        Index("ix_licence_application_applicant_id_id", "applicant_id", "id"),
    )

    acceptance_no: str
    connector_id: UUID = Field(foreign_key="connector.id")
    item: str
    item_code: str | None = None
    applicant_id: UUID | None = Field(default=None, foreign_key="organization.id")
    applicant_uscc: str
    applicant_name: str
    state: LicenceStage | None = Field(default=None, sa_type=term(LicenceStage))
    state_at: datetime | None = Field(default=None, sa_type=INSTANT)
    result: str | None = None


class LicenceStep(Table, table=True):
    """A stage as it was told `stated_at`; it `fits` where it may follow those before it."""

    __tablename__: ClassVar[str] = "licence_step"

    application_id: UUID = Field(primary_key=True, foreign_key="licence_application.id")
    seq: int = Field(primary_key=True)
    stage: LicenceStage = Field(sa_type=term(LicenceStage), primary_key=True)
    applicant_id: UUID | None = Field(default=None, foreign_key="organization.id")
    at: datetime = Field(sa_type=INSTANT)
    handler: str | None = None
    result: str | None = None
    opinion: str | None = None
    fits: bool = False
    stated_at: datetime = Field(sa_type=INSTANT)
