"""How many values a look into the schema yields: never more than this says."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    is_abstract_type,
)

from hub.engine.tree import Field

WHOLES = ("types", "directives", "fields", "args", "inputFields", "enumValues")
"""Lists that hold each thing once, under all that they stand under taken together."""


class Lengths(NamedTuple):
    """Of the lists of one coordinate: how long they are together, and the longest of them."""

    together: int
    longest: int


@lru_cache(maxsize=32)
def lengths(schema: GraphQLSchema) -> dict[str, Lengths]:
    """The lengths of the lists of introspection, by coordinate."""
    found: dict[str, list[int]] = {}
    for coordinate, length in _lists(schema):
        found.setdefault(coordinate, []).append(length)
    return {coordinate: Lengths(sum(every), max(every)) for coordinate, every in found.items()}


def _lists(schema: GraphQLSchema) -> Iterator[tuple[str, int]]:
    yield "__Schema.types", len(schema.type_map)
    yield "__Schema.directives", len(schema.directives)
    for directive in schema.directives:
        yield "__Directive.args", len(directive.args)
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            yield "__Type.fields", len(kind.fields)
            yield "__Type.interfaces", len(kind.interfaces)
            yield from (("__Field.args", len(field.args)) for field in kind.fields.values())
        if is_abstract_type(kind):
            yield "__Type.possibleTypes", len(schema.get_possible_types(kind))
        if isinstance(kind, GraphQLInputObjectType):
            yield "__Type.inputFields", len(kind.fields)
        if isinstance(kind, GraphQLEnumType):
            yield "__Type.enumValues", len(kind.values)


def values_of(root: Field, schema: GraphQLSchema) -> int:
    """The most values that `__schema` or `__type` yields."""
    return _values(root, lengths(schema), 1, whole=root.name == "__schema")


def _values(field: Field, known: dict[str, Lengths], times: int, *, whole: bool) -> int:
    """The values of a field that stands `times` times; `whole` says once under each thing."""
    length = known.get(field.coordinate)
    number = times
    if length is not None:
        number = length.together if whole else times * length.longest
    below = whole and (field.name in WHOLES or field.name == "__schema")
    inside = (one for fields in field.below.values() for one in fields)
    return times + sum(_values(one, known, number, whole=below) for one in inside)
