"""Queries and mutations on webhooks."""

from typing import Annotated, Any

import strawberry

from hub.actions import webhook as actions
from hub.changes import position
from hub.tables.webhook import Webhook as WebhookRow
from hub.writer import Writer
from schema.context import Info
from schema.ids import key_of
from schema.inputs import GIVEN
from schema.payload import Done, perform
from schema.resolve import by_id
from schema.root import listing, lookup
from schema.webhook import (
    CreateWebhookInput,
    ReplayWebhookInput,
    TestWebhookInput,
    UpdateWebhookInput,
    Webhook,
    WebhookPayload,
    WebhookSecretPayload,
    WebhookVersionInput,
)


@strawberry.type
class WebhookQuery:
    """Webhooks."""

    webhook: Any = lookup(Webhook, "按标识符取回调")
    webhooks: Any = listing(Webhook, "本机构的回调；只有本机构的管理员与系统账号可见")


@strawberry.type
class WebhookMutation:
    """Changes of webhooks."""

    @strawberry.mutation(description="新建回调：此后的变更一经提交就通知到网址；签名密钥只显示一次")
    async def create_webhook(
        self, info: Info, input: Annotated[CreateWebhookInput, GIVEN]
    ) -> WebhookSecretPayload | None:
        given = [input.name, input.url, input.types]
        shown: list[str] = []

        async def work(db: Writer) -> dict[str, Any]:
            told = await actions.create(
                db,
                name=input.name,
                url=input.url,
                types=input.types,
                allowed=info.context.webhook_allowed,
                vault=info.context.vault,
            )
            shown.append(told.secret)
            return {"id": str(told.row.id)}

        done = await perform(info.context, "createWebhook", given, input.idempotency_key, work)
        return await _secret(info, done, shown)

    @strawberry.mutation(description="修改回调，或暂停、恢复投递")
    async def update_webhook(
        self, info: Info, input: Annotated[UpdateWebhookInput, GIVEN]
    ) -> WebhookPayload | None:
        key, values = key_of(input.id, "Webhook", ("input", "id")), input.values()
        given = [key, input.expected_version, values]

        async def work(db: Writer) -> dict[str, Any]:
            row = await actions.update(
                db,
                key,
                input.expected_version,
                allowed=info.context.webhook_allowed,
                now=info.context.now,
                **values,
            )
            return {"id": str(row.id)}

        done = await perform(info.context, "updateWebhook", given, input.idempotency_key, work)
        return await _payload(info, done)

    @strawberry.mutation(
        description="更换签名密钥：新密钥只显示一次；上一个密钥在 24 小时内同时签名"
    )
    async def rotate_webhook_secret(
        self, info: Info, input: Annotated[WebhookVersionInput, GIVEN]
    ) -> WebhookSecretPayload | None:
        key = key_of(input.id, "Webhook", ("input", "id"))
        given = [key, input.expected_version]
        shown: list[str] = []

        async def work(db: Writer) -> dict[str, Any]:
            vault, now = info.context.vault, info.context.now
            told = await actions.rotate(db, key, input.expected_version, vault=vault, now=now)
            shown.append(told.secret)
            return {"id": str(told.row.id)}

        name = "rotateWebhookSecret"
        done = await perform(info.context, name, given, input.idempotency_key, work)
        return await _secret(info, done, shown)

    @strawberry.mutation(description="删除回调：不再投递，签名密钥随即清除")
    async def delete_webhook(
        self, info: Info, input: Annotated[WebhookVersionInput, GIVEN]
    ) -> WebhookPayload | None:
        key = key_of(input.id, "Webhook", ("input", "id"))
        given = [key, input.expected_version]

        async def work(db: Writer) -> dict[str, Any]:
            await actions.retire(db, key, input.expected_version, now=info.context.now)
            return {}

        done = await perform(info.context, "deleteWebhook", given, input.idempotency_key, work)
        return await _payload(info, done)

    @strawberry.mutation(
        description="从一个仍保留的位置起重新投递其后的变更；消息编号不变，接收端可去重"
    )
    async def replay_webhook(
        self, info: Info, input: Annotated[ReplayWebhookInput, GIVEN]
    ) -> WebhookPayload | None:
        key, after = key_of(input.id, "Webhook", ("input", "id")), position(input.after)
        given = [key, input.expected_version, after]

        async def work(db: Writer) -> dict[str, Any]:
            now, version = info.context.now, input.expected_version
            row = await actions.replay(db, key, version, after=after, now=now)
            return {"id": str(row.id)}

        done = await perform(info.context, "replayWebhook", given, input.idempotency_key, work)
        return await _payload(info, done)

    @strawberry.mutation(description="发送一条测试消息 ping，只试一次；结果见 deliveries")
    async def test_webhook(
        self, info: Info, input: Annotated[TestWebhookInput, GIVEN]
    ) -> WebhookPayload | None:
        key = key_of(input.id, "Webhook", ("input", "id"))

        async def work(db: Writer) -> dict[str, Any]:
            row = await actions.test(db, key, now=info.context.now)
            return {"id": str(row.id)}

        done = await perform(info.context, "testWebhook", [key], input.idempotency_key, work)
        return await _payload(info, done)


async def _payload(info: Info, done: Done) -> WebhookPayload:
    found = await by_id(info.context, WebhookRow, done.key)
    return WebhookPayload(webhook=found, problems=done.problems, replayed=done.replayed)


async def _secret(info: Info, done: Done, shown: list[str]) -> WebhookSecretPayload:
    """The answer with the secret that has just been made; it is stored sealed and told once."""
    return WebhookSecretPayload(
        webhook=await by_id(info.context, WebhookRow, done.key),
        secret=shown[-1] if shown and done.key is not None else None,
        problems=done.problems,
        replayed=done.replayed,
    )
