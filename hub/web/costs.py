"""How many values one operation may yield: priced before it runs, and counted while it does."""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from graphql import (
    Executor,
    FieldNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSkipDirective,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NamedTypeNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_directive_values,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from hub.errors import CostExceeded, Words
from hub.web.faults import own
from schema.page import DEFAULT_PAGE, MAX_PAGE

MOST_VALUES = 200_000
"""Fields in one answer, each counted as often as it stands there: about a second of work."""
LIST_LENGTH = 10
"""The items that a list which is no page is taken to have, unless it answers a longer list."""

_ENOUGH = 10**12
_SMALLER = Words(
    "减小各层的 first 或少选字段，或分几次查询",
    "ask for smaller pages (first), for fewer fields, or in parts",
)


class Price(NamedTuple):
    """The most values that a selection can yield: `flat`, and `row` for each row of its page.

    `path` leads to the dearest of its objects.
    """

    flat: int = 0
    row: int = 0
    path: tuple[str, ...] = ()

    def of(self, rows: int) -> int:
        """The values with so many rows in the page."""
        return self.flat + rows * self.row


def price(executor: Executor[Any]) -> Price:
    """The most values that an operation can yield, its variables being coerced.

    A page counts as full, a list that is no page as `LIST_LENGTH` long (a longer one is found out
    by `Counted`). Linear in the document.
    """
    operation = executor.operation
    root = executor.schema.get_root_type(operation.operation)
    return _Pricing(executor).selection(operation.selection_set, cast("GraphQLObjectType", root))


def check(price: Price) -> None:
    """Raise CostExceeded for an operation that may yield too many values, saying where."""
    if price.flat > MOST_VALUES:
        path = ".".join(price.path)[:200]
        raise CostExceeded(
            f"此操作可得 {price.flat} 个值，上限为 {MOST_VALUES}；最多的在 {path}",
            f"the operation may yield {price.flat} values, the limit is {MOST_VALUES};"
            f" most at {path}",
            hint=_SMALLER,
        )


class _Pricing:
    """Prices of the selections of one operation; each fragment is priced once."""

    def __init__(self, executor: Executor[Any]) -> None:
        self._schema = executor.schema
        self._fragments = executor.fragment_definitions
        self._variables = executor.variable_values
        self._known: dict[str, Price] = {}

    def selection(self, selected: SelectionSetNode, kind: GraphQLCompositeType) -> Price:
        """The price of `selected` on one object of `kind`."""
        prices: list[Price] = []
        left = [(selected, kind)]
        while left:
            selections, on = left.pop()
            for node in filter(self._wants, selections.selections):
                if isinstance(node, FieldNode):
                    prices.append(self._field(node, on))
                elif isinstance(node, FragmentSpreadNode):
                    prices.append(self._fragment(node.name.value))
                elif isinstance(node, InlineFragmentNode):
                    left.append((node.selection_set, self._type(node.type_condition) or on))
        return _sum(prices)

    def _fragment(self, name: str) -> Price:
        if name not in self._known:
            fragment = self._fragments[name]
            kind = cast("GraphQLCompositeType", self._type(fragment.type_condition))
            self._known[name] = self.selection(fragment.selection_set, kind)
        return self._known[name]

    def _field(self, node: FieldNode, kind: GraphQLCompositeType) -> Price:
        name = node.name.value
        field = cast("GraphQLField", self._schema.get_field(kind, name))
        inner = get_named_type(field.type)
        if node.selection_set is None or not is_composite_type(inner):
            return Price(flat=1)
        below = self.selection(node.selection_set, inner)
        path = (name, *below.path)
        each = below.of(self._size(node)) if _is_connection(inner) else below.flat
        if not is_list_type(get_nullable_type(field.type)):
            return Price(1 + each, path=path)
        if _is_connection(kind):
            return Price(1, row=each, path=path)
        return Price(1 + each * self._length(node), path=path)

    def _size(self, node: FieldNode) -> int:
        """The rows of the page that `node` asks for."""
        given = [
            int(value.value) if isinstance(value, IntValueNode) else value
            for name, value in self._arguments(node)
            if name in {"first", "last"}
        ]
        sizes = [min(max(size, 0), MAX_PAGE) for size in given if isinstance(size, int)]
        return max(sizes, default=DEFAULT_PAGE)

    def _length(self, node: FieldNode) -> int:
        """The items of the list that `node` yields: as many as are asked for one by one."""
        lists = [
            value.values if isinstance(value, ListValueNode) else value
            for _, value in self._arguments(node)
        ]
        return max([LIST_LENGTH, *(len(one) for one in lists if isinstance(one, list | tuple))])

    def _arguments(self, node: FieldNode) -> Iterator[tuple[str, Any]]:
        """The arguments of `node`, with the values of variables and the nodes of literals."""
        for argument in node.arguments or ():
            value = argument.value
            if isinstance(value, VariableNode):
                yield argument.name.value, self._variables.coerced.get(value.name.value)
            else:
                yield argument.name.value, value

    def _wants(self, node: SelectionNode) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skip and skip["if"]) and (include is None or include["if"])

    def _type(self, named: NamedTypeNode | None) -> GraphQLCompositeType | None:
        kind = self._schema.type_map[named.name.value] if named else None
        return cast("GraphQLCompositeType | None", kind)


def _sum(prices: list[Price]) -> Price:
    flat = sum(one.flat for one in prices)
    row = sum(one.row for one in prices)
    dearest = max(prices, key=lambda one: one.of(MAX_PAGE), default=Price())
    return Price(min(flat, _ENOUGH), min(row, _ENOUGH), dearest.path)


def _is_connection(kind: GraphQLNamedType) -> bool:
    """Whether `kind` is a page of a list, whatever the list is of."""
    return isinstance(kind, GraphQLObjectType) and {"edges", "pageInfo"} <= kind.fields.keys()


class Counted(Executor[Any]):
    """Counts the values of an answer; once anything in it costs too much, nothing more is done.

    Lists may be longer than they were priced, and what reads rows has limits of its own.
    """

    refusal: CostExceeded | None = None
    _yielded = 0

    def execute_field(self, *args: Any) -> Any:
        """The value of one field. CostExceeded after the first, to end what is around it too."""
        self._yielded += 1
        if self._yielded > MOST_VALUES and self.refusal is None:
            self.refusal = CostExceeded(
                f"答案超过 {MOST_VALUES} 个值",
                f"the answer has more than {MOST_VALUES} values",
                hint=_SMALLER,
            )
        if self.refusal is not None:
            raise self.refusal.with_traceback(None)
        return super().execute_field(*args)

    def handle_field_error(self, raw_error: Exception, *args: Any) -> None:
        """Null the field, and remember a refusal for cost."""
        refusal = own(raw_error)
        if self.refusal is None and isinstance(refusal, CostExceeded):
            self.refusal = refusal
        super().handle_field_error(raw_error, *args)


_COUNTED: dict[type[Any], type[Counted]] = {}


def counted(kind: type[Executor[Any]]) -> type[Counted]:
    """The executor `kind` that counts."""
    if kind not in _COUNTED:
        _COUNTED[kind] = cast("type[Counted]", type("Counted", (Counted, kind), {}))
    return _COUNTED[kind]
