"""Saved queries and their keys as their organisation sees them, and what is said to save one."""

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import RowMapping
from sqlmodel import col
from strawberry.scalars import JSON

from hub.actions.saved_query import MOST_KEYS
from hub.tables.saved_query import ExportKey as KeyRow
from hub.tables.saved_query import SavedQuery as QueryRow
from schema.context import Context
from schema.declare import O, column, made, many, one
from schema.noun import Noun, noun
from schema.organization import Organization
from schema.payload import Problem
from schema.user import User


async def variables_of(row: RowMapping, context: Context) -> Any:
    """The variables as they were saved."""
    return row["variables"]


@noun(KeyRow, "导出密钥：写在地址中，不登录即可取得一个已存查询的表；密钥本身只在建立时显示")
class ExportKey(Noun):
    """A key to a saved query."""

    account: User | None = one(O, "以此账号的权限取数；不可见时为空", by=col(KeyRow.account_id))
    expires_at: datetime = column(O, "有效至此时刻")


@noun(QueryRow, "已存查询：GET /export/{名称}.csv、.xlsx、.json 即得其表")
class SavedQuery(Noun):
    """A query that is had as a table."""

    owner: Organization = one(O, "所属机构", by=col(QueryRow.owner_id))
    author: User | None = one(O, "保存者；不可见时为空", by=col(QueryRow.author_id))
    name: str = column(O, "名称，本机构内唯一，是地址的一部分", match=True, order=True)
    title: str = column(O, "标题", match=True)
    document: str = column(O, "查询文档")
    variables: JSON = made(O, "变量的值；取表时可用同名的 URL 参数代替", variables_of, weight=0)
    keys: list[ExportKey] = many(O, "未撤销的导出密钥", by=col(KeyRow.query_id), most=MOST_KEYS)


@strawberry.input(description="保存一个查询")
class SaveQueryInput:
    """A query to be saved."""

    name: str = strawberry.field(
        description="名称：1–64 个字母、数字、汉字、“-”或“_”，本机构内唯一"
    )
    title: str = strawberry.field(description="标题")
    document: str = strawberry.field(
        description="只含一个查询的文档，其唯一的根字段为列表：nodes 的各行即表的各行"
    )
    variables: JSON | None = strawberry.field(default=None, description="变量的值：JSON 对象")
    expected_version: int | None = strawberry.field(
        default=None, description="修改自己已存的同名查询时，所见的版本号；省略则为新建"
    )
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="删除一个已存查询")
class DeleteSavedQueryInput:
    """A saved query as it was seen."""

    id: strawberry.ID = strawberry.field(description="标识符")
    expected_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="建立一把导出密钥")
class CreateExportKeyInput:
    """What the key is to open."""

    saved_query: strawberry.ID = strawberry.field(description="已存查询的标识符")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="撤销一把导出密钥")
class RevokeExportKeyInput:
    """The key that is to end."""

    id: strawberry.ID = strawberry.field(description="导出密钥的标识符")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.type(description="保存、删除已存查询或撤销其密钥的结果")
class SavedQueryPayload:
    """The saved query as it is now, or why nothing was done."""

    saved_query: SavedQuery | None = strawberry.field(
        description="已存查询；被拒绝、已删除或撤销密钥时为空"
    )
    problems: list[Problem] = strawberry.field(description="拒绝的原因；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")


@strawberry.type(description="建立导出密钥的结果")
class ExportKeyPayload:
    """The key, and what it is in clear."""

    export_key: ExportKey | None = strawberry.field(description="导出密钥；被拒绝时为空")
    key: str | None = strawberry.field(
        description="URL 参数 key 的值，只在此显示一次；重复请求时为空，可另建一把"
    )
    problems: list[Problem] = strawberry.field(description="拒绝的原因；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")
