"""Published key comparisons: degrees of equivalence of national laboratories."""

from decimal import Decimal
from typing import ClassVar

from sqlalchemy import UniqueConstraint
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.tables.base import MEASURED, Row


class DegreeOfEquivalence(Row, table=True):
    """A degree of equivalence D with its expanded uncertainty U.

    Key (comparison, laboratory, position in the published list).
    """

    __tablename__: ClassVar[str] = "degree_of_equivalence"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("comparison_code", "laboratory", "position"),
    )

    comparison_code: str
    position: int
    release_year: int | None = None
    doi: str | None = None
    kcrv_value: Decimal | None = Field(default=None, sa_type=MEASURED)
    kcrv_unit: str | None = None
    kcrv_standard_uncertainty: Decimal | None = Field(default=None, sa_type=MEASURED)
    laboratory: str
    laboratory_ror: str | None = None
    d: Decimal | None = Field(default=None, sa_type=MEASURED)
    unit: str | None = None
    u: Decimal | None = Field(default=None, sa_type=MEASURED)
    k: Decimal | None = Field(default=None, sa_type=MEASURED)
    en: Decimal | None = Field(default=None, sa_type=MEASURED)
