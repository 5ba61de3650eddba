"""What every stored row has: an id, a version, instants, the source it came from."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, Enum, MetaData, Numeric, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from hub.errors import Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
JSON: Any = JSONB(none_as_null=True)
TEXTS: Any = ARRAY(Text)
INSTANT: Any = DateTime(timezone=True)
MEASURED: Any = Numeric()
"""A measured number: PostgreSQL's numeric without a scale keeps every significant zero."""
NOW: dict[str, Any] = {"server_default": func.now()}


class Table(SQLModel):
    """Base of everything stored; one metadata with named constraints."""

    metadata: ClassVar[MetaData] = metadata


class Row(Table):
    """A row of a noun: versioned, audited, and announced by the feed when `Writer` changes it.

    `source_*` name the system a row came from, its key there, when that system said it and when it
    was fetched. `OWNERS` are the columns that hold the organisations whose own the row is, `KEYS`
    tells for a unique constraint what a second row of its key means and which member of an input
    holds the key.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ()
    KEYS: ClassVar[dict[str, tuple[Words, str]]] = {}

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    version: int = Field(default=1, ge=1)
    created_at: datetime = Field(default=None, sa_type=INSTANT, sa_column_kwargs=NOW)
    updated_at: datetime = Field(default=None, sa_type=INSTANT, sa_column_kwargs=NOW)
    source_system: str | None = None
    source_key: str | None = None
    source_as_of: datetime | None = Field(default=None, sa_type=INSTANT)
    source_fetched_at: datetime | None = Field(default=None, sa_type=INSTANT)


def term(words: type[StrEnum]) -> Any:
    """Column type of a closed list: text with a CHECK, so that a new word needs no rewrite."""
    return Enum(
        words,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=words.__name__.lower(),
        values_callable=lambda kind: [member.value for member in kind],
    )


def money() -> Any:
    """Column type of an amount of money, 2 decimals."""
    return Numeric(14, 2)
