"""Variables of an operation: coerced, told apart by what shapes a plan, and given slots."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, cast
from uuid import UUID

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInputType,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    OperationType,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    type_from_ast,
)
from graphql.execution.values import get_variable_values

from hub.engine.inputs import insist_on_number, insist_on_variables
from hub.engine.plain import LARGEST, plain_values
from schema.declare import NOUNS
from schema.ids import encode
from schema.slot import Slot

GIVEN = "…"
NO_KEY = UUID(int=0)
TAIL = 24
"""Where the text of an id tells of nothing but the noun: behind 18 bytes, its key and two more."""
Plain = Callable[[Any], bool]
PLAIN: Mapping[GraphQLInputType, Plain] = {
    GraphQLString: lambda value: type(value) is str,
    GraphQLID: lambda value: type(value) is str,
    GraphQLBoolean: lambda value: type(value) is bool,
    GraphQLInt: lambda value: type(value) is int and -LARGEST <= value < LARGEST,
}
"""Values that coercion leaves as they are."""


class Variables:
    """The variables that one operation declares."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._kind = operation.operation
        self._changes = self._kind is OperationType.MUTATION
        self._definitions = operation.variable_definitions or ()
        self._types = {
            definition.variable.name.value: cast(
                "GraphQLInputType", type_from_ast(schema, definition.type)
            )
            for definition in self._definitions
        }
        self._plain = [
            (name, PLAIN.get(_bare(kind)), is_non_null_type(kind))
            for name, kind in self._types.items()
        ]
        self._tails = {encode(spec.name, NO_KEY)[TAIL:]: spec.name for spec in NOUNS.values()}

    def coerce(self, given: Mapping[str, Any], most_errors: int) -> dict[str, Any] | None:
        """The coerced values; None where they do not fit, which graphql-core then explains.

        BadInput where there are too many.
        """
        if self._changes:
            found = self._unchanged(given)
            return self._coerce(given, most_errors) if found is None else found
        coerced: dict[str, Any] = {}
        for name, is_plain_one, required in self._plain:
            value = given.get(name)
            if (
                is_plain_one is None
                or name not in given
                or not (value is None or is_plain_one(value))
            ):
                return self._coerce(given, most_errors)
            if value is None and required:
                return None
            coerced[name] = value
        return coerced

    def _unchanged(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """The values as they are, if they fit so."""
        types = self._types
        stated = {name: value for name, value in given.items() if name in types}
        if len(stated) < len(types):
            return None
        number = len(stated)
        for name, value in stated.items():
            if (inside := plain_values(types[name], [value])) is None:
                return None
            number += inside
        insist_on_number(number, self._kind)
        return stated

    def _coerce(self, given: Mapping[str, Any], most_errors: int) -> dict[str, Any] | None:
        insist_on_variables(given, self._kind)
        found = get_variable_values(self._schema, self._definitions, dict(given), most_errors)
        return None if isinstance(found, list) else found.coerced

    def shape(self, coerced: Mapping[str, Any]) -> Hashable:
        """What of the values shapes a plan: equal shapes have equal plans."""
        shapes = _Shapes(self._tails, whole_lists=self._changes)
        types = self._types
        return tuple(
            [(name, shapes.of(one, types[name], top=True)) for name, one in coerced.items()]
        )

    def slots(self, coerced: Mapping[str, Any], book: dict[str, Slot]) -> dict[str, Any]:
        """The values with a slot wherever another request of the same shape may differ."""
        slots = _Slots(book, self._tails, whole_lists=self._changes)
        return {name: slots.of(value, self._types[name], name) for name, value in coerced.items()}


class _Shapes:
    """What of a value shapes a plan: flags, words, page sizes; of others that they are given.

    Of an id it is the noun, which the tail of its text tells well enough: whoever reads the id
    refuses a wrong one. Of the rows that a change brings it is how many they are.
    """

    def __init__(self, tails: Mapping[str, str], *, whole_lists: bool) -> None:
        self._tails = tails
        self._whole_lists = whole_lists

    def of(self, value: Any, kind: GraphQLInputType, *, top: bool = False) -> Hashable:
        """The shape of a value of `kind`."""
        if value is None:
            return None
        kind = _bare(kind)
        if kind is GraphQLID:
            return self._tails.get(value[TAIL:], GIVEN)
        if is_list_type(kind):
            if self._whole_lists:
                return len(value)
            return tuple(self.of(one, kind.of_type) for one in value)
        if is_input_object_type(kind):
            fields = kind.fields
            return tuple((name, self.of(one, fields[name].type)) for name, one in value.items())
        return value if _shapes(kind, top) else GIVEN


class _Slots:
    """Puts a slot wherever the shape of a value shows no more than that it is given."""

    def __init__(
        self, book: dict[str, Slot], tails: Mapping[str, str], *, whole_lists: bool
    ) -> None:
        self._book = book
        self._tails = tails
        self._whole_lists = whole_lists

    def of(self, value: Any, kind: GraphQLInputType, *path: str | int) -> Any:
        """`value` with its slots."""
        if value is None:
            return None
        kind = _bare(kind)
        if is_list_type(kind):
            if self._whole_lists:
                return Slot(path, self._book, size=len(value))
            return [self.of(one, kind.of_type, *path, at) for at, one in enumerate(value)]
        if is_input_object_type(kind):
            fields = kind.fields
            return {
                name: self.of(one, fields[name].type, *path, name) for name, one in value.items()
            }
        if _shapes(kind, len(path) == 1):
            return value
        noun = self._tails.get(value[TAIL:]) if kind is GraphQLID else None
        return Slot(path, self._book, noun=noun)


def _bare(kind: GraphQLInputType) -> GraphQLInputType:
    return cast("GraphQLInputType", get_nullable_type(kind))


def _shapes(kind: GraphQLInputType, top: bool) -> bool:
    return kind is GraphQLBoolean or is_enum_type(kind) or (kind is GraphQLInt and top)
