"""Webhooks as those who keep them see them, with what was sent, and what they say of one."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlmodel import col
from strawberry import UNSET

from hub import changes
from hub.exchange import (
    ChangeType,
    DeliveryFailure,
    DeliveryState,
    PauseReason,
    WebhookState,
)
from hub.tables.webhook import Webhook as WebhookRow
from hub.tables.webhook import WebhookDelivery as DeliveryRow
from loaders.keyset import By
from schema.changes import cursor_sql
from schema.declare import O, Sql, column, computed, many, one
from schema.inputs import may
from schema.noun import Noun, noun
from schema.organization import Organization
from schema.page import Connection
from schema.payload import Problem

LazyDelivery = Annotated["WebhookDelivery", strawberry.lazy("schema.webhook")]


def cursor_before(position: int | None) -> str | None:
    """The cursor after which the change at a position is the first; None for a ping."""
    return None if position is None else changes.cursor(position - 1)


def cursor_before_sql(position: Sql) -> Sql:
    """The twin of `cursor_before`."""
    return cursor_sql(position - 1)


@noun(WebhookRow, "回调：本机构的变更一经提交，就通知本机构自己的系统")
class Webhook(Noun):
    """Where an organisation wants to be told of its changes."""

    owner: Organization = one(O, "所属机构", by=col(WebhookRow.owner_id))
    name: str = column(O, "名称，本机构内唯一", match=True, order=True)
    url: str = column(O, "接收的网址")
    types: list[ChangeType] = column(O, "只要这些种类的对象；空列表为全部")
    state: WebhookState = column(O, "状态", match=True)
    pause_reason: PauseReason | None = column(O, "暂停的原因", match=True)
    cursor: str = computed(
        O,
        "所至的位置：其前的变更都已列入投递，是 changes 的游标",
        changes.cursor,
        needs=[col(WebhookRow.position)],
        sql=cursor_sql,
    )
    failures: int = column(O, "接收端已连续失败的次数；成功一次即归零")
    failing_since: datetime | None = column(O, "自何时起没有成功过")
    blocked_until: datetime | None = column(O, "接收端连续失败，至此时刻才再试探")
    previous_secret_until: datetime | None = column(
        O, "上一个签名密钥同时有效至此时刻", of=col(WebhookRow.previous_until)
    )
    deliveries: Connection[LazyDelivery] = many(
        O,
        "投递记录，新的在前；死信用 filter: {state: {eq: DEAD}} 查找",
        by=col(DeliveryRow.webhook_id),
        order=(By("id", descending=True),),
    )


@noun(DeliveryRow, "一次投递：一个回调的一条消息，重试时编号与正文不变")
class WebhookDelivery(Noun):
    """What a webhook was sent, or is to be."""

    webhook: Webhook | None = one(O, "所属回调", by=col(DeliveryRow.webhook_id))
    message_id: str = column(O, "消息编号，即请求头 webhook-id；接收端据此去重", match=True)
    event: str = column(O, "消息种类，如 instrument.upsert；测试消息为 ping", match=True)
    body: str = column(O, "正文，原样签名与发送的 JSON")
    replay_after: str | None = computed(
        O,
        "replayWebhook 的 after：从这一次起重新投递；测试消息没有",
        cursor_before,
        needs=[col(DeliveryRow.position)],
        sql=cursor_before_sql,
    )
    state: DeliveryState = column(O, "状态", match=True)
    attempts: int = column(O, "已试的次数")
    next_at: datetime = column(O, "待投递时，不早于此时刻再试")
    last_status: int | None = column(O, "最近一次答复的 HTTP 状态码")
    last_failure: DeliveryFailure | None = column(O, "最近一次未成功的原因", match=True)
    delivered_at: datetime | None = column(O, "送达的时刻")


@strawberry.input(description="新建回调")
class CreateWebhookInput:
    """A new webhook."""

    name: str = strawberry.field(description="名称，本机构内唯一")
    url: str = strawberry.field(description="接收的网址：https，端口 443 或 8443，公网地址")
    types: list[ChangeType] = strawberry.field(
        default_factory=list, description="只要这些种类的对象；省略或空列表为全部"
    )
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="修改回调；省略的项不变")
class UpdateWebhookInput:
    """A change of a webhook."""

    id: strawberry.ID = strawberry.field(description="标识符")
    expected_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    name: str | None = may("名称")
    url: str | None = may("接收的网址")
    types: list[ChangeType] | None = may("只要这些种类的对象；空列表为全部")
    state: WebhookState | None = may("PAUSED 暂停；ACTIVE 恢复，从所至的位置接着投递")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")

    def values(self) -> dict[str, Any]:
        """The columns that it sets."""
        given = {name: getattr(self, name) for name in ("name", "url", "types", "state")}
        return {name: value for name, value in given.items() if value not in (None, UNSET)}


@strawberry.input(description="更换回调的签名密钥，或删除回调")
class WebhookVersionInput:
    """A webhook as it was seen."""

    id: strawberry.ID = strawberry.field(description="标识符")
    expected_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="从一个位置起重新投递；已暂停的同时恢复")
class ReplayWebhookInput:
    """From where a webhook is to be told once more."""

    id: strawberry.ID = strawberry.field(description="标识符")
    expected_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    after: str = strawberry.field(
        description="从此游标之后开始：changes 的游标、消息中的 cursor，或投递的 replayAfter"
    )
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="发送一条测试消息 ping")
class TestWebhookInput:
    """A ping."""

    id: strawberry.ID = strawberry.field(description="标识符")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.type(description="修改回调的结果")
class WebhookPayload:
    """The webhook as it is now, or why nothing was done."""

    webhook: Webhook | None = strawberry.field(description="回调；被拒绝或已删除时为空")
    problems: list[Problem] = strawberry.field(description="拒绝的原因；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")


@strawberry.type(description="新建回调或更换其签名密钥的结果")
class WebhookSecretPayload:
    """The webhook, and its new secret."""

    webhook: Webhook | None = strawberry.field(description="回调；被拒绝时为空")
    secret: str | None = strawberry.field(
        description="签名密钥 whsec_…，只在此显示一次；重复请求时为空，可再更换一次"
    )
    problems: list[Problem] = strawberry.field(description="拒绝的原因；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")
