"""Relay connections over keyset pages: opaque cursors, at most 100 rows a page."""

import base64
import binascii
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
import strawberry
from sqlalchemy import RowMapping

from hub.errors import BadInput, Words
from hub.tables.base import Table
from loaders.keyset import By, Page

MAX_PAGE = 100
DEFAULT_PAGE = 20

N = TypeVar("N")


@strawberry.type(description="分页信息")
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = strawberry.field(description="后面是否还有")
    has_previous_page: bool = strawberry.field(description="前面是否还有")
    start_cursor: str | None = strawberry.field(description="本页第一行的游标")
    end_cursor: str | None = strawberry.field(description="本页最后一行的游标")


@strawberry.type(description="列表中的一行及其游标")
class Edge(Generic[N]):
    """A row with its cursor."""

    node: N = strawberry.field(description="该行")
    cursor: str = strawberry.field(description="该行的游标，不透明，勿自行构造")


@strawberry.type(description="按游标分页的列表")
class Connection(Generic[N]):
    """One page of a list."""

    edges: list[Edge[N]] = strawberry.field(description="各行及其游标")
    nodes: list[N] = strawberry.field(description="各行，不带游标")
    page_info: PageInfo = strawberry.field(description="分页信息")


def pack(order: Sequence[By], row: RowMapping) -> str:
    """The cursor of `row`: the order it belongs to and the row's keys in it."""
    keys = [row[by.name] for by in order]
    named = [f"{'-' if by.descending else ''}{by.name}" for by in order]
    text = orjson.dumps([named, keys], default=str)
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def unpack(order: Sequence[By], table: type[Table], cursor: str, name: str) -> tuple[Any, ...]:
    """The keys in a cursor. BadInput where it is not one of this list in this order."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        named, keys = orjson.loads(raw)
        if named != [f"{'-' if by.descending else ''}{by.name}" for by in order]:
            raise ValueError(named)
        return tuple(
            _typed(getattr(table, by.name), key) for by, key in zip(order, keys, strict=True)
        )
    except (binascii.Error, ValueError, TypeError, ArithmeticError) as error:
        raise BadInput(
            "游标无效，或不属于此列表的此种排序",
            "this cursor is not one of this list in this order",
            hint=Words("请使用同一查询返回的游标", "use a cursor that the same query returned"),
            path=(name,),
        ) from error


def _typed(column: Any, key: Any) -> Any:
    """A key as its column holds it. SQLModel's text type names no Python type of its own."""
    named = column.type.python_type
    kind: Any = str if named is object else named
    if key is None:
        return None
    if issubclass(kind, UUID | Decimal) and isinstance(key, str):
        return kind(key)
    if issubclass(kind, date) and isinstance(key, str):
        return kind.fromisoformat(key)
    if not isinstance(key, str if issubclass(kind, str) else kind):
        raise TypeError(key)
    return kind(key)


def page(
    table: type[Table],
    order: Sequence[By],
    *,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> Page:
    """The page that the arguments of a connection ask for. BadInput where they make no sense."""
    if first is not None and last is not None:
        raise BadInput("first 与 last 只能给一个", "give first or last, not both", path=("last",))
    size = last if last is not None else DEFAULT_PAGE if first is None else first
    if not 0 <= size <= MAX_PAGE:
        raise BadInput(
            f"每页 0 至 {MAX_PAGE} 行，收到 {size}",
            f"a page has 0 to {MAX_PAGE} rows, got {size}",
            hint=Words("用 after 游标翻页", "turn pages with the cursor after"),
            path=("first" if last is None else "last",),
        )
    return Page(
        order=tuple(order),
        size=size,
        start=unpack(order, table, after, "after") if after is not None else None,
        stop=unpack(order, table, before, "before") if before is not None else None,
        backward=last is not None,
    )


def connect(kind: Any, rows: Sequence[RowMapping], page: Page) -> Connection[Any]:
    """The connection of `rows`, which may hold one row more than the page."""
    more = len(rows) > page.size
    shown = list(rows[: page.size])
    if page.backward:
        shown.reverse()
    cursors = [pack(page.order, row) for row in shown]
    nodes = [kind.of(row) for row in shown]
    return Connection(
        edges=[Edge(node=node, cursor=at) for node, at in zip(nodes, cursors, strict=True)],
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=page.stop is not None if page.backward else more,
            has_previous_page=more if page.backward else page.start is not None,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
    )
