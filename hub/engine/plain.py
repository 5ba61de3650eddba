"""Whether an input fits its type as it is, looked at column by column.

Coercion visits every value of an input on its own. Rows that a system sends all state the same
members, so that each member can be looked at for all of them at once, in a fiftieth of the time.
What fits is left as it is: words, days and decimals as their texts, defaults not filled in.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, cast

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLString,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

from schema.scalars import is_plain_date, is_plain_decimal

LARGEST = 2**31
NOTHING = type(None)
Column = Sequence[Any]
SCALARS: Mapping[str, Callable[[set[Any]], bool]] = {
    "Date": lambda values: all(map(is_plain_date, values)),
    "Decimal": lambda values: all(map(is_plain_decimal, values)),
}
"""Scalars of our own, by whether all of several different values are written in their one way."""


def is_plain(kind: GraphQLInputType, values: Column) -> bool:
    """Whether each of `values` fits `kind` and is written in the one way that it has."""
    types = set(map(type, values))
    if NOTHING in types:
        if is_non_null_type(kind):
            return False
        types.remove(NOTHING)
        values = [one for one in values if one is not None]
    kind = cast("GraphQLInputType", get_nullable_type(kind))
    if is_list_type(kind):
        return types <= {list} and is_plain(kind.of_type, list(chain.from_iterable(values)))
    if is_input_object_type(kind):
        return types <= {dict} and _are_plain_rows(kind, values)
    if kind is GraphQLInt:
        return types <= {int} and (
            not values or (min(values) >= -LARGEST and max(values) < LARGEST)
        )
    if kind is GraphQLBoolean:
        return types <= {bool}
    if not types <= {str}:
        return False
    if is_enum_type(kind):
        return all(value in kind.values for value in set(values))
    return kind in (GraphQLString, GraphQLID) or _is_scalar(str(kind), values)


def number_of(kind: GraphQLInputType, values: Column) -> int:
    """How many values there are in `values`, which are plain, at any depth."""
    kind = cast("GraphQLInputType", get_nullable_type(kind))
    values = [one for one in values if one is not None]
    if is_list_type(kind):
        items = list(chain.from_iterable(values))
        return len(items) + number_of(kind.of_type, items)
    if not is_input_object_type(kind) or not values:
        return 0
    fields = kind.fields
    nested = [name for name in values[0] if not is_leaf_type(get_nullable_type(fields[name].type))]
    return sum(map(len, values)) + sum(
        number_of(fields[name].type, [row[name] for row in values]) for name in nested
    )


def _is_scalar(name: str, values: Column) -> bool:
    return name in SCALARS and SCALARS[name](set(values))


@cache
def _required(kind: GraphQLInputObjectType) -> frozenset[str]:
    return frozenset(name for name, one in kind.fields.items() if is_required_input_field(one))


def _are_plain_rows(kind: GraphQLInputObjectType, rows: Column) -> bool:
    """Whether rows all state the same members, each of them plainly, and no others are needed."""
    if not rows:
        return True
    fields, stated = kind.fields, rows[0].keys()
    if not _required(kind) <= stated <= fields.keys() or set(map(len, rows)) != {len(stated)}:
        return False
    try:
        columns = _columns(tuple(stated), rows)
    except KeyError:
        return False
    return all(is_plain(fields[name].type, column) for name, column in columns)


def _columns(names: tuple[str, ...], rows: Column) -> list[tuple[str, Column]]:
    if not names:
        return []
    if len(names) == 1:
        return [(names[0], [row[names[0]] for row in rows])]
    return list(zip(names, zip(*map(itemgetter(*names), rows), strict=True), strict=True))
