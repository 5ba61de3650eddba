"""How large a document may be, judged in linear time before anything is made of it.

Everything counts as often as it stands once every fragment is spread out.
"""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from hub.errors import Invalid, Words

LENGTH = 65_536
"""Characters of a document: long values belong into variables."""
TOKENS = 2_000
DEPTH = 16
SELECTIONS = 1_500
ALIASES = 200
DIRECTIVES = 200
ROOT_FIELDS = 20
_TELLABLE = 10**9
_LONGEST_PATH = 200


class Size(NamedTuple):
    """The size of a selection set with every fragment spread out."""

    depth: int = 0
    selections: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0

    def plus(self, other: "Size") -> "Size":
        """The size of both side by side."""
        return Size(
            max(self.depth, other.depth),
            self.selections + other.selections,
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.root_fields + other.root_fields,
        )


LIMITS = (
    ("depth", DEPTH, Words("嵌套层数", "depth")),
    ("aliases", ALIASES, Words("别名数", "number of aliases")),
    ("root_fields", ROOT_FIELDS, Words("根字段数", "number of root fields")),
    ("directives", DIRECTIVES, Words("指令数", "number of directives")),
)


def too_long(text: str) -> Invalid | None:
    """The refusal of a document with more characters than one may have."""
    if len(text) <= LENGTH:
        return None
    return Invalid(
        f"查询文档有 {len(text)} 个字符，上限为 {LENGTH}",
        f"the document has {len(text)} characters, the limit is {LENGTH}",
        hint=Words("长的值请用变量传入", "bring long values by variables"),
    )


def excesses(document: DocumentNode) -> list[GraphQLError]:
    """One error for each operation and limit passed, or for the first circle of fragments."""
    survey = _Survey(document)
    try:
        survey.measure()
    except CycleError as error:
        return [survey.circle(error.args[1])]
    return list(survey.excesses())


class _Survey:
    """The sizes of all selections of a document, each measured once."""

    def __init__(self, document: DocumentNode) -> None:
        parts = document.definitions
        self._operations = [d for d in parts if isinstance(d, OperationDefinitionNode)]
        self._fragments = {d.name.value: d for d in parts if isinstance(d, FragmentDefinitionNode)}
        self._sizes: dict[int, Size] = {}

    def measure(self) -> None:
        """Measure every fragment after those that it spreads. CycleError for a circle of them."""
        spread = {name: set(_spread_in(one)) for name, one in self._fragments.items()}
        for name in TopologicalSorter(spread).static_order():
            if name in self._fragments:
                self._size(self._fragments[name].selection_set)
        for operation in self._operations:
            self._size(operation.selection_set)

    def circle(self, names: list[str]) -> GraphQLError:
        """The refusal of fragments that spread one another in a circle."""
        told = " > ".join(reversed(names))[:_LONGEST_PATH]
        words = Words(f"片段循环引用：{told}", f"fragments spread one another in a circle: {told}")
        return _refusal(words, self._fragments[names[0]])

    def excesses(self) -> Iterator[GraphQLError]:
        """The refusals: what an operation has too much of, and all operations together."""
        sizes = [self._sizes[id(one.selection_set)] for one in self._operations]
        for operation, size in zip(self._operations, sizes, strict=True):
            for name, limit, words in LIMITS:
                if (number := getattr(size, name)) > limit:
                    yield self._excess(operation, name, number, limit, words)
        # graphql-core validates each operation with all its fragments.
        each = [size.selections for size in sizes]
        if sum(each) > SELECTIONS:
            largest = self._operations[each.index(max(each))]
            words = Words("选择项数", "number of selections")
            yield self._excess(largest, "selections", sum(each), SELECTIONS, words)

    def _excess(
        self, operation: OperationDefinitionNode, name: str, number: int, limit: int, words: Words
    ) -> GraphQLError:
        path = ".".join(self._path(operation.selection_set, name))[:_LONGEST_PATH]
        where = f": {path}" if path else ""
        many = f"> {_TELLABLE}" if number > _TELLABLE else str(number)
        told = Words(
            f"查询的{words.zh}为 {many}，上限为 {limit}{where}",
            f"the {words.en} is {many}, the limit is {limit}{where}",
        )
        return _refusal(told, operation)

    def _path(self, selection_set: SelectionSetNode, name: str) -> Iterator[str]:
        """The way to where the most is; for depth to the bottom, as far as the limit tells."""
        left: SelectionSetNode | None = selection_set
        most = getattr(self._sizes[id(selection_set)], name)
        named = 0
        while left is not None and left.selections and named <= DEPTH:
            node = max(left.selections, key=lambda one: getattr(self._of(one), name))
            if name != "depth" and 2 * getattr(self._of(node), name) <= most:
                return
            if isinstance(node, FieldNode):
                named += 1
                yield node.name.value
            left = self._under(node)

    def _under(self, node: SelectionNode) -> SelectionSetNode | None:
        if isinstance(node, FragmentSpreadNode):
            fragment = self._fragments.get(node.name.value)
            return fragment.selection_set if fragment else None
        assert isinstance(node, FieldNode | InlineFragmentNode)  # noqa: S101  -- there is no other
        return node.selection_set

    def _size(self, selection_set: SelectionSetNode) -> Size:
        found = Size()
        for node in selection_set.selections:
            found = found.plus(self._of(node))
        self._sizes[id(selection_set)] = found
        return found

    def _of(self, node: SelectionNode) -> Size:
        """The size of one selection: fields, spreads and inline fragments each count."""
        under = self._under(node)
        below = Size()
        if under is not None:
            below = self._sizes.get(id(under)) or self._size(under)
        marks = len(node.directives or ())
        if not isinstance(node, FieldNode):
            return below.plus(Size(0, 1, 0, marks))
        depth, selections, aliases, directives, _ = below
        alias = int(node.alias is not None)
        return Size(depth + 1, selections + 1, aliases + alias, directives + marks, 1)


def _spread_in(fragment: FragmentDefinitionNode) -> Iterator[str]:
    """The names of the fragments that a fragment spreads."""
    left = [fragment.selection_set]
    while left:
        for node in left.pop().selections:
            if isinstance(node, FragmentSpreadNode):
                yield node.name.value
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                left.append(node.selection_set)


def _refusal(words: Words, node: OperationDefinitionNode | FragmentDefinitionNode) -> GraphQLError:
    return GraphQLError(words.en, node, original_error=Invalid(words.zh, words.en))
