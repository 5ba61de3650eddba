"""The cases that graphql-core tries its executor on, asked of our schema and its engine."""

import pytest

from tests.doors import HubClient, id_of
from tests.engine.executing import Place, a_place, compiled


@pytest.fixture(scope="module")
async def place(hub: HubClient) -> Place:
    return await a_place(hub)


async def test_every_kind_of_selection_is_answered(hub: HubClient, place: Place) -> None:
    document = """
    query($id: ID!, $size: Int) {
      organization(id: $id) {
        name
        x: country
        ...c
        ... on Organization { measurementStandards(first: $size) { nodes { code } } }
        ... { kinds }
        capabilities { edges { node { basis { number replaces { number } } } } }
        parent { name }
      }
    }
    fragment c on Organization { district uscc }
    """

    data = await compiled(hub, document, place.user, id=id_of(place.lab.organization), size=100)

    lab = place.lab
    assert data["organization"] == {
        "name": lab.organization.name,
        "x": "CN",
        "district": "320505",
        "uscc": lab.organization.uscc,
        "measurementStandards": {"nodes": [{"code": lab.standard.code}]},
        "kinds": ["LEGAL_VERIFICATION_INSTITUTE", "CALIBRATION_LAB"],
        "capabilities": {
            "edges": [{"node": {"basis": {"number": lab.document.number, "replaces": []}}}]
        },
        "parent": None,
    }


async def test_the_path_of_an_error_has_aliases_and_places(hub: HubClient, place: Place) -> None:
    document = """
    {
      l1: certificates(first: 1) {
        l2: nodes { l3: instrument { l4: certificates(first: -1) { nodes { id } } } }
      }
    }
    """

    answer = await hub.ask(document, as_=place.user)

    (error,) = answer.errors
    assert error["path"] == ["l1", "l2", 0, "l3", "l4"]
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert error["extensions"]["inputPath"] == ["first"]
    assert answer.data == {"l1": {"l2": [{"l3": None}]}}


async def test_arguments_reach_the_field(hub: HubClient, place: Place) -> None:
    document = """
    { instruments(first: 2, order: [ASSET_NO_DESC], filter: {name: {contains: "表"}}) {
      nodes { assetNo } pageInfo { hasNextPage }
    } }
    """

    data = await compiled(hub, document, place.user)

    assert data["instruments"] == {
        "nodes": [{"assetNo": "P-2"}, {"assetNo": "P-1"}],
        "pageInfo": {"hasNextPage": True},
    }


async def test_a_root_field_that_fails_is_null_and_leaves_its_neighbours_alone(
    hub: HubClient, place: Place
) -> None:
    document = """
    query($id: ID!) {
      good: organization(id: $id) { country }
      wrong: organization(id: "x") { country }
      far: organizations(after: "x") { nodes { id } }
      too: organizations(first: 101) { nodes { id } }
      also: me { login }
      last: organization(id: $id) { id }
    }
    """

    answer = await hub.ask(document, id=id_of(place.lab.organization))

    assert list(answer.data) == ["good", "wrong", "far", "too", "also", "last"]
    assert answer.data == {
        "good": {"country": "CN"},
        "wrong": None,
        "far": None,
        "too": None,
        "also": {"login": "anonymous"},
        "last": {"id": id_of(place.lab.organization)},
    }
    told = {error["path"][0]: error["locations"] for error in answer.errors}
    assert told == {
        "wrong": [{"line": 4, "column": 7}],
        "far": [{"line": 5, "column": 7}],
        "too": [{"line": 6, "column": 7}],
    }


async def test_an_error_nulls_the_nearest_field_that_may_be_null(
    hub: HubClient, place: Place
) -> None:
    document = """
    query($id: ID!) {
      certificate(id: $id) {
        number
        replaces {
          client { qualifications { nodes { id } } capabilities(last: -1) { nodes { id } } }
        }
      }
      person: certificate(id: $id) { issuer { capabilities(last: -1) { nodes { id } } } }
    }
    """

    answer = await hub.ask(document, as_=place.user, id=id_of(place.certificate))

    assert answer.data == {
        "certificate": {"number": place.certificate.number, "replaces": None},
        "person": None,
    }
    assert sorted(error["path"] for error in answer.errors) == [
        ["certificate", "replaces", "client", "capabilities"],
        ["person", "issuer", "capabilities"],
    ]


async def test_a_failure_does_not_break_off_what_waits_for_the_same_rows(
    hub: HubClient, place: Place
) -> None:
    document = """
    query($id: ID!) {
      certificate(id: $id) {
        wrong: replaces { issuer { name } replacedBy(first: -1) { nodes { id } } }
        right: replaces { issuer { name } }
      }
    }
    """

    answer = await hub.ask(document, as_=place.user, id=id_of(place.certificate))

    right = {"issuer": {"name": place.lab.organization.name}}
    assert answer.data == {"certificate": {"wrong": None, "right": right}}
    assert [error["path"] for error in answer.errors] == [["certificate", "wrong", "replacedBy"]]


async def test_what_a_statement_declines_as_it_runs_is_resolved_and_the_rest_is_not_run_again(
    hub: HubClient, place: Place
) -> None:
    document = """
    query($name: String!) {
      right: organizations(first: 2) { nodes { __typename } }
      wrong: organizations(first: 1, filter: {name: {eq: $name}}) { nodes { id } }
    }
    """

    answer = await hub.ask(document, name="\0")

    node = {"__typename": "Organization"}
    assert answer.data == {"right": {"nodes": [node, node]}, "wrong": None}
    assert answer.codes == ["BAD_INPUT"]
    assert answer.cost == {"requested": 5, "actual": 5}


OPERATIONS = """
query First { first: organizations(first: 1) { __typename } }
query Second { second: organizations(first: 1) { __typename } }
mutation Third { retireInstrument(input: {
  id: "x", expectedVersion: 1, reason: "x", idempotencyKey: "x"
}) { replayed } }
"""


@pytest.mark.parametrize(
    ("document", "name", "keys"),
    [
        ("{ a: __typename }", None, ["a"]),
        ("query Example { a: __typename }", None, ["a"]),
        ("query Example { a: __typename }", "Example", ["a"]),
        (OPERATIONS, "First", ["first"]),
        (OPERATIONS, "Second", ["second"]),
        (OPERATIONS, "Third", ["retireInstrument"]),
    ],
)
async def test_the_operation_that_is_named_runs_or_the_only_one(
    hub: HubClient, document: str, name: str | None, keys: list[str]
) -> None:
    response = await hub.http.post("/graphql", json={"query": document, "operationName": name})

    assert list(response.json()["data"]) == keys


@pytest.mark.parametrize(
    ("document", "name"),
    [
        (OPERATIONS, None),
        (OPERATIONS, "Unknown"),
        (OPERATIONS, ""),
        ("{ a: __typename }", ""),
        ("fragment F on Query { a: __typename }", None),
    ],
)
async def test_an_operation_that_nobody_can_tell_is_refused(
    hub: HubClient, document: str, name: str | None
) -> None:
    response = await hub.http.post("/graphql", json={"query": document, "operationName": name})

    told = response.json()
    assert "data" not in told
    assert {error["extensions"]["code"] for error in told["errors"]} == {"VALIDATION_FAILED"}


async def test_fields_come_in_the_order_of_the_document_whatever_answers_them(
    hub: HubClient, place: Place
) -> None:
    document = """
    query($id: ID!) {
      e: enumLabels(name: "OrgKind") { name }
      d: organization(id: $id) { z: uscc y: name x: __typename w: id v: kinds }
      c: __typename
      ... { b: me { roles login } }
      a: organizations(first: 1) { pageInfo { hasNextPage } nodes { id } edges { cursor } }
      d: organization(id: $id) { u: country }
    }
    """

    data = (await hub.ask(document, id=id_of(place.lab.organization))).data

    assert list(data) == ["e", "d", "c", "b", "a"]
    assert list(data["d"]) == ["z", "y", "x", "w", "v", "u"]
    assert list(data["b"]) == ["roles", "login"]
    assert list(data["a"]) == ["pageInfo", "nodes", "edges"]


@pytest.mark.parametrize("argument", ["", "(first: null)", "(first: $none)", "(after: null)"])
async def test_an_argument_that_is_null_or_absent_is_not_given(
    hub: HubClient, place: Place, argument: str
) -> None:
    told = "query($none: Int) " if "$none" in argument else ""

    data = await compiled(
        hub, f"{told}{{ instruments{argument} {{ nodes {{ id }} }} }}", place.user
    )

    assert len(data["instruments"]["nodes"]) == 3
