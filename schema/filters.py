"""Filters and orders: built from the fields that say `match` or `order`, applied as SQL."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Generic, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, and_, func, or_, true
from strawberry import UNSET

from hub.errors import BadInput, Path, Words
from schema.declare import camel
from schema.ids import decode
from schema.slot import Slot

DEEPEST = 5
MOST_ALTERNATIVES = 50
MOST_LISTED = 1_000

V = TypeVar("V")
E = TypeVar("E")


@strawberry.input(description="文本条件，各项须同时满足")
class TextMatch:
    """Conditions on a text."""

    eq: str | None = strawberry.field(default=UNSET, description="等于")
    in_: list[str] | None = strawberry.field(default=UNSET, name="in", description="属于其一")
    starts_with: str | None = strawberry.field(default=UNSET, description="以此开头")
    contains: str | None = strawberry.field(default=UNSET, description="包含")
    is_null: bool | None = strawberry.field(default=UNSET, description="是否为空")


@strawberry.input(description="数值或日期条件，各项须同时满足")
class RangeMatch(Generic[V]):
    """Conditions on something with an order."""

    eq: V | None = strawberry.field(default=UNSET, description="等于")
    gte: V | None = strawberry.field(default=UNSET, description="大于等于；日期为不早于")
    lte: V | None = strawberry.field(default=UNSET, description="小于等于；日期为不晚于")
    gt: V | None = strawberry.field(default=UNSET, description="大于；日期为晚于")
    lt: V | None = strawberry.field(default=UNSET, description="小于；日期为早于")
    is_null: bool | None = strawberry.field(default=UNSET, description="是否为空")


@strawberry.input(description="枚举条件，各项须同时满足")
class TermMatch(Generic[E]):
    """Conditions on a closed list."""

    eq: E | None = strawberry.field(default=UNSET, description="等于")
    in_: list[E] | None = strawberry.field(default=UNSET, name="in", description="属于其一")
    is_null: bool | None = strawberry.field(default=UNSET, description="是否为空")


@strawberry.input(description="关联对象条件")
class IDMatch:
    """Conditions on an edge."""

    eq: strawberry.ID | None = strawberry.field(default=UNSET, description="标识符等于")
    in_: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, name="in", description="标识符属于其一"
    )
    is_null: bool | None = strawberry.field(default=UNSET, description="是否没有关联")


def match_type(kind: Any) -> Any:
    """The input type of conditions on a value of `kind`."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return TermMatch[kind]
    if kind is bool:
        return bool
    if kind in (Decimal, int, date, datetime):
        return RangeMatch[kind]
    if kind is str:
        return TextMatch
    raise TypeError(f"nothing can be matched on {kind}")


Operator = Callable[[ColumnElement[Any], Any], ColumnElement[bool]]
OPERATORS: dict[str, Operator] = {
    "eq": lambda column, value: column == value,
    "in_": lambda column, value: column.in_(value),
    "starts_with": func.starts_with,
    "contains": lambda column, value: func.strpos(column, value) > 0,
    "gte": lambda column, value: column >= value,
    "lte": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "lt": lambda column, value: column < value,
    "is_null": lambda column, value: column.is_(None) if value else column.is_not(None),
}


def condition(column: ColumnElement[Any], match: Any, path: Path) -> ColumnElement[bool]:
    """One filter entry as SQL. BadInput for an empty one, which would let every row through."""
    if isinstance(match, bool):
        return column.is_(match)
    given = {name: value for name, value in vars(match).items() if value is not UNSET}
    if not given or None in given.values():
        raise BadInput(
            f"{path[-1]} 的条件为空",
            f"the condition on {path[-1]} is empty or null",
            hint=Words("查空值用 isNull，否则去掉此条件", "ask with isNull, or leave it out"),
            path=path,
        )
    if isinstance(match, IDMatch):
        given = {name: _keys(value) for name, value in given.items()}
    return and_(True, *(OPERATORS[name](column, value) for name, value in given.items()))


def _keys(given: Any) -> Any:
    if isinstance(given, list):
        return [_keys(one) for one in given]
    if isinstance(given, Slot):
        return given.map(_key)
    return given if isinstance(given, bool) else _key(given)


def _key(given: str) -> UUID:
    return decode(given)[1]


def combined(
    given: Any, columns: dict[str, tuple[ColumnElement[Any], ColumnElement[bool]]]
) -> ColumnElement[bool]:
    """A filter as SQL. `columns` gives each entry its column and the rows on which it is clear.

    `not` lets through every row on which its filter does not hold, also for want of a value.
    """
    steps: list[ColumnElement[bool]] = []
    for name, match in _entries(given):
        if name == "or_":
            steps.append(or_(False, *(combined(one, columns) for one in match)))
        elif name == "not_":
            steps.append(combined(match, columns).is_not(true()))
        else:
            column, clear = columns[name]
            steps.append(and_(clear, condition(column, match, ("filter", camel(name)))))
    return and_(True, *steps)


def used(given: Any) -> set[str]:
    """The names of the entries that a filter uses, at any depth. BadInput where it is too large."""
    names: set[str] = set()
    depth = alternatives = listed = 0
    level = [given]
    while level:
        depth += 1
        inner = []
        for name, match in (entry for one in level for entry in _entries(one)):
            if name == "or_":
                alternatives += len(match)
                inner += match
            elif name == "not_":
                inner.append(match)
            else:
                listed += len(getattr(match, "in_", None) or ())
                names.add(name)
        _insist(depth, DEEPEST, Words("嵌套层数", "levels"))
        _insist(alternatives, MOST_ALTERNATIVES, Words("or 的条数", "entries of or"))
        _insist(listed, MOST_LISTED, Words("in 的值数", "values of in"))
        level = inner
    return names


def _entries(given: Any) -> Iterator[tuple[str, Any]]:
    return ((name, match) for name, match in vars(given).items() if match is not None)


def _insist(number: int, limit: int, name: Words) -> None:
    if number > limit:
        raise BadInput(
            f"筛选条件的{name.zh}为 {number}，上限为 {limit}",
            f"a filter has at most {limit} {name.en}, got {number}",
            hint=Words("分几次查询", "ask in parts"),
            path=("filter",),
        )
