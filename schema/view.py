"""The schema as callers of one standing see it: without what they are shown on no row at all."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar, cast

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    GraphQLUnionType,
)
from strawberry.schema.schema_converter import CustomGraphQLEnumType

from hub.actor import Actor, Sight
from hub.policy import everyone, nobody, policy_of
from hub.vocabulary import Role
from schema.declare import NOUNS, PARTS, Declared, Spec, camel, sight_of


class Views:
    """Makes of one schema those that callers see: one for each set of coordinates they never do."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._by_roles: dict[frozenset[Role], GraphQLSchema] = {}
        self._by_absence: dict[frozenset[str], GraphQLSchema] = {frozenset(): schema}

    def of(self, actor: Actor) -> GraphQLSchema:
        """The schema for `actor`, which depends on its roles alone; made when first asked for."""
        found = self._by_roles.get(actor.roles)
        if found is None:
            found = self._by_roles[actor.roles] = self._without(absent(actor))
        return found

    def _without(self, coordinates: frozenset[str]) -> GraphQLSchema:
        if coordinates not in self._by_absence:
            self._by_absence[coordinates] = _Copy(self._schema, coordinates).schema()
        return self._by_absence[coordinates]


def absent(actor: Actor) -> frozenset[str]:
    """The coordinates that are not there for `actor`.

    Fields of nouns and parts that are hidden from it on every row, and the filters and orders by
    fields that are clear to it on no row.
    """
    specs = (*NOUNS.values(), *PARTS.values())
    return frozenset(coordinate for spec in specs for coordinate in _absent(actor, spec))


def _absent(actor: Actor, spec: Spec) -> Iterator[str]:
    for key, declared in spec.fields.items():
        found = set(sights(actor, spec, declared).values())
        if found == {Sight.HIDDEN}:
            yield f"{spec.name}.{camel(key)}"
        if Sight.CLEAR in found:
            continue
        if getattr(declared, "match", False):
            yield f"{spec.name}Filter.{camel(key)}"
        for order in (f"{key.upper()}_ASC", f"{key.upper()}_DESC"):
            if order in spec.orders:
                yield f"{spec.name}Order.{order}"


def sights(actor: Actor, spec: Spec, declared: Declared) -> dict[str, Sight]:
    """What `actor` gets of a field of `spec` on rows about itself, on its own, and on others'.

    Of these kinds, `self`, `own` and `other`, only those that the policy of the table knows.
    """
    policy = policy_of(spec.table)
    kinds = {
        "self": policy.person is not nobody and not actor.is_anonymous,
        "own": policy.own is not nobody,
        "other": policy.own is not everyone,
    }
    return {
        kind: sight_of(actor, declared, own=kind != "other", person=kind == "self")
        for kind, exists in kinds.items()
        if exists
    }


class Element(Protocol):
    """A part of a schema that says what it is made of."""

    def to_kwargs(self) -> Any:
        """What its constructor takes to make it again."""


V = TypeVar("V")
E = TypeVar("E", bound=Element)
T = TypeVar("T", bound=GraphQLType)
K = TypeVar("K", bound=GraphQLNamedType)
G = TypeVar("G", GraphQLArgument, GraphQLInputField)


class _Copy:
    """A schema made again without some coordinates; scalars and whole enums are shared with it."""

    def __init__(self, full: GraphQLSchema, gone: frozenset[str]) -> None:
        self._full = full
        self._gone = gone
        self._made: dict[str, GraphQLNamedType] = {}

    def schema(self) -> GraphQLSchema:
        """The schema. What implements an interface stays: a field of that may answer it."""
        full = self._full
        made = _again(
            full,
            query=full.query_type and self._named(full.query_type),
            mutation=full.mutation_type and self._named(full.mutation_type),
            subscription=full.subscription_type and self._named(full.subscription_type),
            types=[
                self._named(kind)
                for kind in full.type_map.values()
                if isinstance(kind, GraphQLObjectType) and kind.interfaces
            ],
        )
        vars(made)["_strawberry_schema"] = vars(full)["_strawberry_schema"]  # for `info.schema`
        return made

    def _named(self, kind: K) -> K:
        if kind.name not in self._made:
            self._made[kind.name] = self._copy(kind)
        return cast("K", self._made[kind.name])

    def _copy(self, kind: GraphQLNamedType) -> GraphQLNamedType:
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType():
                interfaces = [self._named(one) for one in kind.interfaces]
                return _again(kind, interfaces=interfaces, fields=lambda: self._fields(kind))
            case GraphQLUnionType():
                return _again(kind, types=lambda: [self._named(one) for one in kind.types])
            case GraphQLInputObjectType():
                return _again(kind, fields=lambda: self._given(self._left(kind, kind.fields)))
            case CustomGraphQLEnumType():
                left = self._left(kind, kind.values)
                definition = kind.extensions["strawberry-definition"]
                return kind if left == kind.values else _again(kind, enum=definition, values=left)
        return kind

    def _left(self, kind: GraphQLNamedType, members: Mapping[str, V]) -> dict[str, V]:
        return {
            name: one for name, one in members.items() if f"{kind.name}.{name}" not in self._gone
        }

    def _fields(self, kind: GraphQLObjectType | GraphQLInterfaceType) -> dict[str, GraphQLField]:
        return {
            name: _again(field, type_=self._type(field.type), args=self._given(field.args))
            for name, field in self._left(kind, kind.fields).items()
        }

    def _given(self, given: Mapping[str, G]) -> dict[str, G]:
        return {name: _again(one, type_=self._type(one.type)) for name, one in given.items()}

    def _type(self, type_: T) -> T:
        made: Any
        if isinstance(type_, GraphQLList | GraphQLNonNull):
            made = type(type_)(self._type(type_.of_type))
        else:
            made = self._named(cast("GraphQLNamedType", type_))
        return cast("T", made)


def _again(one: E, **changed: Any) -> E:
    """`one` made again with some of what it is made of changed."""
    make: Any = type(one)
    made: E = make(**{**one.to_kwargs(), **changed})
    return made
