"""The SDL tells what fields cost, in the directives of IBM's cost specification."""

from typing import Any

import pytest
import strawberry
from graphql import (
    FieldDefinitionNode,
    GraphQLObjectType,
    ObjectTypeDefinitionNode,
    build_schema,
    parse,
    print_ast,
)

from resolvers.root import build
from schema.costs import Listed, told, weight_of
from schema.organization import Organization
from schema.sdl import price

FORWARD = '@listSize(assumedSize: 20, slicingArguments: ["first"], '
PAGE = FORWARD.replace('"first"', '"first", "last"')
SIZED = 'sizedFields: ["nodes", "edges"], requireOneSlicingArgument: false)'
Types = dict[str, ObjectTypeDefinitionNode]


@pytest.fixture(scope="module")
def types() -> Types:
    """The object types as the SDL defines them."""
    found = parse(build().as_str()).definitions
    return {one.name.value: one for one in found if isinstance(one, ObjectTypeDefinitionNode)}


def told_of(types: Types, kind: str, field: str) -> str:
    """The type and the directives of a field."""
    (found,) = (one for one in types[kind].fields or () if one.name.value == field)
    return " ".join(map(print_ast, (found.type, *_priced(found))))


def _priced(node: FieldDefinitionNode | ObjectTypeDefinitionNode) -> list[Any]:
    return [one for one in node.directives or () if one.name.value in ("cost", "listSize")]


@pytest.mark.parametrize(
    ("kind", "field", "line"),
    [
        ("Query", "instruments", f"InstrumentConnection {PAGE}{SIZED}"),
        ("Query", "dueInstruments", f"InstrumentConnection {FORWARD}{SIZED}"),
        ("Query", "instrument", "Instrument"),
        ("Query", "nodes", "[Node] @listSize(assumedSize: 100)"),
        ("Query", "verifyCertificate", 'VerifiedCertificate @cost(weight: "5")'),
        ("Mutation", "createInstrument", 'InstrumentPayload @cost(weight: "10")'),
        ("Mutation", "importLedger", 'LedgerImportPayload @cost(weight: "110")'),
        ("Subscription", "instrumentChanged", 'InstrumentChange! @cost(weight: "1")'),
        ("Certificate", "results", "[MeasurementResult!]! @listSize(assumedSize: 200)"),
        ("Certificate", "technicalBasis", "[TechnicalDocument!]! @listSize(assumedSize: 20)"),
        ("Certificate", "number", "String!"),
        ("Certificate", "dcc", 'String @cost(weight: "20")'),
        ("InstrumentConnection", "nodes", "[Instrument!]!"),
        ("InstrumentConnection", "totalCount", 'Int @cost(weight: "10")'),
    ],
)
def test_a_field_says_what_it_weighs_and_how_long_its_list_is(
    types: Types, kind: str, field: str, line: str
) -> None:
    assert told_of(types, kind, field) == line


def test_objects_that_are_no_rows_and_no_pages_are_free(types: Types) -> None:
    said = {name: [*map(print_ast, _priced(one))] for name, one in types.items()}
    free = {name for name, directives in said.items() if directives}

    assert all(said[name] == ['@cost(weight: "0")'] for name in free)
    assert {"PageInfo", "InstrumentEdge", "Range", "MeasurementPoint", "Me"} <= free
    assert not free & {"Instrument", "InstrumentConnection", "Query", "Mutation", "Subscription"}


def test_the_directives_are_defined_as_in_the_specification() -> None:
    sdl = build().as_str()
    names = {one.name: one for one in build_schema(sdl).directives}

    assert {name: str(one.type) for name, one in names["cost"].args.items()} == {
        "weight": "String!"
    }
    assert {name: str(one.type) for name, one in names["listSize"].args.items()} == {
        "assumedSize": "Int",
        "slicingArguments": "[String!]",
        "sizedFields": "[String!]",
        "requireOneSlicingArgument": "Boolean",
    }
    assert "requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION" in sdl


def test_what_has_a_price_of_its_own_on_the_surface_has_it_in_the_sdl(types: Types) -> None:
    core = build()._schema

    for kind in map(core.type_map.__getitem__, types):
        assert isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items():
            is_row_or_free = told(kind, field) in ("", "1") and not weight_of(kind, field)
            goes_without_saying = "@" not in told_of(types, kind.name, name)
            assert goes_without_saying == is_row_or_free, f"{kind.name}.{name}"


def refused(field: object) -> str:
    """Why a schema is refused that has `field` among its queries."""
    made = strawberry.type(type("Query", (), {"__annotations__": {}, "found": field}))
    with pytest.raises(TypeError) as refusal:
        price(strawberry.Schema(made))
    return str(refusal.value)


def test_a_list_of_nouns_that_does_not_say_how_long_it_may_be_is_refused() -> None:
    def found() -> list[Organization]:
        return []

    assert refused(strawberry.field(found, description="机构")) == (
        "Query.found is a list of any length: say listed in metadata"
    )

    listed = strawberry.field(found, description="机构", metadata={"listed": Listed(7)})
    schema = strawberry.Schema(
        strawberry.type(type("Query", (), {"__annotations__": {}, "found": listed}))
    )
    price(schema)
    assert "found: [Organization!]! @listSize(assumedSize: 7)" in schema.as_str()
