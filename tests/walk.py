"""Queries made to fit a schema, for every field of every noun too, and a look through answers."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    REMOVE,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    print_ast,
    visit,
)

from hub.tables.base import Table
from schema.declare import NOUNS, PARTS, Declared, Spec, camel

SPECS: dict[str, Spec] = {spec.name: spec for spec in (*NOUNS.values(), *PARTS.values())}


def declared(spec: Spec) -> dict[str, Declared]:
    """The declarations of a noun or part by their GraphQL names."""
    return {camel(name): one for name, one in spec.fields.items()}


def noun_of(table: type[Table]) -> str:
    """The name of the noun that shows `table`."""
    return NOUNS[table].name


def fitting(document: str, schema: GraphQLSchema) -> str:
    """`document` without the fields that are not in `schema`."""
    types = TypeInfo(schema)

    class Cut(Visitor):
        def enter_field(self, *_: Any) -> Any:
            return None if types.get_field_def() else REMOVE

    return print_ast(visit(parse(document), TypeInfoVisitor(types, Cut())))


def shown(schema: GraphQLSchema, name: str) -> Iterator[str]:
    """Selections that together ask for everything of the type `name` and of what it leads to.

    The first has all plain fields; each further one follows one edge to the plain fields there,
    and through a part, which has no id of its own, to what the part leads to.
    """
    kind = _object(schema, name)
    yield _plain(kind)
    for edge, target, field in _edges(kind):
        inner = _plain(target)
        if target.name in {spec.name for spec in PARTS.values()}:
            further = _edges(target)
            inner += "".join(f" {at}{_paged(to.type, _plain(on))}" for at, on, to in further)
        yield f"__typename id {edge}{_paged(field.type, inner)}"


def connections(schema: GraphQLSchema) -> dict[str, str]:
    """The root fields that list nouns, each with the name of its noun."""
    fields = schema.query_type.fields if schema.query_type else {}
    found = {name: _led_to(field.type) for name, field in fields.items()}
    return {
        name: kind.name
        for name, kind in found.items()
        if kind and get_named_type(fields[name].type).name.endswith("Connection")
    }


def objects(answer: Any) -> Iterator[dict[str, Any]]:
    """Every object with a type name, however deep it lies in an answer."""
    if isinstance(answer, dict):
        if "__typename" in answer:
            yield answer
        for inner in answer.values():
            yield from objects(inner)
    elif isinstance(answer, list):
        for inner in answer:
            yield from objects(inner)


def _object(schema: GraphQLSchema, name: str) -> GraphQLObjectType:
    kind = schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return kind


def _edges(
    kind: GraphQLObjectType,
) -> Iterator[tuple[str, GraphQLObjectType, GraphQLField]]:
    """The fields that lead to a noun or part, with what they lead to."""
    for name, field in kind.fields.items():
        if target := _led_to(field.type):
            yield name, target, field


def _led_to(type_: GraphQLOutputType) -> GraphQLObjectType | None:
    """The noun or part that a field leads to."""
    kind = get_named_type(type_)
    if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection"):
        kind = get_named_type(kind.fields["nodes"].type)
    return kind if isinstance(kind, GraphQLObjectType) and kind.name in SPECS else None


def _paged(type_: GraphQLOutputType, selection: str) -> str:
    is_page = get_named_type(type_).name.endswith("Connection")
    return f"(first: 5) {{ nodes {{ {selection} }} }}" if is_page else f" {{ {selection} }}"


def _plain(kind: GraphQLObjectType) -> str:
    parts = ["__typename"]
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if _led_to(field.type) or isinstance(inner, GraphQLInterfaceType | GraphQLUnionType):
            continue
        parts.append(f"{name} {{ {_values(inner)} }}" if _is_object(inner) else name)
    return " ".join(parts)


def _values(kind: Any) -> str:
    """Everything of a value, which holds values only."""
    return " ".join(
        f"{name} {{ {_values(get_named_type(field.type))} }}"
        if _is_object(get_named_type(field.type))
        else name
        for name, field in kind.fields.items()
    )


def _is_object(kind: Any) -> bool:
    return isinstance(kind, GraphQLObjectType)
