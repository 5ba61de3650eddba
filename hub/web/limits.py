"""How large a document may be: depth, aliases and root fields, judged in linear time."""

from collections.abc import Iterator
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from hub.errors import Words
from hub.web.problems import Invalid

TOKENS = 2_000
DEPTH = 16
ALIASES = 200
ROOT_FIELDS = 20

_ENOUGH = 10**9
_Path = tuple[str, ...]


class Size(NamedTuple):
    """The size of a selection with every fragment spread out."""

    deepest: _Path = ()
    aliases: int = 0
    root_fields: int = 0


def excesses(document: DocumentNode) -> list[GraphQLError]:
    """One error for each operation and limit passed, or for the first cycle of fragments."""
    survey = _Survey(document)
    try:
        return [error for operation in survey.operations for error in _over(operation, survey)]
    except _Cycle as cycle:
        return [cycle.error]


def _over(operation: OperationDefinitionNode, survey: "_Survey") -> Iterator[GraphQLError]:
    size = survey.size(operation.selection_set)
    path = ".".join(size.deepest[: DEPTH + 1])[:200]
    measured = (
        (len(size.deepest), DEPTH, Words("嵌套层数", "depth"), path),
        (size.aliases, ALIASES, Words("别名数", "number of aliases"), ""),
        (size.root_fields, ROOT_FIELDS, Words("根字段数", "number of root fields"), ""),
    )
    for number, limit, name, where in measured:
        if number > limit:
            yield _refusal(
                Words(
                    f"查询的{name.zh}为 {number}，上限为 {limit}" + (f"：{where}" * bool(where)),
                    f"the {name.en} is {number}, the limit is {limit}"
                    + (f": {where}" * bool(where)),
                ),
                operation,
            )


def _refusal(words: Words, node: OperationDefinitionNode | FragmentDefinitionNode) -> GraphQLError:
    return GraphQLError(words.en, node, original_error=Invalid(words.zh, words.en))


class _Cycle(Exception):
    """Fragments that spread one another in a circle."""

    def __init__(self, names: list[str], fragment: FragmentDefinitionNode) -> None:
        circle = " > ".join(names)[:200]
        super().__init__(circle)
        self.error = _refusal(
            Words(f"片段循环引用：{circle}", f"fragments spread one another in a circle: {circle}"),
            fragment,
        )


class _Survey:
    """Sizes of the selections of one document; each fragment is measured once."""

    def __init__(self, document: DocumentNode) -> None:
        definitions = document.definitions
        self.operations = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
        self._fragments = {
            d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)
        }
        self._known: dict[str, Size] = {}
        self._open: list[str] = []

    def size(self, selection_set: SelectionSetNode) -> Size:
        """The size of `selection_set`. _Cycle when a fragment leads back to itself."""
        deepest: _Path = ()
        aliases = root_fields = 0
        left: list[tuple[SelectionSetNode, _Path]] = [(selection_set, ())]
        while left:
            selections, path = left.pop()
            for node in selections.selections:
                below = Size()
                if isinstance(node, FieldNode):
                    below = Size((node.name.value,), int(node.alias is not None), 1)
                    if node.selection_set:
                        left.append((node.selection_set, (*path, node.name.value)))
                elif isinstance(node, FragmentSpreadNode):
                    below = self._fragment(node.name.value)
                elif isinstance(node, InlineFragmentNode):
                    left.append((node.selection_set, path))
                deepest = max(deepest, path + below.deepest, key=len)
                aliases = min(aliases + below.aliases, _ENOUGH)
                root_fields = min(root_fields + (0 if path else below.root_fields), _ENOUGH)
        return Size(deepest, aliases, root_fields)

    def _fragment(self, name: str) -> Size:
        fragment = self._fragments.get(name)
        if fragment is None:
            return Size()
        if name in self._open:
            raise _Cycle([*self._open[self._open.index(name) :], name], fragment)
        if name not in self._known:
            self._open.append(name)
            self._known[name] = self.size(fragment.selection_set)
            self._open.pop()
        return self._known[name]
