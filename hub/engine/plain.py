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
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

from schema.scalars import is_plain_date, is_plain_decimal

LARGEST = 2**31
NOTHING = type(None)
TEXTS = frozenset({GraphQLString, GraphQLID})
Column = Sequence[Any]
SCALARS: Mapping[str, Callable[[set[Any]], bool]] = {
    "Date": lambda values: all(map(is_plain_date, values)),
    "Decimal": lambda values: all(map(is_plain_decimal, values)),
}
"""Scalars of our own, by whether all of several different values are written in their one way."""


def plain_values(kind: GraphQLInputType, values: Column) -> int | None:
    """How many values there are inside `values`, at any depth; None where they are not plain.

    Plain is what fits `kind` and is written in the one way that it has.
    """
    bare = cast("GraphQLInputType", get_nullable_type(kind))
    if bare in TEXTS and _are_texts(values):
        return 0
    types = set(map(type, values))
    if NOTHING in types:
        if is_non_null_type(kind):
            return None
        types.remove(NOTHING)
        values = [one for one in values if one is not None]
    if is_list_type(bare):
        return _items(bare.of_type, values) if types <= {list} else None
    if is_input_object_type(bare):
        return _members(bare, values) if types <= {dict} else None
    return 0 if _are_plain_leaves(bare, types, values) else None


def _are_texts(values: Column) -> bool:
    """Whether all are texts; what is joined is looked at in a quarter of the time."""
    try:
        "".join(values)
    except TypeError:
        return False
    return True


def _items(kind: GraphQLInputType, lists: Column) -> int | None:
    items = list(chain.from_iterable(lists))
    inside = plain_values(kind, items)
    return None if inside is None else len(items) + inside


def _members(kind: GraphQLInputObjectType, rows: Column) -> int | None:
    """The same of rows that all state the same members; there must be all that are needed."""
    if not rows:
        return 0
    fields, stated = kind.fields, rows[0].keys()
    if not _required(kind) <= stated <= fields.keys() or set(map(len, rows)) != {len(stated)}:
        return None
    try:
        columns = _columns(tuple(stated), rows)
    except KeyError:
        return None
    number = len(rows) * len(stated)
    for name, column in columns:
        if (inside := plain_values(fields[name].type, column)) is None:
            return None
        number += inside
    return number


def _are_plain_leaves(kind: GraphQLInputType, types: set[type], values: Column) -> bool:
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
    return kind in TEXTS or _is_scalar(str(kind), values)


def _is_scalar(name: str, values: Column) -> bool:
    return name in SCALARS and SCALARS[name](set(values))


@cache
def _required(kind: GraphQLInputObjectType) -> frozenset[str]:
    return frozenset(name for name, one in kind.fields.items() if is_required_input_field(one))


def _columns(names: tuple[str, ...], rows: Column) -> list[tuple[str, Column]]:
    if not names:
        return []
    if len(names) == 1:
        return [(names[0], [row[names[0]] for row in rows])]
    return list(zip(names, zip(*map(itemgetter(*names), rows), strict=True), strict=True))
