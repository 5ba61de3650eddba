"""What other systems call the rows of the hub: their own ids, by source."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.tables.base import Table


class ExternalId(Table, table=True):
    """The id that the system `source` of an organisation has for a row of the hub.

    A system has one id for a row; several systems may know it, each by its own.
    """

    __tablename__: ClassVar[str] = "external_id"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        Index("uq_external_id_object_id", "object_id", "organization_id", "source", unique=True),
    )

    organization_id: UUID = Field(primary_key=True, foreign_key="organization.id")
    object_type: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    object_id: UUID
