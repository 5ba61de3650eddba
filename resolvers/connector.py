"""Queries and mutations on connectors, their messages, and conflicts."""

from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from hub.actions import conflict as conflicts
from hub.actions import connector as actions
from hub.tables.connector import Conflict as ConflictRow
from hub.tables.connector import Connector as ConnectorRow
from hub.tables.connector import ConnectorMessage as MessageRow
from hub.writer import Writer
from loaders.keyset import By
from schema.connector import (
    Conflict,
    ConflictPayload,
    Connector,
    ConnectorMessage,
    ConnectorMessagePayload,
    ConnectorPayload,
    ConnectorSecretPayload,
    CreateConnectorInput,
    ResolveConflictInput,
    RetryConnectorMessageInput,
    RotateConnectorSecretInput,
    UpdateConnectorInput,
)
from schema.context import Info
from schema.ids import key_of
from schema.inputs import GIVEN
from schema.payload import Done, perform
from schema.resolve import by_id
from schema.root import listing, lookup

NEWEST = (By("id", descending=True),)


@strawberry.type
class ConnectorQuery:
    """Connectors."""

    connector: Any = lookup(Connector, "按标识符取连接")
    connectors: Any = listing(
        Connector, "本机构的连接；平台的管理者可见全部，其他人只可见各自管理的"
    )
    connector_messages: Any = listing(
        ConnectorMessage, "所管理的各连接往来的报文，新的在前", order=NEWEST
    )
    conflict: Any = lookup(Conflict, "按标识符取冲突")
    conflicts: Any = listing(
        Conflict,
        "外部系统与本机构数据的冲突，新的在前；待处理的用 filter: {state: {eq: OPEN}}",
        order=NEWEST,
    )


@strawberry.type
class ConnectorMutation:
    """Changes of connectors, and decisions on what they state."""

    @strawberry.mutation(description="新建连接；推送密钥只显示一次")
    async def create_connector(
        self, info: Info, input: Annotated[CreateConnectorInput, GIVEN]
    ) -> ConnectorSecretPayload | None:
        base_url, credential = (
            None if one is UNSET else one for one in (input.base_url, input.credential)
        )
        given = [input.code, input.kind, input.name, base_url, credential]
        shown: list[str] = []

        async def work(db: Writer) -> dict[str, Any]:
            told = await actions.create(
                db,
                code=input.code,
                kind=input.kind,
                name=input.name,
                base_url=base_url,
                credential=credential,
                allowed=info.context.webhook_allowed,
                vault=info.context.vault,
                now=info.context.now,
            )
            shown.append(told.secret)
            return {"id": str(told.row.id)}

        done = await perform(info.context, "createConnector", given, input.idempotency_key, work)
        return await _secret(info, done, shown)

    @strawberry.mutation(description="修改连接，或暂停、恢复")
    async def update_connector(
        self, info: Info, input: Annotated[UpdateConnectorInput, GIVEN]
    ) -> ConnectorPayload | None:
        key, values = key_of(input.id, "Connector", ("input", "id")), input.values()
        given = [key, input.expected_version, values]

        async def work(db: Writer) -> dict[str, Any]:
            row = await actions.update(
                db,
                key,
                input.expected_version,
                allowed=info.context.webhook_allowed,
                vault=info.context.vault,
                now=info.context.now,
                **values,
            )
            return {"id": str(row.id)}

        done = await perform(info.context, "updateConnector", given, input.idempotency_key, work)
        found = await by_id(info.context, ConnectorRow, done.key)
        return ConnectorPayload(connector=found, problems=done.problems, replayed=done.replayed)

    @strawberry.mutation(description="更换推送密钥：新密钥只显示一次，原密钥随即失效")
    async def rotate_connector_secret(
        self, info: Info, input: Annotated[RotateConnectorSecretInput, GIVEN]
    ) -> ConnectorSecretPayload | None:
        key = key_of(input.id, "Connector", ("input", "id"))
        given = [key, input.expected_version]
        shown: list[str] = []

        async def work(db: Writer) -> dict[str, Any]:
            vault = info.context.vault
            told = await actions.rotate(db, key, input.expected_version, vault=vault)
            shown.append(told.secret)
            return {"id": str(told.row.id)}

        name = "rotateConnectorSecret"
        done = await perform(info.context, name, given, input.idempotency_key, work)
        return await _secret(info, done, shown)

    @strawberry.mutation(description="再次办理收到而未能办理的报文，或再次发送未能送达的报文")
    async def retry_connector_message(
        self, info: Info, input: Annotated[RetryConnectorMessageInput, GIVEN]
    ) -> ConnectorMessagePayload | None:
        key = key_of(input.id, "ConnectorMessage", ("input", "id"))

        async def work(db: Writer) -> dict[str, Any]:
            row = await actions.retry(db, key, now=info.context.now)
            return {"id": str(row.id)}

        name = "retryConnectorMessage"
        done = await perform(info.context, name, [key], input.idempotency_key, work)
        found = await by_id(info.context, MessageRow, done.key)
        return ConnectorMessagePayload(
            message=found, problems=done.problems, replayed=done.replayed
        )

    @strawberry.mutation(description="处理冲突：保留本平台的值，或采用对方的值")
    async def resolve_conflict(
        self, info: Info, input: Annotated[ResolveConflictInput, GIVEN]
    ) -> ConflictPayload | None:
        key = key_of(input.id, "Conflict", ("input", "id"))
        given = [key, input.expected_version, input.take]

        async def work(db: Writer) -> dict[str, Any]:
            row = await conflicts.resolve(
                db,
                key,
                input.expected_version,
                input.take,
                today=info.context.today,
                now=info.context.now,
            )
            return {"id": str(row.id)}

        done = await perform(info.context, "resolveConflict", given, input.idempotency_key, work)
        found = await by_id(info.context, ConflictRow, done.key)
        return ConflictPayload(conflict=found, problems=done.problems, replayed=done.replayed)


async def _secret(info: Info, done: Done, shown: list[str]) -> ConnectorSecretPayload:
    """The answer with the secret that has just been made; it is stored sealed and told once."""
    return ConnectorSecretPayload(
        connector=await by_id(info.context, ConnectorRow, done.key),
        secret=shown[-1] if shown and done.key is not None else None,
        problems=done.problems,
        replayed=done.replayed,
    )
