"""How a declared field is read where nothing faster takes it: row by row, through the loaders."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, RowMapping, Select, func, select, true

from hub.actor import Actor, Level, Sight
from hub.errors import BadInput, CostExceeded, Forbidden, Words
from hub.policy import may_count, policy_of, sighted
from hub.tables.base import Table
from loaders.keyset import By, Page
from loaders.rows import ById, Pages, Under
from schema.context import Context, Info
from schema.declare import (
    NOUNS,
    TODAY,
    A,
    Column,
    Computed,
    Declared,
    Made,
    Many,
    Named,
    One,
    Spec,
    camel,
    column_name,
    edge_of,
    in_order,
    named,
    rank,
    sight_of,
    target_of,
)
from schema.filters import combined, used
from schema.page import Connection, connect, most_of, page

Resolver = Callable[..., Any]
Fetch = Callable[
    [Any, Info, Page, list[ColumnElement[bool]], str], Awaitable[Sequence[RowMapping] | None]
]
Whole = Callable[[Any, Info], Select[Any]]
ID_ORDER = By("id")
MOST_KEYS = 4


def sight(spec: Spec, name: str, declared: Declared, info: Info, row: RowMapping) -> Sight:
    """What the caller sees of a field on `row`; what is not clear is noted for `extensions`."""
    context = info.context
    found = sight_of(context.actor, declared, own=row["is_own"], person=row["is_person"])
    if found is not Sight.CLEAR:
        noted = context.masked if found is Sight.MASKED else context.denied
        noted.setdefault(f"{spec.name}.{camel(name)}", declared.level.value)
    return found


def column_resolver(spec: Spec, name: str, declared: Column) -> Resolver:
    """A column of the parent's row: clear, masked or null."""
    key = column_name(declared.of or name)

    def resolve(self: Any, info: Info) -> Any:
        value = self.row[key]
        match sight(spec, name, declared, info, self.row):
            case Sight.CLEAR:
                return value if declared.shape is None else shaped(declared.shape, value)
            case Sight.MASKED if value is not None and declared.mask is not None:
                return declared.mask.call(value)
        return None

    return resolve


def shaped(shape: Any, value: Any) -> Any:
    """A JSON value, or a list of them, as the value type `shape`."""
    if isinstance(value, list):
        return [shape.of(one) for one in value]
    return None if value is None else shape.of(value)


def computed_resolver(spec: Spec, name: str, declared: Computed) -> Resolver:
    """A function of columns of the parent's row."""
    needs = [need if need is TODAY else column_name(need) for need in declared.needs]

    def resolve(self: Any, info: Info) -> Any:
        if sight(spec, name, declared, info, self.row) is not Sight.CLEAR:
            return None
        today = info.context.today
        return declared.call(*(today if need is TODAY else self.row[need] for need in needs))

    return resolve


def made_resolver(spec: Spec, name: str, declared: Made) -> Resolver:
    """What Python makes of the parent's row and of what belongs to it."""

    async def resolve(self: Any, info: Info) -> Any:
        if sight(spec, name, declared, info, self.row) is not Sight.CLEAR:
            return None
        return await declared.call(self.row, info.context)

    return resolve


def one_resolver(spec: Spec, name: str, declared: One) -> Resolver:
    """The row that a foreign key names; all parents of an operation in one statement."""
    key = column_name(declared.by)
    target = target_of(declared.by)

    async def resolve(self: Any, info: Info) -> Any:
        if sight(spec, name, declared, info, self.row) is not Sight.CLEAR:
            return None
        return None if self.row[key] is None else await by_id(info.context, target, self.row[key])

    return resolve


async def by_id(context: Context, table: type[Table], key: Any) -> Any:
    """The noun of `table` with the id `key`; None where it is absent or hidden, and for no key."""
    if key is None:
        return None
    loader = context.loader(("one", table), lambda: ById(context.reader, table))
    row = await loader.load(key)
    return None if row is None else NOUNS[table].kind.of(row)


def list_resolver(spec: Spec, name: str, declared: Many) -> Resolver:
    """All rows of an edge; all parents of an operation in one statement."""
    edge = edge_of(declared)
    target = named(spec.types[name])
    order = in_order(edge.table, declared.order)

    async def resolve(self: Any, info: Info) -> Any:
        if sight(spec, name, declared, info, self.row) is not Sight.CLEAR:
            return None
        context = info.context
        loader = context.loader((spec.name, name), lambda: Under(context.reader, edge, order))
        kind = target.load()
        found = await loader.load(tuple(self.row[column_name(key)] for key in declared.of))
        if len(found) > declared.most:
            raise CostExceeded(
                f"{spec.name}.{camel(name)} 超过 {declared.most} 行",
                f"{spec.name}.{camel(name)} has more than {declared.most} rows",
                path=(camel(name),),
            )
        context.show(len(found))
        return [kind.of(row) for row in found]

    return resolve


def pages_resolver(spec: Spec, name: str, declared: Many) -> Resolver:
    """Pages of an edge; the same page of all parents of an operation in one statement."""
    edge = edge_of(declared)

    async def fetch(
        self: Any, info: Info, asked: Page, conditions: list[ColumnElement[bool]], given: str
    ) -> Sequence[RowMapping] | None:
        if sight(spec, name, declared, info, self.row) is not Sight.CLEAR:
            return None
        context = info.context
        loader = context.loader(
            (spec.name, name, asked, given),
            lambda: Pages(context.reader, edge, asked, conditions),
        )
        return await loader.load(tuple(self.row[column_name(key)] for key in declared.of))

    def whole(self: Any, info: Info) -> Select[Any]:
        keys = (self.row[column_name(key)] for key in declared.of)
        rows = edge.joined(sighted(info.context.actor, edge.table))
        return rows.where(*(by == key for by, key in zip(edge.by, keys, strict=True)))

    return connection_resolver(named(spec.types[name]), fetch, whole, declared.order)


def connection_resolver(
    target: Named, fetch: Fetch, whole: Whole, default: Sequence[By]
) -> Resolver:
    """A resolver with the arguments of a connection around `fetch`; it counts what is `whole`."""

    async def resolve(
        self: Any,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter: Any = None,
        order: Any = None,
    ) -> Connection[Any] | None:
        spec: Spec = target.load().__noun__
        keys = keys_of(spec, order, default)
        most = most_of(info.context.actor)
        asked = page(
            spec.table, keys, first=first, after=after, last=last, before=before, most=most
        )
        conditions = filtered(spec, info.context.actor, filter)
        rows = await fetch(self, info, asked, conditions, repr(filter))
        if rows is None:
            return None
        context = info.context
        context.show(len(rows))

        async def count() -> int | None:
            if not may_count(context.actor, spec.table):
                context.denied.setdefault(f"{spec.name}Connection.totalCount", Level.O.value)
                return None
            found = whole(self, info).where(*conditions).subquery()
            row = await context.reader.first(select(func.count().label("rows")).select_from(found))
            return 0 if row is None else int(row["rows"])

        return connect(spec.kind, rows, asked, count)

    about = strawberry.argument
    orders: Any = target.lazy("Order")
    resolve.__annotations__ |= {
        "first": Annotated[
            int | None, about(description="取前几行：0 至 100（系统账号 1000），默认 20")
        ],
        "after": Annotated[str | None, about(description="从此游标之后开始")],
        "last": Annotated[int | None, about(description="取末几行：0 至 100（系统账号 1000）")],
        "before": Annotated[str | None, about(description="到此游标之前为止")],
        "filter": Annotated[target.lazy("Filter") | None, about(description="筛选条件")],
        "order": Annotated[list[orders] | None, about(description="排序，依次生效；空值排在最后")],
    }
    return resolve


def keys_of(spec: Spec, order: Any, default: Sequence[By]) -> list[By]:
    """The keys of an order, the id at the end. BadInput for a repeated one and for too many."""
    keys = [spec.orders[one.value] for one in order] if order else list(default)
    names = {key.name for key in keys}
    if len(keys) > MOST_KEYS or len(names) < len(keys):
        raise BadInput(
            f"排序至多 {MOST_KEYS} 项，且不可重复",
            f"an order has at most {MOST_KEYS} keys, each once",
            path=("order",),
        )
    return keys if ID_ORDER.name in names else [*keys, ID_ORDER]


def filtered(spec: Spec, actor: Actor, given: Any) -> list[ColumnElement[bool]]:
    """A filter as SQL for `actor`, each entry only on rows where its field is clear to it.

    Forbidden where the field is clear on no row at all.
    """
    if given is None:
        return []
    policy = policy_of(spec.table)
    columns: dict[str, tuple[ColumnElement[Any], ColumnElement[bool]]] = {}
    for name in used(given):
        declared = spec.fields[name]
        if actor.sight(declared.level) is not Sight.CLEAR:
            raise Forbidden(
                f"无权按 {camel(name)} 筛选",
                f"you may not filter by {camel(name)}",
                hint=Words("先登录，或去掉此条件", "sign in, or leave this condition out"),
                path=("filter", camel(name)),
            )
        given_as = declared.by if isinstance(declared, One) else getattr(declared, "of", None)
        everywhere = rank(declared.level) <= max(rank(policy.floor), rank(A))
        columns[name] = (
            getattr(spec.table, column_name(given_as or name)),
            true() if everywhere else policy.own(actor),
        )
    return [combined(given, columns)]
