"""The fields of an answer as a tree: what an operation selects, merged, with coerced arguments."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_list_type,
    is_object_type,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_argument_values

from schema.costs import PAGES
from schema.declare import NOUNS, PARTS, Declared, Spec


@dataclass(frozen=True)
class Field:
    """One field of the answer, under its response key.

    `given` are its arguments; where a variable brings them, a `Slot` stands for each value.
    `below` are the fields of each type of object that it may lead to. `fault` is what is wrong
    with its arguments, if anything is.
    """

    key: str
    name: str
    on: GraphQLObjectType
    definition: GraphQLField | None
    given: Mapping[str, Any]
    below: Mapping[str, "tuple[Field, ...]"]
    fault: GraphQLError | None
    nodes: tuple[FieldNode, ...]

    @property
    def coordinate(self) -> str:
        """Where the schema defines it."""
        return f"{self.on.name}.{self.name}"

    @cached_property
    def kind(self) -> GraphQLNamedType:
        """The type of its value, without lists and non-nulls; String for __typename."""
        return get_named_type(self.definition.type)  # type: ignore[union-attr]

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """What its declaration says to the hub."""
        extensions = (self.definition.extensions or {}) if self.definition else {}
        definition = extensions.get("strawberry-definition")
        return definition.metadata if definition is not None else {}

    @property
    def declared(self) -> Declared | None:
        """Its declaration, if it is a field of a noun."""
        return self.metadata.get("declared")

    @cached_property
    def spec(self) -> Spec | None:
        """The noun or part that it leads to, row by row; None for anything else."""
        specs = (*NOUNS.values(), *PARTS.values())
        return next((spec for spec in specs if spec.name == self.kind.name), None)

    @property
    def is_list(self) -> bool:
        """Whether its value is a list."""
        return self.definition is not None and is_list_type(get_nullable_type(self.definition.type))

    @property
    def is_page(self) -> bool:
        """Whether it leads to a page of a list."""
        return self.kind.name.endswith(PAGES)

    @property
    def python_name(self) -> str:
        """The attribute that declares it; __typename has its own name."""
        extensions = (self.definition.extensions or {}) if self.definition else {}
        definition = extensions.get("strawberry-definition")
        return self.name if definition is None else definition.python_name

    @property
    def inside(self) -> "tuple[Field, ...]":
        """Its fields, where it leads to objects of one type."""
        (fields,) = self.below.values()
        return fields


@dataclass(frozen=True)
class Operation:
    """An operation of a validated document, against the schema that its caller sees."""

    schema: GraphQLSchema
    definition: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.definition.operation

    def fields(self, variables: Mapping[str, Any]) -> tuple[Field, ...]:
        """The fields of its answer with coerced `variables`.

        Which fields those are is for graphql-core to say, as when it executes.
        """
        root = cast("GraphQLObjectType", self.schema.get_root_type(self.kind))
        fragments = {name: FragmentDetails(one) for name, one in self.fragments.items()}
        values = VariableValues({}, dict(variables))
        collected = collect_fields(self.schema, fragments, values, root, self.definition)
        return _Collector(self, fragments, values).roots(root, collected.grouped_field_set)


class _Collector:
    def __init__(
        self, operation: Operation, fragments: dict[str, FragmentDetails], values: VariableValues
    ) -> None:
        self._operation = operation
        self._fragments = fragments
        self._values = values
        self._broken: GraphQLError | None = None

    def roots(self, on: GraphQLObjectType, grouped: GroupedFieldSet) -> tuple[Field, ...]:
        """The root fields; a selection below that cannot be read is their fault."""
        made = []
        for key, details in grouped.items():
            self._broken = None
            field = self._field(on, key, details)
            made.append(replace(field, fault=self._broken) if self._broken else field)
        return tuple(made)

    def fields(self, on: GraphQLObjectType, grouped: GroupedFieldSet) -> tuple[Field, ...]:
        return tuple(self._field(on, key, details) for key, details in grouped.items())

    def _field(self, on: GraphQLObjectType, key: str, details: FieldDetailsList) -> Field:
        node = details[0].node
        definition = self._operation.schema.get_field(on, node.name.value)
        given: dict[str, Any] = {}
        fault = None
        try:
            if definition is not None and definition.args:
                given = get_argument_values(definition, node, self._values)
        except GraphQLError as error:
            fault = error
        below = {} if definition is None else self._below(definition, details)
        nodes = tuple(one.node for one in details)
        return Field(key, node.name.value, on, definition, given, below, fault, nodes)

    def _below(
        self, definition: GraphQLField, details: FieldDetailsList
    ) -> dict[str, tuple[Field, ...]]:
        schema = self._operation.schema
        kind = get_named_type(definition.type)
        kinds: list[GraphQLObjectType] = []
        if is_object_type(kind):
            kinds = [kind]
        elif is_abstract_type(kind):
            kinds = list(schema.get_possible_types(kind))
        return {kind.name: self._subfields(kind, details) for kind in kinds}

    def _subfields(self, kind: GraphQLObjectType, details: FieldDetailsList) -> tuple[Field, ...]:
        try:
            collected = collect_subfields(
                self._operation.schema,
                self._fragments,
                self._values,
                self._operation.definition,
                kind,
                details,
            )
        except GraphQLError as error:  # null where a condition of @skip or @include stands
            self._broken = error
            return ()
        return self.fields(kind, collected.grouped_field_set)
