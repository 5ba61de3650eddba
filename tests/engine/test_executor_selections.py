"""The cases that graphql-core tries fragments, directives and abstract types on, asked of ours."""

from typing import Any

import pytest

from tests.doors import HubClient, id_of
from tests.engine.executing import Place, a_place, compiled


@pytest.fixture(scope="module")
async def place(hub: HubClient) -> Place:
    return await a_place(hub)


async def test_parallel_fragments_are_merged(hub: HubClient, place: Place) -> None:
    document = """
    query($id: ID!) { capability(id: $id) { code ...One ...Two } }
    fragment One on Capability { parameter qualification { number holder { name } } }
    fragment Two on Capability { state qualification { kind holder { country } } }
    """

    data = await compiled(hub, document, id=id_of(place.lab.capability))

    assert data["capability"] == {
        "code": place.lab.capability.code,
        "parameter": "压力",
        "qualification": {
            "number": place.lab.qualification.number,
            "holder": {"name": place.lab.organization.name, "country": "CN"},
            "kind": "LEGAL_INSTITUTE",
        },
        "state": "VALID",
    }
    assert list(data["capability"]) == ["code", "parameter", "qualification", "state"]
    assert list(data["capability"]["qualification"]) == ["number", "holder", "kind"]


async def test_fields_under_one_key_are_answered_once_where_it_stands_first(
    hub: HubClient, place: Place
) -> None:
    document = """
    { organizations(first: 1) { nodes { id name country } nodes { country id kinds } } }
    """

    data = await compiled(hub, document)

    (node,) = data["organizations"]["nodes"]
    assert list(node) == ["id", "name", "country", "kinds"]


async def test_fragments_that_spread_one_another_are_refused(hub: HubClient) -> None:
    answer = await hub.ask(
        "{ me { ...A } } fragment A on Me { login ...B } fragment B on Me { ...A }"
    )

    assert set(answer.codes) == {"VALIDATION_FAILED"}


async def test_a_fragment_that_is_spread_twice_counts_once(hub: HubClient, place: Place) -> None:
    document = """
    query($id: ID!) { organization(id: $id) { ...F ...F } }
    fragment F on Organization { country parent { ...G } ...G }
    fragment G on Organization { id }
    """

    data = await compiled(hub, document, place.user, id=id_of(place.lab.organization))

    assert list(data["organization"]) == ["country", "parent", "id"]


DIRECTIVES: list[tuple[str, bool]] = [
    ("@include(if: true)", True),
    ("@include(if: false)", False),
    ("@skip(if: false)", True),
    ("@skip(if: true)", False),
    ("@include(if: true) @skip(if: false)", True),
    ("@include(if: true) @skip(if: true)", False),
    ("@include(if: false) @skip(if: false)", False),
    ("@include(if: $yes) @skip(if: $no)", True),
    ("@skip(if: $yes)", False),
    ("@include(if: $default)", True),
]
VARIABLES = "$id: ID!, $yes: Boolean! = false, $no: Boolean!, $default: Boolean = true"


@pytest.mark.parametrize(("directive", "is_there"), DIRECTIVES)
@pytest.mark.parametrize(
    "selection",
    ["country {}", "... on Organization {} {{ country }}", "... {} {{ country }}", "...F {}"],
    ids=["field", "inline fragment", "anonymous inline fragment", "fragment spread"],
)
async def test_what_is_skipped_or_not_included_is_not_there(
    hub: HubClient, place: Place, selection: str, directive: str, is_there: bool
) -> None:
    document = f"""
    query({VARIABLES}) {{
      organization(id: $id) {{ name {selection.format(directive)} }}
      unused: organization(id: $id) @skip(if: $no) @include(if: $yes) {{
        id @include(if: $default) ...F
      }}
    }}
    fragment F on Organization {{ country }}
    """
    given: dict[str, Any] = {"id": id_of(place.lab.organization), "yes": True, "no": False}

    data = await compiled(hub, document, **given)

    assert list(data["organization"]) == ["name", "country"] if is_there else ["name"]


async def test_an_object_of_which_all_is_skipped_is_empty(hub: HubClient, place: Place) -> None:
    document = """
    query($id: ID!) {
      organization(id: $id) { name @skip(if: true) }
      organizations(first: 1) { nodes { ... @include(if: false) { id } } pageInfo { __typename } }
      capability(id: $id) @skip(if: true) { id }
    }
    """

    data = await compiled(hub, document, id=id_of(place.lab.organization))

    assert data == {
        "organization": {},
        "organizations": {"nodes": [{}], "pageInfo": {"__typename": "PageInfo"}},
    }


async def test_only_fragments_on_the_type_at_hand_apply(hub: HubClient, place: Place) -> None:
    document = """
    query($one: ID!, $other: ID!) {
      one: node(id: $one) { ...All }
      other: node(id: $other) { ...All }
    }
    fragment All on Node {
      __typename
      ... on Organization { name: country ...Deeper }
      ... on Qualification { name: number ... on Node { id } }
      ... on Instrument { name }
    }
    fragment Deeper on Node { ... on Organization { usccOf: uscc } ... on Capability { code } }
    """
    lab = place.lab

    data = await compiled(
        hub, document, place.user, one=id_of(lab.organization), other=id_of(lab.qualification)
    )

    assert data == {
        "one": {"__typename": "Organization", "name": "CN", "usccOf": lab.organization.uscc},
        "other": {
            "__typename": "Qualification",
            "name": lab.qualification.number,
            "id": id_of(lab.qualification),
        },
    }


async def test_several_ids_lead_to_objects_of_several_types(hub: HubClient, place: Place) -> None:
    document = """
    query($ids: [ID!]!) {
      nodes(ids: $ids) { ... on Organization { country } ... on Qualification { kind } ...F }
    }
    fragment F on Node { __typename ... on FeeItem { price } }
    """
    lab = place.lab
    rows = (lab.organization, lab.qualification, lab.fee_item, place.gauges[0])

    answer = await hub.ask(document, ids=[id_of(row) for row in rows])

    assert answer.data["nodes"] == [
        {"country": "CN", "__typename": "Organization"},
        {"kind": "LEGAL_INSTITUTE", "__typename": "Qualification"},
        {"__typename": "FeeItem", "price": "30.00"},
        None,
    ]


async def test_the_schema_can_be_asked_for_beside_the_data(hub: HubClient, place: Place) -> None:
    document = """
    {
      node: __type(name: "Node") { kind fields { name } possibleTypes { name } }
      organizations(first: 1) { nodes { __typename } }
      __schema { queryType { name } }
    }
    """

    data = (await hub.ask(document, as_=place.user)).data

    assert list(data) == ["node", "organizations", "__schema"]
    assert data["node"]["kind"] == "INTERFACE"
    assert data["node"]["fields"] == [{"name": "id"}]
    assert {"name": "Instrument"} in data["node"]["possibleTypes"]
    assert data["organizations"] == {"nodes": [{"__typename": "Organization"}]}
    assert data["__schema"] == {"queryType": {"name": "Query"}}
