"""Technical capabilities: calibration and measurement capability (CMC) lines."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.tables.base import JSON, Row, term
from hub.vocabulary import CapabilityState, CmcForm, MetrologyField


class Capability(Row, table=True):
    """One CMC line of a qualification; key (qualification, code).

    `cmc` holds what its form needs: {value | a, b, variable | points, unit, k, text}, numbers as
    decimal text. `fee_code` leads to the lines of the fee basis.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ("organization_id",)
    __tablename__: ClassVar[str] = "capability"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("qualification_id", "code"),
        CheckConstraint("valid_from <= valid_to", name="validity_order"),
    )

    code: str
    qualification_id: UUID = Field(foreign_key="qualification.id")
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    field: MetrologyField = Field(sa_type=term(MetrologyField))
    measured_object: str = Field(index=True)
    parameter: str
    basis_id: UUID | None = Field(default=None, foreign_key="technical_document.id", index=True)
    ranges: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    cmc_form: CmcForm = Field(sa_type=term(CmcForm))
    cmc: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    conditions: str | None = None
    limitations: str | None = None
    location: str | None = None
    on_site: bool = False
    fee_code: str | None = Field(default=None, index=True)
    state: CapabilityState = Field(default=CapabilityState.VALID, sa_type=term(CapabilityState))
    valid_from: date | None = None
    valid_to: date | None = None
