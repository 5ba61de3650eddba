"""What an export shows of a noun: every plain member, and of what it leads to the names."""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

from hub.exchange import ExportFormat, ExportNoun
from hub.exporters.bundle import MANIFEST
from schema.costs import metadata_of
from schema.declare import Made, Many, One

ROOTS: dict[ExportNoun, str] = {
    ExportNoun.INSTRUMENT: "instruments",
    ExportNoun.CERTIFICATE: "certificates",
    ExportNoun.MEASUREMENT_STANDARD: "measurementStandards",
    ExportNoun.CAPABILITY: "capabilities",
    ExportNoun.QUALIFICATION: "qualifications",
    ExportNoun.PERSONNEL: "personnel",
    ExportNoun.ORGANIZATION: "organizations",
    ExportNoun.FEE_ITEM: "feeItems",
    ExportNoun.TECHNICAL_DOCUMENT: "technicalDocuments",
}
"""The root field that lists each noun."""
NAMES = frozenset({"id", "uscc", "code", "number", "name"})
"""What is shown of a row that another leads to, where it has that."""
DOCUMENT = """
query($first: Int!, $after: String) {
  rows: %s(first: $first, after: $after, order: [ID_ASC]) {
    nodes { %s } pageInfo { hasNextPage endCursor }
  }
}
"""


class Selection(NamedTuple):
    """A query for pages of a noun, oldest rows first, and the columns of its rows.

    The steps to a nested member are joined by dots; a list is one column.
    """

    document: str
    columns: list[str]


def selection(schema: GraphQLSchema, noun: ExportNoun) -> Selection:
    """What an export shows of `noun` to those whose `schema` this is."""
    root = ROOTS[noun]
    query = cast("GraphQLObjectType", schema.query_type)
    connection: Any = get_named_type(query.fields[root].type)
    kind: Any = get_named_type(connection.fields["nodes"].type)
    members = sorted(_members(kind), key=lambda one: one.columns != ["id"])
    columns = [column for member in members for column in member.columns]
    return Selection(DOCUMENT % (root, " ".join(one.document for one in members)), columns)


def columns_of(schema: GraphQLSchema, noun: ExportNoun, format_: ExportFormat) -> list[str]:
    """The columns of an export of `noun`; of a bundle those of its manifest."""
    return MANIFEST if format_ is ExportFormat.DCC else selection(schema, noun).columns


def _members(kind: GraphQLObjectType, within: frozenset[str] | None = None) -> Iterator[Selection]:
    """What is selected of each field of `kind`; of those `within`, if given."""
    for name, field in kind.fields.items():
        declared = metadata_of(field).get("declared")
        if isinstance(declared, Made | Many) or (within is not None and name not in within):
            continue
        if is_leaf_type(get_named_type(field.type)):
            yield Selection(name, [name])
        elif within is None:
            yield _nested(name, field, NAMES if isinstance(declared, One) else None)


def _nested(name: str, field: GraphQLField, within: frozenset[str] | None) -> Selection:
    inner = list(_members(cast("GraphQLObjectType", get_named_type(field.type)), within))
    columns = [f"{name}.{column}" for one in inner for column in one.columns]
    if is_list_type(get_nullable_type(field.type)):
        columns = [name]
    return Selection(f"{name} {{ {' '.join(one.document for one in inner)} }}", columns)
