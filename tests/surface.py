"""The surface of the hub, one coordinate a line: what clients may rely on, and who sees it.

`python -m tests.surface > tests/surface.txt` writes it; the diff is what reviewers read.
"""

import sys
from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    is_introspection_type,
)
from graphql.utilities.print_schema import print_input_value

from resolvers.root import build
from schema.declare import Declared


def surface(schema: GraphQLSchema) -> str:
    """Every coordinate of `schema` with its type; fields of nouns with their level."""
    kinds = sorted(schema.type_map.values(), key=lambda kind: kind.name)
    lines = [line for kind in kinds if not is_introspection_type(kind) for line in _lines(kind)]
    return "\n".join(lines) + "\n"


def _lines(kind: GraphQLNamedType) -> Iterator[str]:
    match kind:
        case GraphQLScalarType():
            yield f"scalar {kind.name}"
        case GraphQLEnumType():
            yield from (f"{kind.name}.{value}" for value in kind.values)
        case GraphQLInputObjectType():
            for name, member in kind.fields.items():
                yield f"{kind.name}.{_given(name, member)}"
        case GraphQLObjectType() | GraphQLInterfaceType():
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}{_arguments(field)}: {field.type}{_level(field)}"


def _given(name: str, value: Any) -> str:
    """What may be given, with its default; null goes without saying."""
    return print_input_value(name, value).removesuffix(" = null")


def _arguments(field: GraphQLField) -> str:
    given = (_given(name, one) for name, one in field.args.items())
    return f"({', '.join(given)})" if field.args else ""


def _level(field: GraphQLField) -> str:
    definition = (field.extensions or {}).get("strawberry-definition")
    declared = definition.metadata.get("declared") if definition else None
    return f"  {declared.level}" if isinstance(declared, Declared) else ""


if __name__ == "__main__":
    sys.stdout.write(surface(build()._schema))
