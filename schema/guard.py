"""Refuses a schema in which a field escapes the guards, goes undescribed or leads nowhere."""

import re
from collections.abc import Iterator

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    is_introspection_type,
)

from schema.declare import NOUNS, PARTS, Declared
from schema.evolution import misled
from schema.values import VALUES

ROOTS = frozenset({"Query", "Mutation", "Subscription"})
ENVELOPES = frozenset(
    {
        "PageInfo",
        "TermLabel",
        "TermLabels",
        "Me",
        "VerifiedCertificate",
        "Change",
        "ChangePage",
        "InstrumentChange",
        "InstrumentOffer",
        "LedgerFinding",
        "LedgerLineOutcome",
        "LedgerCounts",
        "LedgerStored",
        "SyncCounts",
        "OperationCost",
        "Explanation",
        "ExplainedProblem",
        "ExplainedRoot",
        "ExplainedField",
        "ExplainedEntity",
        "FieldVerdict",
    }
)
"""Types that show no row of their own: what they hold is a noun, or belongs to the caller."""
ENVELOPE_ENDINGS = ("Connection", "Edge", "Payload")
CHINESE = re.compile("[\u4e00-\u9fff]")


def check(built: strawberry.Schema) -> None:
    """Raise TypeError, naming what to mend, unless every field is guarded and described.

    What is outdated or retired names a successor that there is.
    """
    core: GraphQLSchema = built._schema  # noqa: SLF001 -- the only way to graphql-core's schema
    faults = [
        fault
        for kind in core.type_map.values()
        if not is_introspection_type(kind)
        for fault in (*unguarded(kind), *undescribed(kind))
    ]
    faults += misled(core)
    if faults:
        raise TypeError("; ".join(faults))


def unguarded(kind: GraphQLNamedType) -> Iterator[str]:
    """Fields of an object type that no level covers."""
    if not isinstance(kind, GraphQLObjectType) or kind.name in ROOTS | ENVELOPES | VALUES:
        return
    if kind.name.endswith(ENVELOPE_ENDINGS):
        return
    if kind.name not in {spec.name for spec in (*NOUNS.values(), *PARTS.values())}:
        yield f"{kind.name} is no noun, part, value or envelope: declare it with @noun or @value"
    for name, field in kind.fields.items():
        definition = (field.extensions or {}).get("strawberry-definition")
        declared = definition.metadata.get("declared") if definition else None
        if not isinstance(declared, Declared):
            yield f"{kind.name}.{name} has no level: declare it with column, one, many or computed"


def undescribed(kind: GraphQLNamedType) -> Iterator[str]:
    """What of a type lacks a Chinese description."""
    if kind.name in BUILT_IN:
        return
    parts: dict[str, str | None] = {kind.name: kind.description}
    if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType):
        for name, field in kind.fields.items():
            parts[f"{kind.name}.{name}"] = field.description
            for argument, given in getattr(field, "args", {}).items():
                parts[f"{kind.name}.{name}({argument}:)"] = given.description
    if isinstance(kind, GraphQLEnumType):
        for name, value in kind.values.items():
            parts[f"{kind.name}.{name}"] = value.description
    for place, words in parts.items():
        if not CHINESE.search(words or ""):
            yield f"{place} has no Chinese description"


BUILT_IN = frozenset({"String", "Int", "Float", "Boolean", "ID"})
