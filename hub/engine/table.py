"""A query as a table: the list whose items are its rows, the query for a page of them, columns."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, cast

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    NamedTypeNode,
    NameNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    parse,
    print_ast,
    separate_operations,
    visit,
)

from hub.engine.tree import Field
from hub.errors import BadInput, Words

ROWS, NODES = "rows", "nodes"
FIRST, AFTER = "_first", "_after"
"""The variables of a page of rows."""
OURS = "_"
"""What the names of our own variables begin with."""
KEY = "key"
"""The parameter of an address that is no variable."""
PAGE_INFO = parse("{ pageInfo { hasNextPage endCursor } }").definitions[0]
PAGED_BY = {"first": (FIRST, "Int"), "after": (AFTER, "String")}
BACKWARDS = frozenset({"last", "before"})


class Table(NamedTuple):
    """The query for the rows of a table, under the response key `ROWS`.

    Where it `is_paged`, the variables `FIRST` and `AFTER` say which of them.
    """

    query: str
    is_paged: bool


def table_of(document: DocumentNode, schema: GraphQLSchema) -> Table:
    """The table that a document stands for, which fits `schema`.

    BadInput for a document that is not one query of one list.
    """
    operation, root = _query_of(document)
    field = cast("GraphQLObjectType", schema.query_type).fields.get(root.name.value)
    is_paged = field is not None and _is_connection(field)
    if is_paged:
        root = _page_of(root)
    elif field is None or not _is_list(field):
        raise _bad("根字段应为列表", "its root field has to be a list", root)
    selected = SelectionSetNode(selections=(replace(root, alias=NameNode(value=ROWS)),))
    own = [] if not is_paged else [_defined(*one) for one in PAGED_BY.values()]
    fragments = [d for d in document.definitions if isinstance(d, FragmentDefinitionNode)]
    asked = replace(operation, name=None, selection_set=selected, variable_definitions=())
    (needed,) = separate_operations(DocumentNode(definitions=(asked, *fragments))).values()
    used = _used(needed)
    given = [d for d in operation.variable_definitions or () if d.variable.name.value in used]
    head, *rest = needed.definitions
    head = replace(cast("OperationDefinitionNode", head), variable_definitions=(*given, *own))
    return Table(print_ast(DocumentNode(definitions=(head, *rest))), is_paged)


def _query_of(document: DocumentNode) -> tuple[OperationDefinitionNode, FieldNode]:
    """The one operation of a document and its one root field."""
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        raise _bad("文档应只含一个查询", "a document has to be one query")
    (operation,) = operations
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        if name.startswith(OURS) or name == KEY:
            raise _bad(
                f"变量不能名为 ${name}", f"no variable may be called ${name}", definition.variable
            )
    (root, *others) = operation.selection_set.selections
    if others or not _is_plain(root):
        raise _bad(
            "应只有一个根字段，直接写出，不带指令与片段",
            "it has to have one root field, without directives and fragments",
            operation.selection_set,
        )
    return operation, cast("FieldNode", root)


def _page_of(root: FieldNode) -> FieldNode:
    """A connection that is asked for one page of its rows and for its end."""
    selections = root.selection_set.selections if root.selection_set else ()
    plain = [cast("FieldNode", one) for one in selections if _is_plain(one)]
    nodes = [one for one in plain if one.name.value == NODES]
    others = {one.name.value for one in plain} - {NODES, "pageInfo"}
    if len(plain) < len(selections) or len(nodes) != 1 or others:
        raise _bad(
            "列表之下应只有 nodes 与 pageInfo，不带指令与片段",
            "a list has nodes and pageInfo only, without directives and fragments",
            root,
        )
    if turned := [one for one in root.arguments or () if one.name.value in BACKWARDS]:
        raise _bad("不能用 last 与 before", "last and before cannot be used", turned[0])
    kept = [one for one in root.arguments or () if one.name.value not in PAGED_BY]
    pages = [_given(name, variable) for name, (variable, _) in PAGED_BY.items()]
    page_info = cast("OperationDefinitionNode", PAGE_INFO).selection_set.selections
    shown = SelectionSetNode(selections=(replace(nodes[0], alias=None), *page_info))
    return replace(root, arguments=(*kept, *pages), selection_set=shown)


def _is_plain(node: Node) -> bool:
    return isinstance(node, FieldNode) and not node.directives


def _is_connection(field: GraphQLField) -> bool:
    return get_named_type(field.type).name.endswith("Connection")


def _is_list(field: GraphQLField) -> bool:
    return is_list_type(get_nullable_type(field.type)) and not is_leaf_type(
        get_named_type(field.type)
    )


def _given(name: str, variable: str) -> ArgumentNode:
    return ArgumentNode(name=NameNode(value=name), value=_variable(variable))


def _defined(variable: str, kind: str) -> VariableDefinitionNode:
    of = NamedTypeNode(name=NameNode(value=kind))
    return VariableDefinitionNode(variable=_variable(variable), type=of)


def _variable(name: str) -> VariableNode:
    return VariableNode(name=NameNode(value=name))


def _used(document: DocumentNode) -> set[str]:
    """The variables that a document uses."""
    names: set[str] = set()

    class Uses(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            names.add(node.name.value)

    visit(document, Uses())
    return names


def _bad(zh: str, en: str, node: Node | None = None) -> BadInput:
    where = f"（第 {node.loc.start_token.line} 行）" if node and node.loc else ""
    at = f" (line {node.loc.start_token.line})" if node and node.loc else ""
    return BadInput(
        f"不能作为表：{zh}{where}",
        f"this is no table: {en}{at}",
        hint=Words(
            "例如 { instruments { nodes { assetNo name } } }；first 与 after 由平台翻页时给出",
            "such as { instruments { nodes { assetNo name } } }; pages are turned by the hub",
        ),
        path=("document",),
    )


def columns_of(root: Field) -> list[str]:
    """The columns of the table whose root field is `root`.

    Steps to nested members are joined by dots; a list is one column.
    """
    if root.is_page:
        root = next(one for one in root.inside if one.key == NODES)
    return list(dict.fromkeys(_columns(root.below)))


def _columns(below: Mapping[str, Iterable[Field]]) -> Iterator[str]:
    for field in (one for side in below.values() for one in side):
        if field.is_list or not field.below:
            yield field.key
        else:
            yield from (f"{field.key}.{inner}" for inner in _columns(field.below))
