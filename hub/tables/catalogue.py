"""The catalogue of instruments under compulsory administration, by edition."""

from datetime import date
from typing import ClassVar

from sqlalchemy import UniqueConstraint
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.tables.base import TEXTS, Row


class CatalogueItem(Row, table=True):
    """One item of one edition; `supervision` is P (type approval), V (verification) or P+V.

    `verification_form` is kept as published, because one item may differ by kind ("glass: …").
    """

    __tablename__: ClassVar[str] = "catalogue_item"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (UniqueConstraint("edition", "name"),)

    edition: str
    item_no: int | None = None
    name: str
    name_en: str | None = None
    kinds: list[str] = Field(default_factory=list, sa_type=TEXTS)
    supervision: str | None = None
    verification_form: str | None = None
    purposes: list[str] = Field(default_factory=list, sa_type=TEXTS)
    effective_from: date | None = None
    superseded_on: date | None = None
    evidence: str | None = None
    note: str | None = None
