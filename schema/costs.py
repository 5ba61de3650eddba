"""What a field weighs, which rows it counts and how long its list may be, by its declaration."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_list_type,
)

from schema.declare import NOUNS, Many

MUTATION = 10
"""What a change weighs, besides the rows that it brings and shows."""
SLICES = ("first", "last")
PAGES = ("Connection", "Page")
IN_PAGES = ("Connection", "Edge")
Owner = GraphQLObjectType | GraphQLInterfaceType


class Listed(NamedTuple):
    """How long a list is at most; where `per` names a list argument, as long as that one.

    A resolver that answers a list says it in its metadata, as `listed`.
    """

    most: int
    per: str | None = None


def metadata_of(field: GraphQLField) -> Mapping[str, Any]:
    """What the declaration of a field says to the hub."""
    definition = (field.extensions or {}).get("strawberry-definition")
    found: Mapping[str, Any] = definition.metadata if definition is not None else {}
    return found


def weight_of(on: Owner, field: GraphQLField) -> int:
    """What a field weighs besides the rows that it shows."""
    weight: int = metadata_of(field).get("weight", 0)
    return weight + MUTATION * (on.name == "Mutation")


def listed_of(field: GraphQLField) -> Listed | None:
    """How long the list of a field is at most; None where it does not say."""
    metadata = metadata_of(field)
    declared = metadata.get("declared")
    found: Listed | None = metadata.get("listed")
    return Listed(declared.most) if isinstance(declared, Many) else found


def is_page(field: GraphQLField) -> bool:
    """Whether a field leads to a page of a list."""
    return get_named_type(field.type).name.endswith(PAGES)


def is_list(field: GraphQLField) -> bool:
    """Whether the value of a field is a list."""
    return is_list_type(get_nullable_type(field.type))


def is_counted(on: Owner, field: GraphQLField) -> bool:
    """Whether each object of a field is a row of a noun that no page has counted before."""
    kind = get_named_type(field.type)
    is_noun = is_abstract_type(kind) or any(spec.name == kind.name for spec in NOUNS.values())
    return is_noun and not on.name.endswith(IN_PAGES)


def told(on: Owner, field: GraphQLField) -> str:
    """The points of a field in short: its weight, and `+` its rows; nothing where it is free.

    `first` stands for the size of a page; `NxM` are M objects of N points each, and of what is
    below them.
    """
    weight, listed = weight_of(on, field), listed_of(field)
    if is_page(field):
        return f"{weight + 1}+{'|'.join(name for name in SLICES if name in field.args)}"
    row = int(is_counted(on, field))
    rows = str(row or "") if listed is None else f"{row}x{listed.per or listed.most}"
    return "+".join(filter(None, (str(weight or ""), rows)))
