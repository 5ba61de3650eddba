"""Webhooks: where an organisation wants to be told of its changes, and what it was sent."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field
from uuid_utils.compat import uuid7

from hub.errors import Words
from hub.exchange import DeliveryFailure, DeliveryState, PauseReason, WebhookState
from hub.tables.base import INSTANT, NOW, TEXTS, Row, Table, term

LIVE = text("retired_at IS NULL")


class Webhook(Row, table=True):
    """A webhook of an organisation; `types` are the kinds of objects it hears of, empty for all.

    Up to the place `position` of the feed its deliveries have been made; it `is_behind` where more
    may wait there than its last look has taken. `target` is the host and port of `url`. It has
    failed `failures` times in a row since `failing_since`, and is left alone until `blocked_until`.
    Secrets are sealed; the previous one signs beside the current one until `previous_until`.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ("owner_id",)
    KEYS: ClassVar[dict[str, tuple[Words, str]]] = {
        "uq_webhook_owner_id_name": (
            Words("本机构已有同名的回调", "your organisation has a webhook of this name"),
            "name",
        )
    }
    __tablename__: ClassVar[str] = "webhook"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        Index("uq_webhook_owner_id_name", "owner_id", "name", unique=True, postgresql_where=LIVE),
    )

    owner_id: UUID = Field(foreign_key="organization.id")
    name: str
    url: str = Field(sa_column=Column(Text, nullable=False))
    target: str
    types: list[str] = Field(default_factory=list, sa_type=TEXTS)
    state: WebhookState = Field(default=WebhookState.ACTIVE, sa_type=term(WebhookState))
    pause_reason: PauseReason | None = Field(default=None, sa_type=term(PauseReason))
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    is_behind: bool = True
    failures: int = 0
    failing_since: datetime | None = Field(default=None, sa_type=INSTANT)
    blocked_until: datetime | None = Field(default=None, sa_type=INSTANT)
    secret: str
    previous_secret: str | None = None
    previous_until: datetime | None = Field(default=None, sa_type=INSTANT)
    retired_at: datetime | None = Field(default=None, sa_type=INSTANT)


class WebhookDelivery(Table, table=True):
    """What a webhook is sent of the change at `position`, the same at each try; a ping has none.

    Whoever sends it holds it until `leased_until`. Its tries began at `tried_since`.
    """

    __tablename__: ClassVar[str] = "webhook_delivery"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("webhook_id", "position"),
        Index(
            "ix_webhook_delivery_due",
            "webhook_id",
            "next_at",
            "id",
            postgresql_where=text("state = 'PENDING'"),
        ),
        Index(
            "ix_webhook_delivery_leased_until",
            "leased_until",
            postgresql_where=text("leased_until IS NOT NULL"),
        ),
        Index("ix_webhook_delivery_webhook_id_id", "webhook_id", "id"),
        Index("ix_webhook_delivery_updated_at", "updated_at"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    version: int = Field(default=1, ge=1)
    created_at: datetime = Field(default=None, sa_type=INSTANT, sa_column_kwargs=NOW)
    updated_at: datetime = Field(default=None, sa_type=INSTANT, sa_column_kwargs=NOW)
    webhook_id: UUID = Field(sa_column=Column(ForeignKey("webhook.id"), nullable=False))
    owner_id: UUID = Field(foreign_key="organization.id")
    position: int | None = Field(default=None, sa_column=Column(BigInteger))
    message_id: str
    event: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    state: DeliveryState = Field(default=DeliveryState.PENDING, sa_type=term(DeliveryState))
    attempts: int = 0
    next_at: datetime = Field(sa_type=INSTANT)
    tried_since: datetime | None = Field(default=None, sa_type=INSTANT)
    leased_until: datetime | None = Field(default=None, sa_type=INSTANT)
    last_status: int | None = None
    last_failure: DeliveryFailure | None = Field(default=None, sa_type=term(DeliveryFailure))
    delivered_at: datetime | None = Field(default=None, sa_type=INSTANT)
