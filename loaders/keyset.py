"""Keyset pages as SQL: an order with a unique tail, a place to start from, one row too many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    UnaryExpression,
    and_,
    literal,
    null,
    or_,
    tuple_,
    type_coerce,
)

from hub.tables.base import Table


@dataclass(frozen=True, slots=True)
class By:
    """One key of an order: a column's name and its direction. Rows without a value come last."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of an ordered list: at most `size` rows after the row with the values `start`.

    `order` ends with a unique key. `backward` reads the list from its end; the rows still come
    back in the list's own order.
    """

    order: tuple[By, ...]
    size: int
    start: tuple[Any, ...] | None = None
    stop: tuple[Any, ...] | None = None
    backward: bool = False


def _beyond(
    columns: Sequence[ColumnElement[Any]],
    order: Sequence[By],
    values: Sequence[Any],
    *,
    before: bool,
) -> ColumnElement[bool]:
    """Rows that stand after (or before) the row with `values`; nulls stand last.

    The same statement fits every row, whether its values are null or not. Where no column can be
    null and all go one way, it is the comparison of rows that an index answers from its middle.
    """
    keys = [_of_type(value, column) for value, column in zip(values, columns, strict=True)]
    ways = {by.descending == before for by in order}
    if len(ways) == 1 and not any(_nullable(column) for column in columns):
        mine, other = tuple_(*columns), tuple_(*keys)
        return mine > other if ways == {True} else mine < other
    steps = []
    equal: list[ColumnElement[bool]] = []
    for column, by, key in zip(columns, order, keys, strict=True):
        further = column > key if by.descending == before else column < key
        same: ColumnElement[bool] = column == key
        if _nullable(column):
            one, other_one = (key, column) if before else (column, key)
            further = or_(further, and_(one.is_(null()), other_one.is_not(null())))
            same = column.is_not_distinct_from(key)
        steps.append(and_(*equal, further))
        equal.append(same)
    return or_(*steps)


def _of_type(value: Any, column: ColumnElement[Any]) -> ColumnElement[Any]:
    if hasattr(value, "__clause_element__"):
        return type_coerce(value.__clause_element__(), column.type)
    return literal(value, column.type)


def _nullable(column: Any) -> bool:
    return bool(column.property.columns[0].nullable)


def paged(statement: Select[Any], table: type[Table], page: Page) -> Select[Any]:
    """`statement` cut to `page`, with one row more to tell whether there is a further one."""
    columns = [getattr(table, by.name) for by in page.order]
    if page.start is not None:
        statement = statement.where(_beyond(columns, page.order, page.start, before=False))
    if page.stop is not None:
        statement = statement.where(_beyond(columns, page.order, page.stop, before=True))
    return statement.order_by(*ordering(columns, page)).limit(page.size + 1)


def ordering(columns: Sequence[ColumnElement[Any]], page: Page) -> list[UnaryExpression[Any]]:
    """The ORDER BY of `page` over `columns`."""
    keys = []
    for column, by in zip(columns, page.order, strict=True):
        turned = column.desc() if by.descending != page.backward else column.asc()
        keys.append(turned.nulls_first() if page.backward else turned.nulls_last())
    return keys
