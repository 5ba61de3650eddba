"""The fee basis: fee documents and their lines."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Computed, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.tables.base import JSON, Row, money, term
from hub.vocabulary import FeeNature, PriceKind


class FeeDocument(Row, table=True):
    """A published notice that fixes fees; key (title, number)."""

    __tablename__: ClassVar[str] = "fee_document"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (UniqueConstraint("title", "number"),)

    title: str
    number: str = ""
    issuer: str | None = None
    region: str | None = None
    year: int | None = None
    repealed_year: int | None = None
    state: str | None = None
    evidence: str | None = None
    note: str | None = None


class FeeItem(Row, table=True):
    """One line of a fee document. Both ends of its validity are inclusive and never overlap.

    `line_key` stands for (document, code, instrument, accuracy, range) in the exclusion
    constraint, because GiST has no class for text without a contributed module.
    """

    __tablename__: ClassVar[str] = "fee_item"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        ExcludeConstraint(
            (func.int8range(text("line_key"), text("line_key"), "[]"), "="),
            (func.daterange(text("effective_from"), text("effective_to"), "[]"), "&&"),
            name="ex_fee_item_no_overlap",
            using="gist",
            deferrable=True,  # lines of one item may change together, looked at after the statement
            initially="IMMEDIATE",
        ),
        CheckConstraint("price >= 0", name="price_positive"),
        CheckConstraint("price_kind = 'NEGOTIATED' OR price IS NOT NULL", name="price_given"),
        CheckConstraint("effective_from <= effective_to", name="validity_order"),
    )

    document_id: UUID = Field(foreign_key="fee_document.id", index=True)
    code: str = Field(index=True)
    instrument_name: str = Field(index=True)
    accuracy: str = ""
    measuring_range: str = ""
    charge_unit: str
    price_kind: PriceKind = Field(default=PriceKind.FIXED, sa_type=term(PriceKind))
    price: Decimal | None = Field(default=None, sa_type=money())
    price_to: Decimal | None = Field(default=None, sa_type=money())
    currency: str = Field(default="CNY", max_length=3)
    surcharges: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    effective_from: date | None = None
    effective_to: date | None = None
    nature: FeeNature = Field(sa_type=term(FeeNature))
    note: str | None = None
    line_key: int = Field(
        default=None,
        sa_column=Column(
            BigInteger,
            Computed(
                "hashtextextended(document_id::text || E'\\x1f' || code || E'\\x1f' || "
                "instrument_name || E'\\x1f' || accuracy || E'\\x1f' || measuring_range, 0)",
                persisted=True,
            ),
            index=True,
            nullable=False,
        ),
    )
