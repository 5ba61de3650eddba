"""Relay connections over keyset pages: opaque cursors, at most 100 rows a page."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
import strawberry
from sqlalchemy import RowMapping

from hub.actor import Actor
from hub.errors import BadInput, Words
from hub.tables.base import Table
from hub.times import instant_text
from hub.values import plain
from hub.vocabulary import Role
from loaders.keyset import By, Page
from schema.slot import Slot

MAX_PAGE = 100
MAX_SYNC_PAGE = 1_000
DEFAULT_PAGE = 20

COUNTING = 10
"""What it costs to count all rows of a list."""

N = TypeVar("N")
Count = Callable[[], Awaitable[int | None]]


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
    count: strawberry.Private[Count | None] = None

    @strawberry.field(
        description="不分页时的总行数；只有所见全为本机构范围，或平台人员，才给出",
        metadata={"weight": COUNTING},
    )
    async def total_count(self) -> int | None:
        return None if self.count is None else await self.count()


def pack(order: Sequence[By], row: RowMapping) -> str:
    """The cursor of `row`: the order it belongs to and the row's keys in it, as scalars show them.

    `schema.twins.cursor` writes the same text, and so the JSON is spaced as PostgreSQL does.
    """
    keys = [row[by.name] for by in order]
    text = json.dumps([spelled(order), keys], ensure_ascii=False, default=_told)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def spelled(order: Sequence[By]) -> list[str]:
    """The keys of an order by name, a descending one with a minus."""
    return [f"{'-' if by.descending else ''}{by.name}" for by in order]


def _told(key: Any) -> str:
    if isinstance(key, datetime):
        return instant_text(key)
    return plain(key) if isinstance(key, Decimal) else str(key)


def unpack(order: Sequence[By], table: type[Table], cursor: str, name: str) -> tuple[Any, ...]:
    """The keys in a cursor. BadInput where it is not one of this list in this order."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        named, keys = orjson.loads(raw)
        if named != spelled(order):
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
    most: int = MAX_PAGE,
) -> Page:
    """The page that the arguments of a connection ask for. BadInput where they make no sense."""
    if first is not None and last is not None:
        raise BadInput("first 与 last 只能给一个", "give first or last, not both", path=("last",))
    size = last if last is not None else DEFAULT_PAGE if first is None else first
    if not 0 <= size <= most:
        raise BadInput(
            f"每页 0 至 {most} 行，收到 {size}",
            f"a page has 0 to {most} rows, got {size}",
            hint=Words("用 after 游标翻页", "turn pages with the cursor after"),
            path=("first" if last is None else "last",),
        )
    return Page(
        order=tuple(order),
        size=size,
        start=_place(order, table, after, "after"),
        stop=_place(order, table, before, "before"),
        backward=last is not None,
    )


def _place(
    order: Sequence[By], table: type[Table], cursor: Any, name: str
) -> tuple[Any, ...] | None:
    """The keys in a cursor; slots for them where the cursor is one."""
    if not isinstance(cursor, Slot):
        return None if cursor is None else unpack(order, table, cursor, name)
    return cursor.split(lambda given: unpack(order, table, given, name), len(order))


def most_of(actor: Actor) -> int:
    """The most rows that `actor` may ask for in one page: systems read more at a time."""
    return MAX_SYNC_PAGE if Role.SYSTEM in actor.roles else MAX_PAGE


def connect(
    kind: Any, rows: Sequence[RowMapping], page: Page, count: Count | None = None
) -> Connection[Any]:
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
        count=count,
    )
