"""How the schema changes without breaking clients: what is outdated, what is gone, which it is.

A field that is to go is first `outdated`, with its successor, and answers as before. When it is
gone it stands among `RETIRED` for one release, so that who still asks is told what to ask instead.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

import strawberry
from graphql import (
    ArgumentNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    Node,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    visit,
)

COORDINATE = re.compile(r"(\w+)\.(\w+)(?:\((\w+):\))?")
"""A schema coordinate (GraphQL, September 2025, 3.14): `Type.member` or `Type.field(argument:)`."""
OUTDATED = re.compile(rf"自 (\d{{4}}-\d\d-\d\d) 起弃用，请改用 ({COORDINATE.pattern})")
DIGITS = 12


class Retired(NamedTuple):
    """A coordinate that was removed on the day `since`, and the one that answers instead."""

    coordinate: str
    successor: str
    since: date


RETIRED: tuple[Retired, ...] = ()
"""What was removed in this release or the one before."""


def outdated(since: date, successor: str) -> str:
    """The reason of `@deprecated` for what has a `successor`, a coordinate, from a day on."""
    return f"自 {since} 起弃用，请改用 {successor}"


def version(built: strawberry.Schema) -> str:
    """Which schema this is: how the SHA-256 digest of what `hub schema` prints begins, in hex."""
    return sha256(f"{built.as_str()}\n".encode()).hexdigest()[:DIGITS]


def has(schema: GraphQLSchema, coordinate: str) -> bool:
    """Whether there is such a coordinate in `schema`, as its caller sees it."""
    if (found := COORDINATE.fullmatch(coordinate)) is None:
        return False
    kind, name, argument = found.groups()
    member = _members(schema.type_map.get(kind)).get(name)
    return member is not None and (argument is None or argument in getattr(member, "args", {}))


def _members(kind: GraphQLNamedType | None) -> Mapping[str, Any]:
    found: Mapping[str, Any] = {}
    if isinstance(kind, GraphQLEnumType):
        found = kind.values
    elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        found = kind.fields
    return found


def misled(schema: GraphQLSchema, retired: Sequence[Retired] = RETIRED) -> Iterator[str]:
    """What of the words on changes is wrong: a reason without date and successor, or a false one.

    `schema` is the one that hides nothing.
    """
    for one in retired:
        if has(schema, one.coordinate):
            yield f"{one.coordinate} is retired and still there"
        if not has(schema, one.successor):
            yield f"{one.coordinate} is retired for {one.successor}, which is not there"
    for coordinate, reason in _deprecations(schema):
        found = OUTDATED.match(reason)
        if found is None:
            yield f"{coordinate} is deprecated: say since when and for what, with outdated(…)"
        elif not has(schema, found[2]):
            yield f"{coordinate} is deprecated for {found[2]}, which is not there"


def _deprecations(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """What is deprecated, and why."""
    for kind in schema.type_map.values():
        for name, member in _members(kind).items():
            if member.deprecation_reason is not None:
                yield f"{kind.name}.{name}", member.deprecation_reason
            for argument, given in getattr(member, "args", {}).items():
                if given.deprecation_reason is not None:
                    yield f"{kind.name}.{name}({argument}:)", given.deprecation_reason


def retired_in(
    document: DocumentNode, schema: GraphQLSchema, retired: Sequence[Retired] = RETIRED
) -> list[tuple[Node, Retired]]:
    """Where a document uses what is `retired`, as far as its caller sees the successor.

    Who does not see that may never have seen the other either.
    """
    known = {one.coordinate: one for one in retired if has(schema, one.successor)}
    finder = _Finder(TypeInfo(schema), known)
    if known:
        visit(document, TypeInfoVisitor(finder.info, finder))
    return finder.found


class _Finder(Visitor):
    """Looks for coordinates; where a type does not know a name, its own tells which it was."""

    def __init__(self, info: TypeInfo, known: dict[str, Retired]) -> None:
        super().__init__()
        self.info = info
        self.found: list[tuple[Node, Retired]] = []
        self._known = known

    def _look(self, node: Node, coordinate: str) -> None:
        if one := self._known.get(coordinate):
            self.found.append((node, one))

    def enter_field(self, node: FieldNode, *_args: object) -> None:
        """A field of the type around it."""
        if kind := self.info.get_parent_type():
            self._look(node, f"{kind.name}.{node.name.value}")
            for argument in node.arguments or ():
                self._look_at_argument(kind.name, node, argument)

    def _look_at_argument(self, kind: str, field: FieldNode, argument: ArgumentNode) -> None:
        self._look(argument, f"{kind}.{field.name.value}({argument.name.value}:)")

    def enter_object_field(self, node: ObjectFieldNode, *_args: object) -> None:
        """A member of the input around it."""
        if kind := get_named_type(self.info.get_parent_input_type()):
            self._look(node, f"{kind.name}.{node.name.value}")

    def enter_enum_value(self, node: EnumValueNode, *_args: object) -> None:
        """A word of a list."""
        if kind := get_named_type(self.info.get_input_type()):
            self._look(node, f"{kind.name}.{node.value}")
