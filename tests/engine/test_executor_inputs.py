"""The cases that graphql-core tries its variables on, asked of our filters, orders and pages."""

from typing import Any

import pytest

from tests.doors import HubClient, id_of
from tests.engine.executing import Place, a_place, compiled

FIRST, SECOND, THIRD = "P-0", "P-1", "P-2"
ALL = [FIRST, SECOND, THIRD]


@pytest.fixture(scope="module")
async def place(hub: HubClient) -> Place:
    return await a_place(hub)


def listed(arguments: str, variables: str = "") -> str:
    """A query for the asset numbers of the instruments of the place."""
    told = f"({variables})" if variables else ""
    return f"query{told} {{ instruments({arguments}) {{ nodes {{ assetNo }} }} }}"


async def found(hub: HubClient, place: Place, document: str, **variables: Any) -> list[str]:
    """The asset numbers that a query lists."""
    data = await compiled(hub, document, place.user, **variables)
    return [node["assetNo"] for node in data["instruments"]["nodes"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('filter: {name: {eq: "表1"}}', [SECOND]),
        ('filter: {name: {in: ["表1", "表2"]}}', [SECOND, THIRD]),
        ('filter: {name: {in: "表1"}}', [SECOND]),
        ('filter: {or: {name: {eq: "表1"}}}', [SECOND]),
        ('filter: {or: [{name: {eq: "表1"}}, {assetNo: {eq: "P-0"}}]}', [FIRST, SECOND]),
        ('filter: {name: {eq: "表1"}, or: null, not: null}', [SECOND]),
        ("filter: {name: null, assetNo: null}", ALL),
        ("filter: {}", ALL),
        ("filter: null, order: null", ALL),
        ("filter: {compulsory: false, status: {in: IN_USE}}", ALL),
        ("first: 0", []),
        ("order: NAME_DESC", [THIRD, SECOND, FIRST]),
        ("order: [NAME_DESC, ID_ASC], first: 1", [THIRD]),
        ("order: []", ALL),
        ('filter: {not: {name: {contains: "\\u8868\\u0031"}}}', [FIRST, THIRD]),
        ('filter: {name: {eq: """表1"""}}', [SECOND]),
    ],
)
async def test_arguments_are_read_as_they_are_written(
    hub: HubClient, place: Place, arguments: str, expected: list[str]
) -> None:
    assert await found(hub, place, listed(arguments)) == expected


@pytest.mark.parametrize(
    ("variables", "arguments", "given", "expected"),
    [
        ("$f: InstrumentFilter", "filter: $f", {"f": {"name": {"eq": "表1"}}}, [SECOND]),
        ("$f: InstrumentFilter", "filter: $f", {"f": {"name": {"in": "表1"}}}, [SECOND]),
        ("$f: InstrumentFilter", "filter: $f", {"f": {"or": {"name": {"eq": "表1"}}}}, [SECOND]),
        ("$f: InstrumentFilter", "filter: $f", {"f": {"name": None}}, ALL),
        ("$f: InstrumentFilter", "filter: $f", {"f": None}, ALL),
        ("$f: InstrumentFilter", "filter: $f", {}, ALL),
        ('$f: InstrumentFilter = {name: {eq: "表1"}}', "filter: $f", {}, [SECOND]),
        ('$f: InstrumentFilter = {name: {eq: "表1"}}', "filter: $f", {"f": None}, ALL),
        (
            '$f: InstrumentFilter = {name: {eq: "表1"}}',
            "filter: $f",
            {"f": {"name": {"eq": "表2"}}},
            [THIRD],
        ),
        ("$f: InstrumentFilter = null", "filter: $f", {}, ALL),
        ("$m: TextMatch", "filter: {name: $m}", {"m": {"startsWith": "表2"}}, [THIRD]),
        ("$m: TextMatch", "filter: {name: $m}", {}, ALL),
        ("$n: String", "filter: {name: {eq: $n}}", {"n": "表1"}, [SECOND]),
        ('$n: String = "表1"', "filter: {name: {eq: $n}}", {}, [SECOND]),
        ("$n: String!", 'filter: {name: {in: [$n, "表2"]}}', {"n": "表0"}, [FIRST, THIRD]),
        ("$n: [String!]", "filter: {name: {in: $n}}", {"n": ["表0", "表0"]}, [FIRST]),
        ("$n: [String!]", "filter: {name: {in: $n}}", {"n": []}, []),
        ("$n: [String!]", "filter: {name: {in: $n}}", {"n": "表1"}, [SECOND]),
        ("$o: [InstrumentOrder!]", "order: $o", {"o": ["NAME_DESC"]}, [THIRD, SECOND, FIRST]),
        ("$o: [InstrumentOrder!]", "order: $o", {"o": "NAME_DESC"}, [THIRD, SECOND, FIRST]),
        ("$o: InstrumentOrder!", "order: [$o]", {"o": "NAME_DESC"}, [THIRD, SECOND, FIRST]),
        ("$n: Int", "first: $n", {"n": 1}, [FIRST]),
        ("$n: Int! = 2", "first: $n", {}, [FIRST, SECOND]),
        ("$n: Int = 2", "first: $n", {"n": None}, ALL),
        ("$yes: Boolean", "filter: {compulsory: $yes}", {"yes": False}, ALL),
        ("$yes: Boolean", "filter: {name: {isNull: $yes}}", {"yes": True}, []),
    ],
)
async def test_variables_bring_what_stands_in_their_place(
    hub: HubClient,
    place: Place,
    variables: str,
    arguments: str,
    given: dict[str, Any],
    expected: list[str],
) -> None:
    assert await found(hub, place, listed(arguments, variables), **given) == expected


async def test_a_plan_is_kept_for_a_shape_and_not_for_a_value(hub: HubClient, place: Place) -> None:
    document = listed("filter: {name: {in: $n}}, first: $size", "$n: [String!], $size: Int")

    answers = [
        await found(hub, place, document, n=names, size=size)
        for names in (["表0"], ["表1"], ["表0", "表1"], [], ["表2"])
        for size in (1, 2)
    ]

    assert answers == [
        [FIRST], [FIRST], [SECOND], [SECOND], [FIRST], [FIRST, SECOND], [], [], [THIRD], [THIRD],
    ]  # fmt: skip


async def test_one_variable_may_stand_in_several_places(hub: HubClient, place: Place) -> None:
    document = """
    query($n: String!, $id: ID!) {
      a: instruments(filter: {name: {eq: $n}, or: [{name: {contains: $n}}]}) { nodes { assetNo } }
      b: instruments(filter: {not: {name: {eq: $n}}}) { nodes { assetNo } }
      c: instrument(id: $id) { certificates(filter: {instrument: {eq: $id}}) { nodes { id } } }
    }
    """

    data = await compiled(hub, document, place.user, n="表1", id=id_of(place.gauges[0]))

    assert data["a"]["nodes"] == [{"assetNo": SECOND}]
    assert data["b"]["nodes"] == [{"assetNo": FIRST}, {"assetNo": THIRD}]
    assert len(data["c"]["certificates"]["nodes"]) == 2


@pytest.mark.parametrize(
    ("variables", "arguments", "given", "path"),
    [
        ("$f: TextMatch", "filter: {name: $f}", {"f": {"in": [None]}}, ["f", "in", 0]),
        ("$f: InstrumentFilter", "filter: $f", {"f": "x"}, ["f"]),
        ("$f: InstrumentFilter", "filter: $f", {"f": {"nothing": 1}}, ["f"]),
        ("$f: InstrumentFilter", "filter: $f", {"f": {"name": {"eq": 1}}}, ["f", "name", "eq"]),
        ("$n: Int!", "first: $n", {}, ["n"]),
        ("$n: Int!", "first: $n", {"n": None}, ["n"]),
        ("$n: Int", "first: $n", {"n": "1"}, ["n"]),
        ("$n: Int", "first: $n", {"n": True}, ["n"]),
        ("$n: Int", "first: $n", {"n": 2**31}, ["n"]),
        ("$n: Int", "first: $n", {"n": [1]}, ["n"]),
        ("$n: String", "after: $n", {"n": ["a", "b"]}, ["n"]),
        ("$o: [InstrumentOrder!]", "order: $o", {"o": ["UPWARD"]}, ["o", 0]),
        ("$o: [InstrumentOrder!]", "order: $o", {"o": ["NAME_ASC", None]}, ["o", 1]),
        ("$d: Date", "filter: {dueDate: {lt: $d}}", {"d": "2024-02-30"}, ["d"]),
        ("$yes: Boolean!", "filter: {compulsory: $yes}", {"yes": "true"}, ["yes"]),
    ],
)  # fmt: skip
async def test_a_variable_that_does_not_fit_is_refused_before_anything_runs(
    hub: HubClient,
    place: Place,
    variables: str,
    arguments: str,
    given: dict[str, Any],
    path: list[str | int],
) -> None:
    answer = await hub.ask(listed(arguments, variables), as_=place.user, **given)

    assert "data" not in answer.body
    assert answer.codes == ["BAD_INPUT"]
    assert answer.errors[0]["extensions"]["inputPath"] == path
    assert answer.statements == []


async def test_several_misfits_are_told_at_once(hub: HubClient, place: Place) -> None:
    document = listed("filter: $f, first: $n", "$f: InstrumentFilter!, $n: Int!")

    answer = await hub.ask(document, as_=place.user, f={"name": {"eq": 1, "in": [2]}}, n="x")

    assert sorted(error["extensions"]["inputPath"] for error in answer.errors) == [
        ["f", "name", "eq"],
        ["f", "name", "in", 0],
        ["n"],
    ]


@pytest.mark.parametrize(
    ("selection", "variables", "path"),
    [
        ("organization(id: $v) { id }", '$v: ID = "x"', ["wrong"]),
        ("organizations(filter: {name: {in: [$v]}}) { __typename }", '$v: String = "a"', ["wrong"]),
        ("organizations(filter: {name: {eq: $v}}) { __typename }", "$v: String", ["wrong"]),
        (
            "organizations(first: 1) { nodes { id @include(if: $v) } }",
            "$v: Boolean = true",
            ["wrong", "nodes", 0],
        ),
    ],
)  # fmt: skip
async def test_null_where_it_may_not_stand_fails_the_field_alone(
    hub: HubClient, place: Place, selection: str, variables: str, path: list[str | int]
) -> None:
    document = f"query({variables}) {{ wrong: {selection} right: __typename }}"

    answer = await hub.ask(document, as_=place.user, v=None)

    assert answer.data == {"wrong": None, "right": "Query"}
    assert answer.codes == ["BAD_INPUT"]
    assert answer.errors[0]["path"] == path


async def test_a_condition_of_a_root_field_that_is_null_refuses_the_operation(
    hub: HubClient,
) -> None:
    document = "query($v: Boolean = true) { me @skip(if: $v) { login } __typename }"

    answer = await hub.ask(document, v=None)

    assert answer.data is None
    assert answer.codes == ["BAD_INPUT"]
