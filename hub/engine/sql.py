"""A root field over nouns as one statement that answers finished JSON text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, array, asyncpg

from hub.actor import Actor, Level
from hub.engine.arguments import asked_of, key_in, noun_of
from hub.engine.rows import (
    Answer,
    Declined,
    Draft,
    Row,
    Sql,
    Withheld,
    answer,
    members,
    number,
    refused,
    scan,
)
from hub.engine.tree import Field
from hub.errors import HubError
from hub.policy import may_count
from hub.tables.base import Table
from hub.tables.handed import Handed
from loaders.keyset import By, Page, paged
from schema.declare import (
    NOUNS,
    Declared,
    Listing,
    Lookup,
    Lookups,
    Many,
    One,
    Spec,
    column_name,
    edge_of,
    in_order,
    is_node,
    spec_of,
    target_of,
)
from schema.ids import MOST_IDS
from schema.page import COUNTING
from schema.twins import constant, cursor, record

DIALECT: Any = asyncpg.dialect()  # type: ignore[no-untyped-call]
BIG = BigInteger()
LARGEST = 2**25
"""Bytes of JSON that a statement answers; for more, graphql-core counts rows and refuses."""
TOO_LARGE = "too large: "
NO_ITEMS: Sql = literal_column("'[]'::json", JSON)
Rows = Callable[[Sequence[str]], Select[Any]]
"""The rows that an edge leads to, with the columns of these names."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as text: `order` names its parameters, `constants` are those known already.

    Its one value is the JSON object {c: points, w: withheld bits, d: the answer}; null where a
    lookup found nothing.
    """

    text: str
    order: tuple[str, ...]
    constants: Mapping[str, Any]
    withheld: tuple[Withheld, ...]


def compiled(root: Field, actor: Actor) -> Compiled:
    """The statement that answers `root` for every actor like the symbolic `actor`.

    Declined for what graphql-core has to answer.
    """
    draft = Draft(actor)
    found = _Writer(draft).root(root)
    rows = found.made.subquery("a")
    bits = rows.c.w if found.withholds else number(0)
    told = record([("c", rows.c.c), ("w", bits), ("d", rows.c.j)])
    size = func.pg_column_size(rows.c.j)
    bounded = case((size <= number(LARGEST), told), else_=_failing(TOO_LARGE, size))
    whole = select(bounded).scalar_subquery()
    made = select(case((_scoped(), whole))).compile(
        dialect=DIALECT, compile_kwargs={"render_postcompile": True}
    )
    constants = {name: value for name, value in made.params.items() if value is not None}
    return Compiled(str(made), tuple(made.positiontup or ()), constants, tuple(draft.withheld))


def _scoped() -> ColumnElement[bool]:
    """Sets what row level security goes by, for this statement alone, before it reads a row."""
    settings = [
        func.set_config(
            constant(f"app.{name}"), cast(bindparam(f"scope_{name}", None), Text), true()
        )
        for name in ("org", "user")
    ]
    return and_(*(setting.is_not(None) for setting in settings))


class _Writer:
    """Writes the selects of one statement."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._actor = draft.actor

    def root(self, root: Field) -> Answer:
        """The answer of a root field: a row of one noun, or a page."""
        if root.fault is not None:
            raise refused()
        match root.metadata.get("compiles"):
            case Lookup(table):
                spec, key = _looked_up(root, table, root.given["id"])
                return self._one(spec, root, _id_of(spec.table) == key)
            case Lookups():
                return self._nodes(root, [_looked_up(root, None, one) for one in root.given["ids"]])
            case Listing(table, order):
                return self._page(
                    NOUNS[table], root, order, lambda names: scan(self._actor, table, names)
                )
        if root.spec is not None and issubclass(root.spec.table, Handed) and root.is_list:
            return self._handed(root.spec, root)
        raise Declined(
            f"{root.coordinate} 由 Python 解析", f"{root.coordinate} is resolved in Python"
        )

    def _row(self, spec: Spec) -> Row:
        return Row(self._draft, spec.table, [number(int(is_node(spec)))])

    def _one(self, spec: Spec, one: Field, condition: Sql) -> Answer:
        """At most one row."""
        row = self._row(spec)
        made = row.object(members(row, spec, one.below[spec.name], self._edge))
        found = scan(self._actor, spec.table, row.read).where(condition)
        led = answer(made, row.cost, row.bits, row.source(found))
        return Answer(led.made.limit(number(1)), led.withholds)

    def _handed(self, spec: Spec, root: Field) -> Answer:
        """A row for each that the statement is handed, in their order."""
        row = self._row(spec)
        made = row.object(members(row, spec, root.inside, self._edge))
        (key,) = spec.table.__table__.primary_key  # type: ignore[attr-defined]  # SQLModel's own
        ordered = func.json_agg(aggregate_order_by(made, row.column(key.name)))
        return answer(
            func.coalesce(ordered, NO_ITEMS),
            func.coalesce(func.sum(row.cost), number(0)),
            [func.bit_or(bit) for bit in row.bits],
            row.source(scan(self._actor, spec.table, row.read)),
            grouped=True,
        )

    def _nodes(self, root: Field, ids: list[tuple[Spec, Any]]) -> Answer:
        """A row or a null for each id, in their order; each costs a point, found or not."""
        if not 0 < len(ids) <= MOST_IDS:
            raise refused()
        keys = array([type_coerce(key, Uuid) for _, key in ids])
        nouns = array([constant(spec.name) for spec, _ in ids])
        asked = func.unnest(keys, nouns).table_valued(
            "key", "noun", with_ordinality="at", name="asked"
        )
        key: Sql = literal_column("asked.key", Uuid())
        noun: Sql = literal_column("asked.noun", Text())
        at: Sql = literal_column("asked.at", BIG)
        source: FromClause = asked.render_derived(name="asked")
        found: list[Sql] = []
        points: list[Sql] = []
        bits: list[Sql] = []
        for kind in {spec.name: spec for spec, _ in ids}.values():
            name = self._draft.name("e")
            condition = and_(_id_of(kind.table) == key, noun == constant(kind.name))
            led = self._one(kind, root, condition)
            source = source.outerjoin(led.made.lateral(name), true())
            found.append(literal_column(f"{name}.j", JSON))
            points.append(literal_column(f"{name}.c", BIG))
            if led.withholds:
                bits.append(func.bit_or(literal_column(f"{name}.w", BIG)))
        one = found[0] if len(found) == 1 else func.coalesce(*found)
        return answer(
            func.json_agg(aggregate_order_by(one, at)),
            func.sum(func.coalesce(*points, number(1))),
            bits,
            source,
            grouped=True,
        )

    def _edge(self, row: Row, one: Field, declared: Declared, clear: Sql) -> Sql:
        if one.fault is not None:
            raise refused()
        if isinstance(declared, One):
            spec = NOUNS[target_of(declared.by)]
            key = row.column(column_name(declared.by))
            return row.edge(self._one(spec, one, and_(_id_of(spec.table) == key, clear)))
        assert isinstance(declared, Many)  # noqa: S101  -- there is no other kind of edge
        edge = edge_of(declared)
        keys = [row.column(column_name(key)) for key in declared.of]
        conditions = [by == key for by, key in zip(edge.by, keys, strict=True)]

        def under(names: Sequence[str]) -> Select[Any]:
            found = edge.joined(scan(self._actor, edge.table, names))
            return found.where(clear, *conditions)

        spec = spec_of(edge.table)
        if one.is_page:
            led = self._page(spec, one, declared.order, under)
        else:
            led = self._list(spec, one, declared, under)
        found = row.edge(led)
        return found if clear is true() else case((clear, found), else_=null())

    def _list(self, spec: Spec, one: Field, declared: Many, under: Rows) -> Answer:
        """All rows, if they are no more than `most`; else the statement fails on purpose."""
        row = self._row(spec)
        made = row.object(members(row, spec, one.inside, self._edge))
        ordered = under(tuple(row.read)).order_by(*in_order(spec.table, declared.order))
        source = row.source(ordered.limit(number(declared.most + 1)))
        too_many = _failing("too many: ", func.count())
        items = func.coalesce(func.json_agg(made), NO_ITEMS)
        return answer(
            case((func.count() > number(declared.most), too_many), else_=items),
            func.coalesce(func.sum(row.cost), number(0)),
            [func.bit_or(bit) for bit in row.bits],
            source,
            grouped=True,
        )

    def _page(self, spec: Spec, one: Field, default: Sequence[By], under: Rows) -> Answer:
        """A page of a connection, with one row more than it shows to tell whether there are."""
        try:
            page, conditions = asked_of(one, spec, self._actor, default)
        except HubError as refusal:
            raise refused() from refusal
        row = self._row(spec)
        beyond = page.backward or any(part.name == "pageInfo" for part in one.inside)
        at = literal_column(f"{row.name}.n", BIG) if beyond else None
        shown = true() if at is None else at <= number(page.size)
        counted = [part for part in one.inside if part.name == "totalCount"]
        withheld = []
        if counted and not may_count(self._actor, spec.table):
            withheld = [self._draft.bit(Withheld("denied", counted[0].coordinate, Level.O.value))]
        about: list[tuple[str, Sql]] = []
        for part in one.inside:
            match part.name:
                case "nodes" | "edges":
                    made = _listed(self._item(row, spec, part, page), page, at)
                case "pageInfo":
                    made = record([(inner.key, _info(row, inner, page)) for inner in part.inside])
                case "totalCount":
                    made = null() if withheld else _count(under(()).where(*conditions))
                case _:
                    made = constant(part.on.name)
            about.append((part.key, made))
        names = tuple(dict.fromkeys([*row.read, *(by.name for by in page.order)]))
        cut = paged(under(names).where(*conditions), spec.table, page)
        cut = cut.limit(number(page.size + beyond))
        each = func.coalesce(_of(func.sum(row.cost), shown), number(0))
        points = each + number(1 + COUNTING * len(counted))
        bits = [*(_of(func.bit_or(bit), shown) for bit in row.bits), *withheld]
        source = row.source(_numbered(cut) if beyond else cut)
        return answer(record(about), points, bits, source, grouped=True)

    def _item(self, row: Row, spec: Spec, part: Field, page: Page) -> Sql:
        """What one row is under `nodes` or `edges`."""
        if part.name == "nodes":
            return row.object(members(row, spec, part.inside, self._edge))
        made: list[tuple[str, Sql]] = []
        for inner in part.inside:
            match inner.name:
                case "node":
                    fields = members(row, spec, inner.inside, self._edge)
                    made.append((inner.key, row.object(fields)))
                case "cursor":
                    made.append((inner.key, _cursor(row, page)))
                case _:
                    made.append((inner.key, constant(part.kind.name)))
        return row.object(made)


def _looked_up(root: Field, table: type[Table] | None, given: Any) -> tuple[Spec, Any]:
    """The noun of an id, and its key."""
    try:
        spec = noun_of(given) if table is None else NOUNS[table]
        if spec is None or spec.name not in root.below:
            raise Declined("标识符不属于任何对象", "an id of no noun")
        return spec, key_in(given, spec)
    except HubError as refusal:
        raise refused() from refusal


def _numbered(rows: Select[Any]) -> Select[Any]:
    """`rows` with n, their place, and next, which is null on the last of them."""
    return select(
        literal_column("q.*"),
        func.row_number().over().label("n"),
        func.lead(number(1)).over().label("next"),
    ).select_from(rows.subquery("q"))


def _failing(words: str, value: Sql) -> Sql:
    """What fails as soon as it is looked at: `words` are no JSON, which is SQLSTATE 22P02."""
    return cast(func.concat(constant(words), value), JSON)


def _count(rows: Select[Any]) -> Sql:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


def _of(found: Any, shown: Sql) -> Sql:
    """An aggregate over the rows that are shown."""
    aggregate: Sql = found if shown is true() else found.filter(shown)
    return aggregate


def _listed(item: Sql, page: Page, at: Sql | None) -> Sql:
    """The items that the page shows, in the list's own order; `at` is their place as read."""
    if at is None:
        return func.coalesce(func.json_agg(item), NO_ITEMS)
    read = aggregate_order_by(item, at.desc()) if page.backward else item
    return func.coalesce(func.json_agg(read).filter(at <= number(page.size)), NO_ITEMS)


def _info(row: Row, inner: Field, page: Page) -> Sql:
    """A field of PageInfo: the row that is read beyond the page tells that there are more.

    The first row that is read is the last of the page when it is read backward.
    """
    at, following = (literal_column(f"{row.name}.{name}", BIG) for name in ("n", "next"))
    size = number(page.size)
    first = and_(at == number(1), at <= size)
    last = or_(at == size, and_(following.is_(None), at < size))
    more = func.count() > size
    match inner.name:
        case "hasNextPage":
            return _flag(page.stop is not None) if page.backward else more
        case "hasPreviousPage":
            return more if page.backward else _flag(page.start is not None)
        case "startCursor":
            return func.max(case((last if page.backward else first, _cursor(row, page))))
        case "endCursor":
            return func.max(case((first if page.backward else last, _cursor(row, page))))
    return constant(inner.on.name)


def _flag(value: bool) -> Sql:
    return literal_column(str(value).lower(), Boolean)


def _cursor(row: Row, page: Page) -> Sql:
    return cursor(page.order, [row.column(by.name) for by in page.order])


def _id_of(table: type[Table]) -> Sql:
    key: Sql = table.__table__.columns.id  # type: ignore[attr-defined]  # SQLModel's own
    return key
