"""Filters and orders: built from the fields that say `match` or `order`, applied as SQL."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Generic, TypeVar

import strawberry
from sqlalchemy import ColumnElement, and_, not_, or_

from schema.ids import decode

V = TypeVar("V")
E = TypeVar("E")


@strawberry.input(description="文本条件，各项须同时满足")
class TextMatch:
    """Conditions on a text."""

    eq: str | None = strawberry.field(default=None, description="等于")
    in_: list[str] | None = strawberry.field(default=None, name="in", description="属于其一")
    starts_with: str | None = strawberry.field(default=None, description="以此开头")
    contains: str | None = strawberry.field(default=None, description="包含")
    is_null: bool | None = strawberry.field(default=None, description="是否为空")


@strawberry.input(description="数值或日期条件，各项须同时满足")
class RangeMatch(Generic[V]):
    """Conditions on something with an order."""

    eq: V | None = strawberry.field(default=None, description="等于")
    gte: V | None = strawberry.field(default=None, description="大于等于；日期为不早于")
    lte: V | None = strawberry.field(default=None, description="小于等于；日期为不晚于")
    gt: V | None = strawberry.field(default=None, description="大于；日期为晚于")
    lt: V | None = strawberry.field(default=None, description="小于；日期为早于")
    is_null: bool | None = strawberry.field(default=None, description="是否为空")


@strawberry.input(description="枚举条件，各项须同时满足")
class TermMatch(Generic[E]):
    """Conditions on a closed list."""

    eq: E | None = strawberry.field(default=None, description="等于")
    in_: list[E] | None = strawberry.field(default=None, name="in", description="属于其一")
    is_null: bool | None = strawberry.field(default=None, description="是否为空")


@strawberry.input(description="关联对象条件")
class IDMatch:
    """Conditions on an edge."""

    eq: strawberry.ID | None = strawberry.field(default=None, description="标识符等于")
    in_: list[strawberry.ID] | None = strawberry.field(
        default=None, name="in", description="标识符属于其一"
    )
    is_null: bool | None = strawberry.field(default=None, description="是否没有关联")


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
    "starts_with": lambda column, value: column.startswith(value, autoescape=True),
    "contains": lambda column, value: column.contains(value, autoescape=True),
    "gte": lambda column, value: column >= value,
    "lte": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "lt": lambda column, value: column < value,
    "is_null": lambda column, value: column.is_(None) if value else column.is_not(None),
}


def condition(column: ColumnElement[Any], match: Any) -> ColumnElement[bool]:
    """One filter entry as SQL."""
    if isinstance(match, bool):
        return column.is_(match)
    given = {name: value for name, value in vars(match).items() if value is not None}
    if isinstance(match, IDMatch):
        given = {name: _keys(value) for name, value in given.items()}
    return and_(True, *(OPERATORS[name](column, value) for name, value in given.items()))


def _keys(given: Any) -> Any:
    if isinstance(given, list):
        return [decode(one)[1] for one in given]
    return given if isinstance(given, bool) else decode(given)[1]


def combined(
    given: Any, columns: dict[str, tuple[ColumnElement[Any], ColumnElement[bool]]]
) -> ColumnElement[bool]:
    """A filter as SQL. `columns` gives each entry its column and the rows on which it is clear."""
    steps: list[ColumnElement[bool]] = []
    for name, match in vars(given).items():
        if match is None:
            continue
        if name == "or_":
            steps.append(or_(False, *(combined(one, columns) for one in match)))
        elif name == "not_":
            steps.append(not_(combined(match, columns)))
        else:
            column, clear = columns[name]
            steps.append(and_(clear, condition(column, match)))
    return and_(True, *steps)


def used(given: Any) -> Iterable[str]:
    """The names of the entries that a filter really uses, at any depth."""
    for name, match in vars(given).items():
        if match is None:
            continue
        if name == "or_":
            for one in match:
                yield from used(one)
        elif name == "not_":
            yield from used(match)
        else:
            yield name
