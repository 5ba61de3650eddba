"""Users, and the access tokens that they hold."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlmodel import Field

from hub.tables.base import INSTANT, NOW, TEXTS, Row, Table, term
from hub.vocabulary import UserState


class User(Row, table=True):
    """A person or system that signs in; acts for exactly one organisation at a time."""

    OWNERS: ClassVar[tuple[str, ...]] = ("organization_id",)
    __tablename__: ClassVar[str] = "user_account"

    login_name: str = Field(unique=True, max_length=64)
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    person_id: UUID | None = Field(default=None, foreign_key="personnel.id")
    roles: list[str] = Field(default_factory=list, sa_type=TEXTS)
    district: str | None = Field(default=None, max_length=6)
    phone: str | None = None
    email: str | None = None
    ident_methods: list[str] = Field(default_factory=list, sa_type=TEXTS)
    state: UserState = Field(default=UserState.ACTIVE, sa_type=term(UserState))
    password_hash: str | None = None
    last_login_at: datetime | None = Field(default=None, sa_type=INSTANT)
    failed_logins: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=INSTANT)


class AccessToken(Table, table=True):
    """An opaque token: only its SHA-256 (32 bytes) is stored."""

    __tablename__: ClassVar[str] = "access_token"

    digest: bytes = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = Field(default=None, sa_type=INSTANT, sa_column_kwargs=NOW)
    expires_at: datetime = Field(sa_type=INSTANT)
    revoked_at: datetime | None = Field(default=None, sa_type=INSTANT)
