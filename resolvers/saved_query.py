"""Queries and mutations on saved queries and the keys to them."""

from typing import Annotated, Any

import strawberry

from hub.actions import saved_query as actions
from hub.errors import BadInput
from hub.tables.saved_query import ExportKey as KeyRow
from hub.tables.saved_query import SavedQuery as QueryRow
from hub.writer import Writer
from schema.context import Info
from schema.ids import key_of
from schema.inputs import GIVEN
from schema.payload import Done, perform
from schema.resolve import by_id
from schema.root import listing, lookup
from schema.saved_query import (
    CreateExportKeyInput,
    DeleteSavedQueryInput,
    ExportKeyPayload,
    RevokeExportKeyInput,
    SavedQuery,
    SavedQueryPayload,
    SaveQueryInput,
)


@strawberry.type
class SavedQueryQuery:
    """Saved queries."""

    saved_query: Any = lookup(SavedQuery, "按标识符取本机构的一个已存查询")
    saved_queries: Any = listing(SavedQuery, "本机构的已存查询")


@strawberry.type
class SavedQueryMutation:
    """Queries saved and deleted, keys made and revoked."""

    @strawberry.mutation(
        description="保存一个查询，此后 GET /export/{名称}.csv 即得其表；或修改自己保存的"
    )
    async def save_query(
        self, info: Info, input: Annotated[SaveQueryInput, GIVEN]
    ) -> SavedQueryPayload | None:
        variables: Any = {} if input.variables is None else input.variables
        said = {"name": input.name, "title": input.title, "document": input.document}
        given = [said, variables, input.expected_version]

        async def work(db: Writer) -> dict[str, Any]:
            if not isinstance(variables, dict):
                raise BadInput("应为 JSON 对象", "it has to be a JSON object", path=("variables",))
            info.context.briefing.check_table(input.document, variables)
            row = await actions.save(
                db, **said, variables=variables, expected_version=input.expected_version
            )
            return {"id": str(row.id)}

        done = await perform(info.context, "saveQuery", given, input.idempotency_key, work)
        return await _payload(info, done)

    @strawberry.mutation(description="删除已存查询：其地址与密钥随即无效")
    async def delete_saved_query(
        self, info: Info, input: Annotated[DeleteSavedQueryInput, GIVEN]
    ) -> SavedQueryPayload | None:
        key = key_of(input.id, "SavedQuery", ("input", "id"))
        given = [key, input.expected_version]

        async def work(db: Writer) -> dict[str, Any]:
            await actions.delete(db, key, input.expected_version, now=info.context.now)
            return {}

        done = await perform(info.context, "deleteSavedQuery", given, input.idempotency_key, work)
        return await _payload(info, done)

    @strawberry.mutation(
        description="建立导出密钥：GET /export/{名称}.csv?key=… 不登录即以自己的权限取数，有效一年"
    )
    async def create_export_key(
        self, info: Info, input: Annotated[CreateExportKeyInput, GIVEN]
    ) -> ExportKeyPayload | None:
        query = key_of(input.saved_query, "SavedQuery", ("input", "savedQuery"))
        shown: list[str] = []

        async def work(db: Writer) -> dict[str, Any]:
            told = await actions.create_key(db, query, now=info.context.now)
            shown.append(told.key)
            return {"id": str(told.row.id)}

        name = "createExportKey"
        done = await perform(info.context, name, [query], input.idempotency_key, work)
        return ExportKeyPayload(
            export_key=await by_id(info.context, KeyRow, done.key),
            key=shown[-1] if shown and done.key is not None else None,
            problems=done.problems,
            replayed=done.replayed,
        )

    @strawberry.mutation(description="撤销导出密钥，立即生效")
    async def revoke_export_key(
        self, info: Info, input: Annotated[RevokeExportKeyInput, GIVEN]
    ) -> SavedQueryPayload | None:
        key = key_of(input.id, "ExportKey", ("input", "id"))

        async def work(db: Writer) -> dict[str, Any]:
            await actions.revoke_key(db, key, now=info.context.now)
            return {}

        done = await perform(info.context, "revokeExportKey", [key], input.idempotency_key, work)
        return await _payload(info, done)


async def _payload(info: Info, done: Done) -> SavedQueryPayload:
    found = await by_id(info.context, QueryRow, done.key)
    return SavedQueryPayload(saved_query=found, problems=done.problems, replayed=done.replayed)
