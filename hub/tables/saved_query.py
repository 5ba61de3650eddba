"""Saved queries: documents that are had as tables, and the keys that open one of them."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.errors import Words
from hub.tables.base import INSTANT, JSON, TEXTS, Row


class SavedQuery(Row, table=True):
    """A query of an organisation, saved by one of its accounts; its list is a table."""

    OWNERS: ClassVar[tuple[str, ...]] = ("owner_id",)
    KEYS: ClassVar[dict[str, tuple[Words, str]]] = {
        "uq_saved_query_owner_id_name": (
            Words(
                "本机构已有同名的已存查询；修改自己的请给出 expectedVersion",
                "your organisation has a query of this name; to change yours say expectedVersion",
            ),
            "name",
        )
    }
    __tablename__: ClassVar[str] = "saved_query"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        Index(
            "uq_saved_query_owner_id_name",
            "owner_id",
            "name",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    owner_id: UUID = Field(foreign_key="organization.id")
    author_id: UUID = Field(foreign_key="user_account.id")
    name: str
    title: str
    document: str = Field(sa_column=Column(Text, nullable=False))
    variables: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    retired_at: datetime | None = Field(default=None, sa_type=INSTANT)


class ExportKey(Row, table=True):
    """A key that opens one saved query as `account_id`; only its SHA-256 (32 bytes) is stored.

    It is good for as long as the account has the `owner_id`, `roles` and `district` of then.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ("owner_id",)
    __tablename__: ClassVar[str] = "export_key"

    query_id: UUID = Field(
        sa_column=Column(ForeignKey("saved_query.id"), nullable=False, index=True)
    )
    owner_id: UUID = Field(foreign_key="organization.id")
    account_id: UUID = Field(foreign_key="user_account.id")
    roles: list[str] = Field(default_factory=list, sa_type=TEXTS)
    district: str | None = None
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    expires_at: datetime = Field(sa_type=INSTANT)
    revoked_at: datetime | None = Field(default=None, sa_type=INSTANT)
