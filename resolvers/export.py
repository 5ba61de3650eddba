"""Queries and mutations on exports."""

from typing import Annotated, Any

import strawberry

from hub.actions import export as actions
from hub.tables.export import Export as ExportRow
from hub.writer import Writer
from loaders.keyset import By
from schema.context import Info
from schema.export import CancelExportInput, Export, ExportDataInput, ExportPayload
from schema.ids import key_of
from schema.inputs import GIVEN
from schema.payload import Done, perform
from schema.resolve import by_id
from schema.root import listing, lookup
from schema.selection import columns_of

WEIGHT = 20
"""The points of an export besides those of the mutation."""


@strawberry.type
class ExportQuery:
    """Exports."""

    export: Any = lookup(Export, "按标识符取自己的一项导出")
    exports: Any = listing(Export, "自己的各项导出，新的在前", order=(By("id", descending=True),))


@strawberry.type
class ExportMutation:
    """Exports asked for and cancelled."""

    @strawberry.mutation(
        description="请求导出一种对象中自己可见的全部行；在后台写成文件，从 export 的 url 下载",
        metadata={"weight": WEIGHT},
    )
    async def export_data(
        self, info: Info, input: Annotated[ExportDataInput, GIVEN]
    ) -> ExportPayload | None:
        seen = info._raw_info.schema  # noqa: SLF001 -- the only way to the caller's own view
        columns = columns_of(seen, input.noun, input.format)

        async def work(db: Writer) -> dict[str, Any]:
            row = await actions.ask(
                db, noun=input.noun, format_=input.format, columns=columns, now=info.context.now
            )
            return {"id": str(row.id)}

        given = [input.noun, input.format]
        done = await perform(info.context, "exportData", given, input.idempotency_key, work)
        return await _payload(info, done)

    @strawberry.mutation(description="取消一项尚未结束的导出")
    async def cancel_export(
        self, info: Info, input: Annotated[CancelExportInput, GIVEN]
    ) -> ExportPayload | None:
        key = key_of(input.id, "Export", ("input", "id"))

        async def work(db: Writer) -> dict[str, Any]:
            row = await actions.cancel(db, key, now=info.context.now)
            return {"id": str(row.id)}

        done = await perform(info.context, "cancelExport", [key], input.idempotency_key, work)
        return await _payload(info, done)


async def _payload(info: Info, done: Done) -> ExportPayload:
    export = await by_id(info.context, ExportRow, done.key)
    return ExportPayload(export=export, problems=done.problems, replayed=done.replayed)
