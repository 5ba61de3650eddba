"""The same request written differently: what asks for the same in other words costs the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, TypeVar, cast

from graphql import (
    REMOVE,
    ArgumentNode,
    DefinitionNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    is_non_null_type,
    parse,
    parse_type,
    print_ast,
    value_from_ast_untyped,
    value_to_literal,
    visit,
)

from tests.engine.operations import Drawn

T = TypeVar("T")
NULL = NullValueNode()


def rewritten(drawn: Drawn, schema: GraphQLSchema, random: Random) -> Drawn:
    """`drawn` in other words: some of its parts in other places, orders and forms."""
    writer = _Writer(parse(drawn.document), dict(drawn.variables), drawn.name, schema, random)
    for rewrite in random.sample(REWRITES, random.randint(1, len(REWRITES))):
        rewrite(writer)
    return Drawn(print_ast(writer.document), writer.given, drawn.name)


@dataclass
class _Writer:
    """A request that is being written anew."""

    document: DocumentNode
    given: dict[str, Any]
    name: str | None
    schema: GraphQLSchema
    random: Random
    made: int = field(default=0)

    def chance(self, likely: float) -> bool:
        """Whether something happens."""
        return self.random.random() < likely

    def new(self, letter: str) -> str:
        """A name that nothing has yet."""
        self.made += 1
        return f"{letter}_{self.made}_{letter}"

    @property
    def operation(self) -> OperationDefinitionNode:
        """The operation that is asked for."""
        (found,) = (
            one
            for one in self.document.definitions
            if isinstance(one, OperationDefinitionNode)
            and self.name in (None, one.name and one.name.value)
        )
        return found

    @property
    def fragments(self) -> Mapping[str, FragmentDefinitionNode]:
        """The fragments by their names."""
        return {
            one.name.value: one
            for one in self.document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }

    def define(self, *definitions: DefinitionNode, instead: DefinitionNode | None = None) -> None:
        """Add definitions to the document, in place of another one."""
        kept = [one for one in self.document.definitions if one is not instead]
        self.document = DocumentNode(definitions=(*kept, *definitions))

    def change(self, make: Callable[[TypeInfo], Visitor]) -> None:
        """Go through the document with the types at hand."""
        types = TypeInfo(self.schema)
        self.document = visit(self.document, TypeInfoVisitor(types, make(types)))


def literals_to_variables(writer: _Writer) -> None:
    """Bring some literals by variables: whole arguments, or values inside filters and lists."""
    made: list[VariableDefinitionNode] = []

    class Lift(Visitor):
        def __init__(self, types: TypeInfo) -> None:
            super().__init__()
            self._types = types

        def enter_variable_definition(self, *_: Any) -> Any:
            return False

        def enter(self, node: Any, *_: Any) -> Any:
            in_list = isinstance(node, ListValueNode)  # whose items the type is of, by now
            types = self._types
            kind = types.get_parent_input_type() if in_list else types.get_input_type()
            plain = isinstance(node, ValueNode) and not isinstance(node, VariableNode)
            if not plain or kind is None or _brings(node) or not writer.chance(0.3):
                return None
            if isinstance(node, NullValueNode) and is_non_null_type(kind):
                return None
            name = writer.new("lifted")
            variable = VariableNode(name=NameNode(value=name))
            default = node if writer.chance(0.3) else None
            if default is None:
                writer.given[name] = value_from_ast_untyped(node)
            told = parse_type(str(kind))
            made.append(VariableDefinitionNode(variable=variable, type=told, default_value=default))
            return variable

    writer.change(Lift)
    operation = writer.operation
    definitions = (*(operation.variable_definitions or ()), *made)
    writer.define(replace(operation, variable_definitions=definitions), instead=operation)


def variables_to_literals(writer: _Writer) -> None:
    """Write what some variables bring, or that they bring nothing, where they are used."""
    chosen = {
        one.variable.name.value: one.default_value
        for one in writer.operation.variable_definitions or ()
        if writer.chance(0.5)
    }
    writer.change(lambda types: _Write(types, chosen, writer.given))
    for name in chosen:
        writer.given.pop(name, None)


class _Write(Visitor):
    """Writes values in the place of variables, of which the defaults are known."""

    def __init__(
        self, types: TypeInfo, chosen: Mapping[str, ValueNode | None], given: Mapping[str, Any]
    ) -> None:
        super().__init__()
        self._types = types
        self._chosen = chosen
        self._given = given

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> Any:
        return REMOVE if node.variable.name.value in self._chosen else False

    def enter_variable(self, node: VariableNode, *_: Any) -> Any:
        return (self._literal(node) or NULL) if node.name.value in self._chosen else None

    def enter_argument(self, node: ArgumentNode, *_: Any) -> Any:
        return REMOVE if self._brings_nothing(node.value) else None

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> Any:
        return REMOVE if self._brings_nothing(node.value) else None

    def _brings_nothing(self, value: ValueNode) -> bool:
        is_chosen = isinstance(value, VariableNode) and value.name.value in self._chosen
        return is_chosen and self._literal(cast("VariableNode", value)) is None

    def _literal(self, node: VariableNode) -> ValueNode | None:
        name, kind = node.name.value, self._types.get_input_type()
        if name in self._given and kind is not None:
            return value_to_literal(self._given[name], kind)
        return self._chosen[name]


def values_to_defaults(writer: _Writer) -> None:
    """Give some variables their value as the default, and bring nothing."""

    class Default(Visitor):
        def __init__(self, types: TypeInfo) -> None:
            super().__init__()
            self._types = types

        def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> Any:
            name, kind = node.variable.name.value, self._types.get_input_type()
            if kind is None or writer.given.get(name) is None or not writer.chance(0.4):
                return None
            return replace(node, default_value=value_to_literal(writer.given.pop(name), kind))

    writer.change(Default)


def spreads_to_fragments_in_place(writer: _Writer) -> None:
    """Write some fragments where they are spread."""
    fragments = writer.fragments

    def unfold(node: FragmentSpreadNode, *_: Any) -> Any:
        fragment = fragments[node.name.value]
        if not writer.chance(0.5):
            return None
        return InlineFragmentNode(
            type_condition=fragment.type_condition,
            directives=node.directives,
            selection_set=fragment.selection_set,
        )

    for _ in range(2):
        writer.document = visit(writer.document, _Spread(unfold))
    _forget_unused(writer)


class _Spread(Visitor):
    def __init__(self, unfold: Callable[..., Any]) -> None:
        super().__init__()
        self.enter_fragment_spread = unfold


def selections_to_fragments(writer: _Writer) -> None:
    """Put some selections into fragments, in place or with a name of their own."""
    made: list[FragmentDefinitionNode] = []

    class Wrap(Visitor):
        def __init__(self, types: TypeInfo) -> None:
            super().__init__()
            self._types = types

        def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> Any:
            on = self._types.get_parent_type()
            if on is None or not writer.chance(0.3):
                return None
            at = writer.random.randint(0, len(node.selections) - 1)
            kept, moved = node.selections[:at], SelectionSetNode(selections=node.selections[at:])
            condition = NamedTypeNode(name=NameNode(value=on.name))
            if writer.chance(0.5):
                told = condition if writer.chance(0.5) else None
                part: SelectionNode = InlineFragmentNode(type_condition=told, selection_set=moved)
            else:
                name = NameNode(value=writer.new("Part"))
                part = FragmentSpreadNode(name=name)
                made.append(
                    FragmentDefinitionNode(name=name, type_condition=condition, selection_set=moved)
                )
            return SelectionSetNode(selections=(*kept, part))

    writer.change(Wrap)
    writer.define(*made)


def parts_in_another_order(writer: _Writer) -> None:
    """Turn the order of definitions, selections, arguments and members of objects around."""

    def shuffled(nodes: Sequence[T] | None) -> tuple[T, ...]:
        return tuple(writer.random.sample(list(nodes or ()), len(nodes or ())))

    class Turn(Visitor):
        def leave_document(self, node: DocumentNode, *_: Any) -> Any:
            return replace(node, definitions=shuffled(node.definitions))

        def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> Any:
            return replace(node, selections=shuffled(node.selections))

        def leave_field(self, node: FieldNode, *_: Any) -> Any:
            return replace(node, arguments=shuffled(node.arguments))

        def leave_object_value(self, node: ObjectValueNode, *_: Any) -> Any:
            return replace(node, fields=shuffled(node.fields))

    writer.document = visit(writer.document, Turn())


def selections_said_twice(writer: _Writer) -> None:
    """Say some selections again: they merge."""

    class Again(Visitor):
        def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> Any:
            again = [one for one in node.selections if writer.chance(0.1)]
            return replace(node, selections=(*node.selections, *again))

    writer.document = visit(writer.document, Again())


def directives_that_change_nothing(writer: _Writer) -> None:
    """Include what is included, leave out what is not there."""

    class Mark(Visitor):
        def leave_field(self, node: FieldNode, *_: Any) -> Any:
            if node.directives or not writer.chance(0.05):
                return None
            return replace(node, directives=_first("{ a @include(if: true) }").directives)

    writer.document = visit(writer.document, Mark())


REWRITES = [
    literals_to_variables,
    variables_to_literals,
    values_to_defaults,
    spreads_to_fragments_in_place,
    selections_to_fragments,
    parts_in_another_order,
    selections_said_twice,
    directives_that_change_nothing,
]


def _first(text: str) -> SelectionNode:
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation.selection_set.selections[0]


def _brings(node: ValueNode) -> bool:
    """Whether a variable stands in a value."""
    match node:
        case VariableNode():
            return True
        case ListValueNode():
            return any(map(_brings, node.values))
        case ObjectValueNode():
            return any(_brings(one.value) for one in node.fields)
    return False


def _forget_unused(writer: _Writer) -> None:
    """Leave out the fragments that nothing spreads any more."""
    spread: set[str] = set()

    class Look(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
            spread.add(node.name.value)

    visit(writer.document, Look())
    unused = [one for name, one in writer.fragments.items() if name not in spread]
    for fragment in unused:
        writer.define(instead=fragment)
    if unused:
        _forget_unused(writer)
