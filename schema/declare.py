"""What a noun says of each field: a column, an edge, a computed or made value, level and words.

The same declaration says how a field is read, who sees it, what it may be filtered and ordered
by, and how it is described.
"""

import sys
import types
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Annotated, Any, Union, get_args, get_origin

import strawberry
from sqlalchemy import ColumnElement, RowMapping, UnaryExpression
from strawberry.types.lazy_type import StrawberryLazyReference

import schema.terms  # noqa: F401 -- the enums get their labels before they are used
from hub.actor import Actor, Level, Sight
from hub.tables.base import Table
from loaders.keyset import By
from loaders.rows import Edge
from schema.page import Connection

P, A, O, S, R = Level.P, Level.A, Level.O, Level.S, Level.R  # noqa: E741 -- the levels' names


class Today:
    """Stands among the `needs` of a computed field for the calendar day of the operation."""


TODAY = Today()


@dataclass(frozen=True)
class Declared:
    """What every field says of itself: who sees it, and what it is."""

    level: Level
    words: str


Sql = ColumnElement[Any]


@dataclass(frozen=True)
class Mask:
    """What is left of a value for who may not read it whole: in Python, and in the database."""

    call: Callable[[Any], Any]
    sql: Callable[[Sql], Sql]


@dataclass(frozen=True)
class Parts:
    """A value type as the database makes it: its members by Python name; null unless `present`."""

    members: Mapping[str, Sql]
    present: Sql | None = None


@dataclass(frozen=True)
class Items:
    """A list of the value type `shape` as the database has it: an array of JSON."""

    shape: Any
    stored: Sql


@dataclass(frozen=True)
class Column(Declared):
    """A column; `of` where its name differs, `mask` for who sees a part, `shape` for JSON."""

    of: Any = None
    mask: Mask | None = None
    match: bool = False
    order: bool = False
    shape: Any = None


@dataclass(frozen=True)
class One(Declared):
    """An edge to at most one row: the foreign key `by`."""

    by: Any
    match: bool = False


@dataclass(frozen=True)
class Many(Declared):
    """An edge to many rows: those whose `by` equal this row's `of`, through a link with `via`."""

    by: tuple[Any, ...]
    of: tuple[Any, ...]
    via: tuple[Any, Any] | None
    order: tuple[By, ...]
    most: int


@dataclass(frozen=True)
class Computed(Declared):
    """A pure function of the columns `needs`; `sql` is its twin for the database, if it has one.

    The twin is given an expression for each of `needs`, TODAY among them, and answers one for the
    value, its `Parts` for a value type, its `Items` for a list of them.
    """

    call: Callable[..., Any]
    needs: tuple[Any, ...]
    sql: Callable[..., Sql | Parts | Items] | None = None


@dataclass(frozen=True)
class Made(Declared):
    """A value that Python makes of the row and of what belongs to it; it weighs `weight` points.

    `call` is given the row and the context of the operation. Statements leave it to graphql-core.
    """

    call: Callable[[RowMapping, Any], Awaitable[Any]]
    weight: int


def column(
    level: Level,
    words: str,
    *,
    of: Any = None,
    mask: Mask | None = None,
    match: bool = False,
    order: bool = False,
    shape: Any = None,
) -> Any:
    """A field that is a column of the noun's table."""
    return Column(level, words, of, mask, match, order, shape)


def one(level: Level, words: str, *, by: Any, match: bool = False) -> Any:
    """A field that leads to the row that the foreign key `by` names."""
    return One(level, words, by, match)


def many(
    level: Level,
    words: str,
    *,
    by: Any,
    of: Any = "id",
    via: tuple[Any, Any] | None = None,
    order: Sequence[By] = (By("id"),),
    most: int = 20,
) -> Any:
    """A field that leads to many rows: a `Connection[…]` in pages, a `list[…]` as a whole.

    A list of more than `most` is refused; it is priced as if it were as long as that.
    """
    return Many(level, words, _several(by), _several(of), via, tuple(order), most)


def computed(
    level: Level,
    words: str,
    call: Callable[..., Any],
    *,
    needs: Sequence[Any],
    sql: Callable[..., Sql | Parts | Items] | None = None,
) -> Any:
    """A field that is a function of columns (and of TODAY)."""
    return Computed(level, words, call, tuple(needs), sql)


def made(
    level: Level,
    words: str,
    call: Callable[[RowMapping, Any], Awaitable[Any]],
    *,
    weight: int,
) -> Any:
    """A field that Python makes of the row and of what belongs to it."""
    return Made(level, words, call, weight)


def _several(given: Any) -> tuple[Any, ...]:
    return given if isinstance(given, tuple) else (given,)


def sight_of(actor: Actor, declared: Declared, *, own: bool, person: bool) -> Sight:
    """What `actor` gets of a field: what cannot be masked is hidden instead."""
    found = actor.sight(declared.level, own=own, person=person)
    can_mask = isinstance(declared, Column) and declared.mask is not None
    return Sight.HIDDEN if found is Sight.MASKED and not can_mask else found


@dataclass(frozen=True)
class Lookup:
    """What a root field is that answers the noun with an id: of `table`, or of any without one."""

    table: type[Table] | None


@dataclass(frozen=True)
class Lookups:
    """What a root field is that answers for each of several ids the noun that has it."""


@dataclass(frozen=True)
class Listing:
    """What a root field is that answers every row of `table` that the caller may read, in pages."""

    table: type[Table]
    order: tuple[By, ...]


@dataclass(frozen=True)
class Effect:
    """What a root field is that changes rows and tells what became of each.

    `act` is given the context and the arguments. It tells the members of the payload by their
    Python names, and a transaction in which to read further; a list of handed rows it tells as
    JSON, or None where the transaction has them. `rows` is where the rows are given.
    """

    act: Callable[
        [Any, Mapping[str, Any]], AbstractAsyncContextManager[tuple[Mapping[str, Any], Any]]
    ]
    rows: tuple[str, ...]


@dataclass
class Spec:
    """What the schema knows of one noun."""

    name: str
    table: type[Table]
    kind: Any
    fields: dict[str, Declared]
    types: dict[str, Any]
    orders: dict[str, By] = field(default_factory=dict)


NOUNS: dict[type[Table], Spec] = {}
"""The nouns by their tables: types with an id."""
PARTS: dict[type[Table], Spec] = {}
"""The parts of nouns by their tables: types without an id."""


def spec_of(table: type[Table]) -> Spec:
    """The noun or part that shows `table`."""
    return NOUNS.get(table) or PARTS[table]


def is_node(spec: Spec) -> bool:
    """Whether it is a noun, not a part of one."""
    return spec.table in NOUNS


def in_order(table: type[Table], order: Sequence[By]) -> list[UnaryExpression[Any]]:
    """The ORDER BY of a whole list, down to the primary key, so that it is always the same."""
    keys = list(order)
    named = {by.name for by in keys}
    unique = table.__table__.primary_key  # type: ignore[attr-defined]  # SQLModel's own
    keys += [By(column.name) for column in unique if column.name not in named]
    columns = [(getattr(table, by.name), by.descending) for by in keys]
    return [column.desc() if descending else column.asc() for column, descending in columns]


@dataclass(frozen=True)
class Named:
    """A type by name and module, so that two nouns can name each other."""

    name: str
    module: str

    def load(self) -> Any:
        """The type itself."""
        return getattr(sys.modules[self.module], self.name)

    def lazy(self, suffix: str) -> Any:
        """A Strawberry reference to the type `name + suffix` of the same module."""
        return Annotated[self.name + suffix, strawberry.lazy(self.module)]


def is_optional(annotation: Any) -> bool:
    """Whether `annotation` admits None."""
    return get_origin(annotation) in (types.UnionType, Union) and type(None) in get_args(annotation)


def bare(annotation: Any) -> Any:
    """`annotation` without its None."""
    if not is_optional(annotation):
        return annotation
    (inner,) = (one for one in get_args(annotation) if one is not type(None))
    return inner


def is_connection(annotation: Any) -> bool:
    """Whether `annotation` is a connection, with or without None."""
    return get_origin(bare(annotation)) is Connection


def named(annotation: Any) -> Named:
    """The noun inside `annotation`: itself, or the item of its list or connection."""
    inner = bare(annotation)
    if get_origin(inner) in (list, Connection):
        inner = get_args(inner)[0]
    if get_origin(inner) is Annotated:
        reference, lazy = get_args(inner)
        if isinstance(lazy, StrawberryLazyReference):
            return Named(getattr(reference, "__forward_arg__", reference), lazy.module)
    return Named(inner.__name__, inner.__module__)


def column_name(given: Any) -> str:
    """The name of a column that is given as such or by its name."""
    return given if isinstance(given, str) else given.key


def table_of(column: Any) -> type[Table]:
    """The table class that a column belongs to."""
    owner: type[Table] = column.class_
    return owner


def target_of(key: Any) -> type[Table]:
    """The table class that a foreign key column points to."""
    (reference,) = key.property.columns[0].foreign_keys
    return class_of(reference.column.table.name)


def class_of(name: str) -> type[Table]:
    """The table class that is stored under `name`."""
    waiting: list[type[Table]] = [Table]
    while waiting:
        kind = waiting.pop()
        if getattr(kind, "__tablename__", None) == name:
            return kind
        waiting.extend(kind.__subclasses__())
    raise LookupError(name)


def edge_of(declared: Many) -> Edge:
    """The edge of a declaration, as the loaders read it."""
    if declared.via is None:
        return Edge(table_of(declared.by[0]), declared.by)
    return Edge(table_of(declared.via[1]), declared.by, declared.via)


def camel(name: str) -> str:
    """The GraphQL spelling of a Python name."""
    head, *tail = name.strip("_").split("_")
    return head + "".join(word.title() for word in tail)


def rank(level: Level) -> int:
    """How restricted a level is: P 0, R 4."""
    return list(Level).index(level)
