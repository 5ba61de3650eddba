"""What an operation costs before it runs: points, rows and values, from its coerced arguments.

A point is a row of a noun that the answer may show, or a connection (a page costs one more than
its rows); fields inside a row are free, other fields say their `weight`. A page counts as full, a
list as long as its declaration allows, so that the points are never below what the answer then
costs. Rows and values bound the work of an answer: there a list of parts counts as usually long.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from graphql import OperationType

from hub.actor import Actor
from hub.engine.introspection import values_of
from hub.engine.tree import Field, Operation
from hub.errors import CostExceeded, Words
from hub.tables.handed import Handed
from hub.vocabulary import Role
from schema.costs import SLICES, is_counted, listed_of, weight_of
from schema.declare import Effect, is_node
from schema.page import DEFAULT_PAGE, MAX_SYNC_PAGE
from schema.slot import Slot

USUAL = 10
"""The items that a list of parts or values is taken to have."""
VALUES_A_POINT = 1_000
"""What a look into the schema yields for one point."""
SAME = 5
AGAIN = 50
"""How many aliases one value of an object may have, and the values that each further one counts as:
a long text is made as often as it is asked for."""
MOST_PATHS = 3
NAMES = {
    "points": Words("点", "points"),
    "rows": Words("行", "rows"),
    "values": Words("个值", "values"),
}
SMALLER = Words(
    "减小各层的 first 或少选字段，或分几次查询",
    "ask for smaller pages (first), for fewer fields, or in parts",
)


class Cost(NamedTuple):
    """What a field costs: points, the rows it may show, and values, each as often as it stands."""

    points: int = 0
    rows: int = 0
    values: int = 0

    def plus(self, other: "Cost") -> "Cost":
        """The cost of both."""
        return Cost(self.points + other.points, self.rows + other.rows, self.values + other.values)


class Length(NamedTuple):
    """How many objects a field leads to: at most, which counts for points, and usually."""

    most: int = 1
    usual: int = 1

    def of(self, each: Cost) -> Cost:
        """What so many cost, if one of them costs `each`."""
        return Cost(self.most * each.points, self.usual * each.rows, self.usual * each.values)

    def times(self, inner: "Length") -> "Length":
        """How many there are where under each of so many there are `inner`."""
        return Length(self.most * inner.most, self.usual * inner.usual)


@dataclass(frozen=True)
class Priced:
    """A field with its cost, all that lies under it included, and the fields under it.

    It leads to `length` objects, each of one of the types in `sides`; their fields are
    priced as often as they stand in one of them.
    """

    field: Field
    cost: Cost
    length: Length
    sides: "Mapping[str, tuple[Priced, ...]]"

    @property
    def inside(self) -> "tuple[Priced, ...]":
        """The fields of the dearest side."""
        return max(self.sides.values(), key=lambda side: _sum(side).points, default=())


class Limits(NamedTuple):
    """The most that one operation may cost."""

    points: int
    rows: int = 50_000
    values: int = 200_000


def limits_of(actor: Actor) -> Limits:
    """The limits of who asks: those who are not signed in get little, systems that sync most."""
    if actor.is_anonymous:
        return Limits(1_000)
    return Limits(10_000 if Role.SYSTEM in actor.roles else 5_000)


def priced(field: Field, operation: Operation) -> Priced:
    """The price of a root field of `operation`; a change also pays for the rows that it brings."""
    if field.name in ("__schema", "__type"):
        values = values_of(field, operation.schema)
        return Priced(field, Cost(-(-values // VALUES_A_POINT), 0, values), Length(), {})
    if operation.kind is not OperationType.MUTATION:
        return _priced(field)
    match field.metadata.get("compiles"):
        case Effect(rows=path):
            brought = _size(field.given, path)
            found = _priced(field, brought)
        case _:
            brought = _brought(field.given)
            found = _priced(field)
    return replace(found, cost=found.cost.plus(Cost(brought)))


def _size(given: Any, path: Iterable[str]) -> int:
    """How many rows there are at the end of `path`."""
    for step in path:
        given = given[step]
    size = given.size if isinstance(given, Slot) else len(given)
    return size or 0


def _brought(given: Any) -> int:
    """The rows in an input: the objects in its lists, at any depth."""
    if isinstance(given, Mapping):
        return sum(_brought(one) for one in given.values())
    if not isinstance(given, list):
        return 0
    return sum(isinstance(one, Mapping) + _brought(one) for one in given)


def _priced(field: Field, brought: int | None = None) -> Priced:
    """The price of a field; of each row that a change has `brought` one is handed back."""
    if not field.below:
        return Priced(field, _own(field), Length(), {})
    if field.is_page:
        return _page(field)
    is_handed = field.spec is not None and issubclass(field.spec.table, Handed)
    if is_handed and field.is_list and brought is not None:
        return _objects(field, Length(brought, brought), Cost(0, 1))
    return _objects(field, _length(field), _row(field), brought)


def _own(field: Field) -> Cost:
    """What a field costs itself: a value, and its weight."""
    weight = weight_of(field.on, field.definition) if field.definition else 0
    return Cost(weight, 0, 1)


def _page(field: Field) -> Priced:
    """A page counts its rows once, however often they are listed."""
    size = page_size(field)
    inside = tuple(
        _objects(one, Length(size, size), Cost()) if one.is_list else _priced(one)
        for one in field.inside
    )
    page = _own(field).plus(Cost(1 + size, size)).plus(_sum(inside))
    return Priced(field, page, Length(), {field.kind.name: inside})


def _objects(field: Field, length: Length, row: Cost, brought: int | None = None) -> Priced:
    """A field that leads to so many objects, each a `row` with the dearest fields of any type."""
    sides = {
        name: tuple(_priced(one, brought) for one in fields) for name, fields in field.below.items()
    }
    sums = [_sum(side) for side in sides.values()]
    each = row.plus(Cost(*map(max, zip(*sums, strict=True))))
    return Priced(field, _own(field).plus(length.of(each)), length, sides)


def _sum(side: Iterable[Priced]) -> Cost:
    total = Cost()
    names: Counter[str] = Counter()
    for one in side:
        total = total.plus(one.cost)
        names[one.field.name] += not (one.sides or one.field.given)
    again = sum(number - SAME for number in names.values() if number > SAME)
    return total.plus(Cost(0, 0, again * AGAIN)) if again else total


def _row(field: Field) -> Cost:
    """What an object costs itself: a row of a noun a point, a row of its parts none."""
    if field.definition is not None and is_counted(field.on, field.definition):
        return Cost(1, 1)
    return Cost(0, int(field.spec is not None and not is_node(field.spec)))


def _length(field: Field) -> Length:
    if not field.is_list:
        return Length()
    listed = listed_of(field.definition) if field.definition else None
    if listed is None:
        return Length(USUAL, USUAL)
    most = listed.most
    if listed.per is not None:
        most = min(most, len(field.given.get(listed.per) or ()))
    is_part = field.spec is not None and not is_node(field.spec)
    return Length(most, min(most, USUAL) if is_part else most)


def page_size(field: Field) -> int:
    """The rows of the page that a connection is asked for."""
    asked = [size for name in SLICES if (size := field.given.get(name)) is not None]
    return min(max(0, *asked), MAX_SYNC_PAGE) if asked else DEFAULT_PAGE


def total(fields: Iterable[Priced]) -> Cost:
    """The cost of an operation."""
    return _sum(tuple(fields))


def excess(fields: Iterable[Priced], limits: Limits) -> CostExceeded | None:
    """The refusal of an operation beyond `limits`, naming number, limit and paths."""
    roots = tuple(fields)
    found = total(roots)
    for name, words in NAMES.items():
        number, limit = getattr(found, name), getattr(limits, name)
        if number > limit:
            paths = "、".join(dearest(roots, name))
            return CostExceeded(
                f"此操作可得 {number} {words.zh}，上限为 {limit}；最多的在 {paths}",
                f"the operation may yield {number} {words.en}, the limit is {limit};"
                f" most at {paths}",
                hint=SMALLER,
            )
    return None


def dearest(roots: Iterable[Priced], name: str = "points") -> list[str]:
    """The paths that cost most, the dearest first; each as far down as it stays most of it."""
    found = sorted(roots, key=lambda one: -getattr(one.cost, name))[:MOST_PATHS]
    return [".".join(_down(one, name))[:200] for one in found if getattr(one.cost, name)]


def _down(one: Priced, name: str) -> Iterator[str]:
    yield one.field.key
    below = max(one.inside, key=lambda inner: getattr(inner.cost, name), default=None)
    if below is None:
        return
    share = getattr(one.length.of(below.cost), name)
    if 2 * share > getattr(one.cost, name):
        yield from _down(below, name)
