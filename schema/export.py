"""Exports as those who asked for them see them, and what they say to ask for one."""

from datetime import datetime

import strawberry
from sqlalchemy import RowMapping, Text, cast
from sqlmodel import col

from hub import changes
from hub.exchange import ExportFailure, ExportFormat, ExportNoun, ExportState
from hub.links import Links
from hub.tables.export import Export as ExportRow
from schema.changes import cursor_sql
from schema.context import Context
from schema.declare import O, Sql, column, computed, made, one
from schema.noun import Noun, noun
from schema.organization import Organization
from schema.payload import Problem


async def link(row: RowMapping, context: Context) -> str | None:
    """The path of a new link to the file, None where there is none."""
    if row["state"] != ExportState.DONE or row["expires_at"] <= context.now:
        return None
    return Links(context.keys).path(row["id"], context.now)


def size_sql(size: Sql) -> Sql:
    """The twin of `str`."""
    return cast(size, Text)


@noun(ExportRow, "导出：一种对象中请求者可见的全部行，写成一个文件")
class Export(Noun):
    """A noun as a file."""

    owner: Organization = one(O, "请求者所属机构", by=col(ExportRow.owner_id))
    noun: ExportNoun = column(O, "对象的种类", match=True)
    format: ExportFormat = column(O, "文件格式", match=True)
    columns: list[str] = column(O, "各列；嵌套的成员以点相连")
    state: ExportState = column(O, "状态", match=True)
    failure: ExportFailure | None = column(O, "未成功的原因")
    rows: int = column(O, "已写的行数")
    size: str = computed(
        O,
        "已写的字节数，压缩之前；整数的十进制文本，可超过 Int 的范围",
        str,
        needs=[col(ExportRow.size)],
        sql=size_sql,
    )
    change_cursor: str = computed(
        O,
        "开始之前在变更序列中的位置：从它续读 changes，文件加上其后的变更就是现在的数据",
        changes.cursor,
        needs=[col(ExportRow.position)],
        sql=cursor_sql,
    )
    finished_at: datetime | None = column(O, "结束的时刻")
    expires_at: datetime = column(O, "文件与此项导出保留至此时刻")
    url: str | None = made(
        O,
        "下载的路径，相对于平台的地址，15 分钟内有效；过期再查一次即可，未完成时为空",
        link,
        weight=1,
    )


@strawberry.input(description="请求一项导出")
class ExportDataInput:
    """What is to be exported."""

    noun: ExportNoun = strawberry.field(description="对象的种类")
    format: ExportFormat = strawberry.field(description="文件格式")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="取消一项导出")
class CancelExportInput:
    """An export that is no longer wanted."""

    id: strawberry.ID = strawberry.field(description="标识符")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.type(description="请求或取消导出的结果")
class ExportPayload:
    """The export as it is now, or why nothing was done."""

    export: Export | None = strawberry.field(description="导出；被拒绝时为空")
    problems: list[Problem] = strawberry.field(description="拒绝的原因；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")
