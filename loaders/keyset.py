"""Keyset pages as SQL: an order with a unique tail, a place to start from, one row too many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, UnaryExpression, and_, false, null, or_

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
    """Rows that stand after (or before) the row with `values`; nulls stand last."""
    steps = []
    equal: list[ColumnElement[bool]] = []
    for column, by, value in zip(columns, order, values, strict=True):
        upward = by.descending == before
        further: ColumnElement[bool]
        if value is None:
            further = column.is_not(null()) if before else false()
        else:
            further = column > value if upward else column < value
            if not before:
                further = or_(further, column.is_(null()))
        steps.append(and_(*equal, further))
        equal.append(column.is_(null()) if value is None else column == value)
    return or_(*steps)


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
