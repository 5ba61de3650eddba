"""Whether the fields of a document merge (GraphQL specification, 5.3.2), in linear time.

The rule of graphql-core compares fields in pairs, so that its work grows with their square. Here
those of one response key are compared at once: where they may stand for one object together, their
name and arguments are the same; and the shape of all of them is.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    is_object_type,
    print_ast,
)
from graphql.utilities.sort_value_node import sort_value_node

MOST_STEPS = 10_000
"""More selections than are looked at where none stands under many types."""


class Chosen(NamedTuple):
    """A field as it is selected on a type."""

    on: GraphQLCompositeType
    node: FieldNode
    kind: GraphQLOutputType

    @property
    def name(self) -> str:
        """Its name."""
        return self.node.name.value

    @property
    def given(self) -> tuple[tuple[str, str], ...]:
        """Its arguments, in an order that does not depend on how they are written."""
        return tuple(
            sorted(
                (one.name.value, print_ast(sort_value_node(one.value)))
                for one in self.node.arguments or ()
            )
        )

    @property
    def shape(self) -> str:
        """The form of its value; objects of any type are alike."""
        named, form = get_named_type(self.kind), str(self.kind)
        return form if is_leaf_type(named) else form.replace(named.name, "{}")


class Clash(Exception):
    """Fields that do not merge."""

    def __init__(self, reason: str, fields: Iterable[Chosen]) -> None:
        super().__init__(reason)
        self.nodes = [one.node for one in fields]


Sets = Iterable[tuple[GraphQLCompositeType, SelectionSetNode]]


def clash(schema: GraphQLSchema, document: DocumentNode) -> GraphQLError | None:
    """The first fields that do not merge, if any. The document is valid in everything else."""
    check = _Check(schema, document)
    try:
        for operation in document.definitions:
            if isinstance(operation, OperationDefinitionNode):
                root = schema.get_root_type(operation.operation)
                check.agree([(cast("GraphQLCompositeType", root), operation.selection_set)])
    except Clash as found:
        return GraphQLError(str(found), found.nodes)
    return None


class _Check:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        self._left = MOST_STEPS

    def agree(self, sets: Sets) -> None:
        """Insist that the fields of one object merge, and all under them."""
        for key, fields in self._chosen(sets).items():
            for together in _together(fields):
                _insist_on_sameness(key, together)
                self.agree(_under(together))
            if len({one.on for one in fields}) > 1:
                self._be_alike(key, fields)

    def _be_alike(self, key: str, fields: Sequence[Chosen]) -> None:
        """Insist that fields of any objects have one shape, and all under them."""
        first, *others = fields
        for one in others:
            if one.shape != first.shape:
                types = f"they return conflicting types '{first.kind}' and '{one.kind}'"
                raise _refused(key, types, first, one)
        for inner, under in self._chosen(_under(fields)).items():
            self._be_alike(inner, under)

    def _chosen(self, sets: Sets) -> dict[str, list[Chosen]]:
        """The fields in the sets by response key, with those of the fragments in them."""
        found: dict[str, list[Chosen]] = {}
        spread: set[str] = set()
        left = list(sets)
        for on, selection_set in left:  # which grows on the way
            self._left -= len(selection_set.selections)
            if self._left < 0:
                raise Clash("too many fields under too many types to say whether they merge", ())
            for node in selection_set.selections:
                if isinstance(node, FieldNode):
                    definition = self._schema.get_field(on, node.name.value)
                    assert definition is not None  # noqa: S101  -- the document is valid
                    key = (node.alias or node.name).value
                    found.setdefault(key, []).append(Chosen(on, node, definition.type))
                elif isinstance(node, InlineFragmentNode):
                    left.append((self._on(node) or on, node.selection_set))
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self._fragments[node.name.value]
                    left.append((self._on(fragment) or on, fragment.selection_set))
        return found

    def _on(self, node: FragmentDefinitionNode | InlineFragmentNode) -> GraphQLCompositeType | None:
        condition = node.type_condition
        named = self._schema.type_map.get(condition.name.value) if condition else None
        return cast("GraphQLCompositeType | None", named)


def _together(fields: Sequence[Chosen]) -> list[Sequence[Chosen]]:
    """The fields that may stand for one object: those of one type, and those of all types."""
    objects = {one.on for one in fields if is_object_type(one.on)}
    if len(objects) < 2:
        return [fields]
    anywhere = [one for one in fields if one.on not in objects]
    return [[*anywhere, *(one for one in fields if one.on is on)] for on in objects]


def _insist_on_sameness(key: str, fields: Sequence[Chosen]) -> None:
    first, *others = fields
    for one in others:
        if one.name != first.name:
            names = f"'{first.name}' and '{one.name}' are different fields"
            raise _refused(key, names, first, one)
        if one.given != first.given:
            raise _refused(key, "they have differing arguments", first, one)


def _refused(key: str, reason: str, *fields: Chosen) -> Clash:
    return Clash(
        f"Fields '{key}' conflict because {reason}."
        " Use different aliases on the fields to fetch both if this was intentional.",
        fields,
    )


def _under(fields: Iterable[Chosen]) -> Sets:
    return [
        (cast("GraphQLCompositeType", get_named_type(one.kind)), one.node.selection_set)
        for one in fields
        if one.node.selection_set is not None
    ]
