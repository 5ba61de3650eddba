"""A failing operation made small: what is not needed for the failure is left out."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

from graphql import (
    REMOVE,
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

from tests.engine.operations import Drawn

REMOVABLE = (
    FieldNode,
    InlineFragmentNode,
    FragmentSpreadNode,
    ArgumentNode,
    DirectiveNode,
    ObjectFieldNode,
)
MOST_TRIES = 400
Fails = Callable[[Drawn], Awaitable[bool]]


async def shrunk(drawn: Drawn, schema: GraphQLSchema, fails: Fails) -> Drawn:
    """A smaller operation that `fails` as `drawn` does."""
    tries = 0
    progress = True
    while progress and tries < MOST_TRIES:
        progress = False
        for one in _smaller(drawn, schema):
            tries += 1
            if await fails(one):
                drawn, progress = one, True
                break
            if tries >= MOST_TRIES:
                break
    return drawn


def _smaller(drawn: Drawn, schema: GraphQLSchema) -> Iterator[Drawn]:
    """Valid operations with one part less, the large parts first."""
    document = parse(drawn.document)
    parts = _Parts()
    visit(document, parts)
    for part in parts.found:
        text = print_ast(_pruned(visit(document, _Without(part))))
        with suppress(GraphQLSyntaxError):  # what it was the last part of is empty now
            without = parse(text, allow_empty_selection_sets=False)
            if not validate(schema, without):
                kept = _declared(without)
                given = {name: value for name, value in drawn.variables.items() if name in kept}
                yield Drawn(text, given, drawn.name)


def _declared(document: DocumentNode) -> set[str]:
    """The names of the variables that a document declares."""
    return {
        node.variable.name.value
        for one in document.definitions
        if isinstance(one, OperationDefinitionNode)
        for node in one.variable_definitions or ()
    }


class _Parts(Visitor):
    """Finds what may be left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Any] = []

    def enter(self, node: Any, *_: Any) -> None:
        if isinstance(node, REMOVABLE):
            self.found.append(node)


class _Without(Visitor):
    """Leaves one part out."""

    def __init__(self, part: Any) -> None:
        super().__init__()
        self._part = part

    def enter(self, node: Any, *_: Any) -> Any:
        return REMOVE if node is self._part else None


def _pruned(document: DocumentNode) -> DocumentNode:
    """`document` without fragments and variables that nothing uses any more."""
    while True:
        used = _Used()
        visit(document, used)
        pruned: DocumentNode = visit(document, _Unused(used.spread, used.variables))
        if len(pruned.definitions) == len(document.definitions):
            return pruned
        document = pruned


class _Used(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.spread: set[str] = set()
        self.variables: set[str] = set()

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> bool:
        return False

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        self.spread.add(node.name.value)

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.variables.add(node.name.value)


class _Unused(Visitor):
    def __init__(self, spread: set[str], variables: set[str]) -> None:
        super().__init__()
        self._spread = spread
        self._variables = variables

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> Any:
        return None if node.name.value in self._spread else REMOVE

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> Any:
        return None if node.variable.name.value in self._variables else REMOVE
