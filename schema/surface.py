"""The surface of the hub, one coordinate a line: what clients may rely on, and who sees it."""

from collections.abc import Iterator
from itertools import groupby, product
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

from hub.actor import Actor, Level, Sight
from hub.vocabulary import Role
from schema.costs import Owner, told
from schema.declare import NOUNS, PARTS, Column, Declared, Spec
from schema.view import sights


def surface(schema: GraphQLSchema) -> str:
    """Every coordinate of `schema` with its type, its price, and of nouns level, mask, who sees.

    Without a price a field is free; `1+first` is a page of so many rows, `1x20` a list of at most
    20 rows, `0x20` one whose items are free and what is below them counts so often.
    Roles that see alike stand under the name of the first, as the lines at the top tell. A field
    is not there for roles that its line does not name. `self` are the rows about the caller, `own`
    those of its organisation or overseen by it, `other` the rest; the last kind that is named
    counts for those after it.
    """
    kinds = sorted(schema.type_map.values(), key=lambda kind: kind.name)
    legend = [f"# {name} = {' '.join(roles)}" for name, roles in STANDINGS.items()]
    lines = [line for kind in kinds if not is_introspection_type(kind) for line in _lines(kind)]
    return "\n".join((*legend, *lines)) + "\n"


def _standings() -> dict[str, list[Role]]:
    """The roles by what they see of the levels, under the name of the first of each kind."""
    alike: dict[tuple[bool | Sight, ...], list[Role]] = {}
    for role in Role:
        actor = Actor(roles=frozenset({role}))
        kinds = product(Level, (True, False), (True, False))
        seen = (actor.sight(level, own=own, person=person) for level, own, person in kinds)
        alike.setdefault((actor.is_anonymous, *seen), []).append(role)
    return {roles[0]: roles for roles in alike.values()}


STANDINGS = _standings()


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
                signature = f"{kind.name}.{name}{_arguments(field)}: {field.type}"
                yield "  ".join((signature, *_cost(kind, field), *_guard(kind.name, field)))


def _given(name: str, value: Any) -> str:
    """What may be given, with its default; null goes without saying."""
    return print_input_value(name, value).removesuffix(" = null")


def _arguments(field: GraphQLField) -> str:
    given = (_given(name, one) for name, one in field.args.items())
    return f"({', '.join(given)})" if field.args else ""


def _cost(on: Owner, field: GraphQLField) -> Iterator[str]:
    if points := told(on, field):
        yield f"cost {points}"


def _guard(noun: str, field: GraphQLField) -> Iterator[str]:
    """The level of a declared field, its mask if it has one, and who sees it."""
    definition = (field.extensions or {}).get("strawberry-definition")
    declared = definition.metadata.get("declared") if definition else None
    if not isinstance(declared, Declared):
        return
    yield declared.level.value
    if isinstance(declared, Column) and declared.mask is not None:
        yield "mask"
    (spec,) = (spec for spec in (*NOUNS.values(), *PARTS.values()) if spec.name == noun)
    yield _seen(spec, declared)


def _seen(spec: Spec, declared: Declared) -> str:
    """Who sees a field on which rows, roles that see alike in one breath."""
    who: dict[str, list[str]] = {}
    for name, roles in STANDINGS.items():
        who.setdefault(_rows(Actor(roles=frozenset(roles[:1])), spec, declared), []).append(name)
    return "; ".join(f"{_several(names)} {rows}" for rows, names in who.items() if rows)


def _rows(actor: Actor, spec: Spec, declared: Declared) -> str:
    """What `actor` gets of a field on which rows; nothing where it is hidden on all."""
    found = sights(actor, spec, declared)
    runs = [(sight, list(kinds)[-1]) for sight, kinds in groupby(found, key=found.__getitem__)]
    if len(runs) > 1:
        return " ".join(f"{kind}:{sight.lower()}" for sight, kind in runs)
    ((sight, _),) = runs
    return "" if sight is Sight.HIDDEN else sight.lower()


def _several(names: list[str]) -> str:
    others = [name for name in STANDINGS if name not in names]
    if not others:
        return "all"
    return "all but ANONYMOUS" if others == [Role.ANONYMOUS] else " ".join(names)
