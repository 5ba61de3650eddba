"""Rows as JSON: what each field of a noun becomes in SQL, and what is withheld along the way."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import count
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Enum,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    null,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.types import TypeEngine

from hub.actor import Actor, Sight
from hub.engine.tree import Field
from hub.engine.verdict import Verdict, verdict
from hub.errors import Words
from hub.policy import policy_of
from hub.tables.base import Table
from hub.tables.handed import Handed
from schema.declare import TODAY, Column, Computed, Declared, Many, One, Spec, column_name
from schema.twins import constant, node_id, record, shaped, shaped_list, shown, written

Sql = ColumnElement[Any]
LONGEST_NAME = 63
"""Bytes that PostgreSQL keeps of a name; a longer one is cut without a word."""
MOST_BITS = 62
NOTHING: Sql = cast(null(), Text)
HANDED = "handed"
"""The parameter for handed rows."""


class Declined(Exception):
    """What one statement cannot answer as graphql-core would; graphql-core answers it then."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = Words(zh, en)


def refused() -> Declined:
    """What is declined because graphql-core is the one to refuse its arguments."""
    return Declined("参数将被拒绝", "its arguments are refused")


@dataclass(frozen=True, slots=True)
class Withheld:
    """That a coordinate may be withheld: under `denied` or `masked`, and for which level."""

    under: str
    coordinate: str
    level: str


class Draft:
    """A statement in the making: for whom, its names, and what it may withhold, a bit for each."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.withheld: dict[Withheld, int] = {}
        self._numbers = count(1)

    def name(self, letter: str) -> str:
        """A name that nothing else in the statement has."""
        return f"{letter}{next(self._numbers)}"

    def bit(self, withheld: Withheld) -> Sql:
        """The bit that says that a field was withheld somewhere."""
        at = self.withheld.setdefault(withheld, len(self.withheld))
        if at >= MOST_BITS:
            raise Declined("可能不给出的字段太多", "too many withheld fields")
        return number(1 << at)


@dataclass(frozen=True, slots=True)
class Answer:
    """A select of j (JSON), c (points) and, if anything may be withheld in it, w (bits)."""

    made: Select[Any]
    withholds: bool


def answer(
    made: Sql, points: Sql, bits: Sequence[Sql], source: FromClause, *, grouped: bool = False
) -> Answer:
    """The select of an answer. `grouped` says that it gathers many rows into one."""
    columns = [made.label("j"), points.label("c")]
    if bits:
        # No rows have no bits: that must not hide the others.
        sure = [func.coalesce(bit, number(0)) for bit in bits] if grouped else bits
        columns.append(reduce(lambda one, other: one.bitwise_or(other), sure).label("w"))
    return Answer(select(*columns).select_from(source), bool(bits))


@dataclass
class Row:
    """One row of a table being written: which of its columns are read, what its edges lead to.

    `points` are what it costs, its edges included, `bits` what is withheld on it and below.
    """

    draft: Draft
    table: type[Table]
    points: list[Sql]
    bits: list[Sql] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.name = self.draft.name("t")
        self.read: dict[str, Sql] = {}
        self._joins: list[tuple[FromClause, bool]] = []

    def column(self, name: str) -> Sql:
        """A column of the row by its name in the table, or is_own or is_person."""
        if name not in self.read:
            known = self.table.__table__.columns  # type: ignore[attr-defined]  # SQLModel's own
            kind = known[name].type if name in known else Boolean()
            self.read[name] = literal_column(f"{self.name}.{name}", kind)
        return self.read[name]

    @property
    def cost(self) -> Sql:
        """Its points as one expression."""
        return reduce(lambda one, other: one + other, self.points)

    def source(self, rows: Select[Any]) -> FromClause:
        """`rows` under the row's name, with everything that is joined to each of them."""
        found: FromClause = rows.subquery(self.name)
        for joined, outer in self._joins:
            found = found.join(joined, true(), isouter=outer)
        return found

    def edge(self, led: Answer) -> Sql:
        """The JSON of an edge; it is evaluated once for each row, in the rows' order."""
        name = self.draft.name("e")
        self._joins.append((led.made.lateral(name), True))
        self.points.append(func.coalesce(literal_column(f"{name}.c", BigInteger), number(0)))
        if led.withholds:
            self.bits.append(func.coalesce(literal_column(f"{name}.w", BigInteger), number(0)))
        return literal_column(f"{name}.j", Text)

    def object(self, members: Sequence[tuple[str, Sql]]) -> Sql:
        """A JSON object of `members`, by the cheapest form that keeps their names."""
        if any(len(name) > LONGEST_NAME for name, _ in members):
            return record(members)
        name = self.draft.name("r")
        named = select(*(value.label(key) for key, value in members)).lateral(name)
        self._joins.append((named, False))
        # With .* it is the row, also where a member has the row's own name.
        return func.row_to_json(literal_column(f"{name}.*"))


def number(value: int) -> Sql:
    """A whole number as a literal."""
    return literal_column(str(value), BigInteger)


def scan(actor: Actor, table: type[Table], names: Iterable[str]) -> Select[Any]:
    """The columns `names` of the rows of `table` that `actor` may read.

    Among the names may be is_own and is_person, which tell rows apart for the verdicts.
    """
    policy = policy_of(table)
    columns = handed(table) if issubclass(table, Handed) else columns_of(table)
    known = {"is_own": policy.own, "is_person": policy.person}
    read = [known[name](actor).label(name) if name in known else columns[name] for name in names]
    return select(*(read or [next(iter(columns))])).where(policy.rows(actor))


def columns_of(table: type[Table]) -> ReadOnlyColumnCollection[str, Any]:
    """The columns of a stored table."""
    found: ReadOnlyColumnCollection[str, Any] = table.__table__.columns  # type: ignore[attr-defined]  # SQLModel's own
    return found


def handed(table: type[Handed]) -> ReadOnlyColumnCollection[str, Any]:
    """The columns of the rows that a statement is handed as JSON, if not by its transaction."""
    shape = [column(one.name, _plain(one.type)) for one in columns_of(table)]
    kept = cast(func.current_setting(literal_column("'app.handed'")), JSON)
    given = func.json_to_recordset(func.coalesce(bindparam(HANDED, None, JSON()), kept))
    return given.table_valued(*shape, name="handed").render_derived(with_types=True).columns


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """A word is read as text."""
    return Text() if isinstance(kind, Enum) else kind


Lead = Callable[[Row, Field, Declared, Sql], Sql]
"""Writes what an edge leads to, on the rows where the condition holds."""


def members(row: Row, spec: Spec, fields: Iterable[Field], lead: Lead) -> list[tuple[str, Sql]]:
    """The fields of one row of `spec` by their response keys; `lead` writes the edges."""
    return [(one.key, _member(row, spec, one, lead)) for one in fields]


def _member(row: Row, spec: Spec, one: Field, lead: Lead) -> Sql:
    if one.name == "__typename":
        return constant(spec.name)
    declared = one.declared
    if declared is None:
        raise Declined(f"{one.coordinate} 不是声明的字段", f"{one.coordinate} is no declared field")
    found = verdict(row.draft.actor, spec, declared, row.column)
    _note(row, spec, one, declared, found)
    if found.only is Sight.HIDDEN:
        return NOTHING
    if isinstance(declared, One | Many):
        return lead(row, one, declared, found.clear)
    if type(declared) is Declared:
        return node_id(spec.name, row.column("id"))
    clear = _value(row, one, declared)
    if found.only is Sight.CLEAR:
        return clear
    whens = [(found.clear, clear)] if Sight.CLEAR in found.sights else []
    if Sight.MASKED in found.sights and isinstance(declared, Column) and declared.mask:
        stored = row.column(_column(one, declared))
        whens.append((and_(found.masked, stored.is_not(None)), declared.mask.sql(stored)))
    return case(*whens, else_=null())


def _note(row: Row, spec: Spec, one: Field, declared: Declared, found: Verdict) -> None:
    """Count into the row's bits that the field is withheld on it."""
    for sight, on, under in (
        (Sight.HIDDEN, found.hidden, "denied"),
        (Sight.MASKED, found.masked, "masked"),
    ):
        if sight in found.sights:
            known = Withheld(under, f"{spec.name}.{one.name}", declared.level.value)
            bit = row.draft.bit(known)
            row.bits.append(bit if found.only is sight else case((on, bit), else_=number(0)))


def _value(row: Row, one: Field, declared: Declared) -> Sql:
    """A column or computed value as GraphQL shows it."""
    match declared:
        case Column(shape=None):
            return shown(row.column(_column(one, declared)))
        case Column():
            stored = row.column(_column(one, declared))
            return (shaped_list if one.is_list else shaped)(declared.shape, stored, wanted(one))
        case Computed() if declared.sql is not None:
            made = declared.sql(*(_need(row, need) for need in declared.needs))
            return written(made, one.kind.name, wanted(one) if one.below else ())
    raise Declined(
        f"{one.coordinate} 在数据库中没有对应的写法",
        f"{one.coordinate} has no twin in the database",
    )


def _need(row: Row, need: Any) -> Sql:
    if need is TODAY:
        return type_coerce(bindparam("today", None), Date)
    return row.column(column_name(need))


def _column(one: Field, declared: Column) -> str:
    return column_name(declared.of or one.python_name)


def wanted(one: Field) -> list[tuple[str, str]]:
    """What is asked of a value type: response keys and Python names of its members."""
    return [(inner.key, inner.python_name) for inner in one.inside]
