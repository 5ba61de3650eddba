"""What `explain` says of an operation is what happens when it runs, and saying it runs nothing."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from graphql import GraphQLSchema

from hub.actor import ANONYMOUS
from hub.demo.seed import seed
from hub.embedded.supervisor import Embedded
from hub.settings import Settings
from hub.times import today
from hub.web.app import Hub
from hub.web.explaining import SQL_READERS
from tests.doors import Answer, HubClient, opened
from tests.examples.samples import SAMPLES
from tests.fresh import empty_copy
from tests.walk import connections, objects, shown

EXPLAIN = """
query Explaining($text: String!, $variables: JSON, $name: String) {
  cost { requested maximum rows values }
  explain(document: $text, variables: $variables, operationName: $name) {
    operation name statements omitted
    cost { requested maximum rows maximumRows values maximumValues }
    problems { code message hint path line column }
    roots { key coordinate declined statements rows sql }
    fields {
      path coordinate points rows values size
      verdict { level sight aboutSelf own other reason }
    }
    entities { noun most }
  }
}
"""
CALLERS = (None, "enterprise", "erp", "rival", "lab", "regulator", "auditor", "analyst", "operator")
WALKERS = (None, "enterprise", "lab")
STEWARDS = ("auditor", "analyst", "operator")
MUTATION = """mutation {
    retireInstrument(input: {id: "x", expectedVersion: 1, reason: "r", idempotencyKey: "k"}) {
        problems { code }
    }
}"""
BY_HAND = (
    "{ __typename }",
    "{ __schema { types { name } } }",
    "{ cost { requested maximum } }",
    "{ a: me { login roles permissions } b: me { user { loginName } } }",
    "{ enumLabels { name values { value label } } }",
    '{ one: price(code: "F-001") { code price } two: price(code: "F-002") { code } }',
    "{ dueInstruments(withinDays: 400, first: 5) { nodes { assetNo dueDate } } }",
    '{ verifyCertificate(number: "SFJL-0001", code: "2222-2222-222") { number } }',
    "{ instruments(first: 3) { nodes { id } } me { login } feeItems(first: 2) { nodes { id } } }",
    '{ explain(document: "{ me { login } }") { statements } }',
    "{ instruments(first: 1000) { pageInfo { hasNextPage } } }",
    "{ capabilities(first: 0) { nodes { code } } }",
)


class Case(NamedTuple):
    """An operation that was explained, then run."""

    document: str
    told: Any
    explaining: list[str]
    answer: Answer
    executed: list[str]


@pytest.fixture(scope="module")
def demo_url(database_url: str, shared: Path) -> str:
    return empty_copy(database_url, shared, "explain")


@pytest.fixture(scope="module")
async def demo(
    servers: Embedded, demo_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HubClient]:
    """A hub with the demo's data."""
    hub = Hub(Settings(data=tmp_path_factory.mktemp("explain")), demo_url, servers.redis_url)
    async with opened(hub) as client:
        await seed(hub.database, today=today(), keys=hub.keys)
        yield client


async def explained(
    hub: HubClient, document: str, who: str | None, variables: dict[str, Any] | None = None
) -> Any:
    """What the hub says that `document` would do."""
    answer = await hub.ask(EXPLAIN, as_=who, text=document, variables=variables)
    assert not answer.errors
    return answer.data["explain"]


async def case(hub: HubClient, document: str, who: str | None, variables: dict[str, Any]) -> Case:
    """`document`, explained and then run."""
    told = await hub.ask(EXPLAIN, as_=who, text=document, variables=variables)
    answer = await hub.ask(document, as_=who, **variables)
    return Case(document, told.data["explain"], ran(told), answer, ran(answer))


def ran(answer: Answer) -> list[str]:
    """The statements of an answer; who has a token is looked up anew every other second."""
    return [one for one in answer.statements if "access_token" not in one]


async def operations(hub: HubClient, who: str | None) -> list[tuple[str, dict[str, Any]]]:
    """Queries of `who`: the samples, some by hand, and of some callers all along each edge."""
    token = await hub.token(who)
    actor = ANONYMOUS if token is None else await hub.hub.identities.actor_of(token)
    schema: GraphQLSchema = hub.hub.views.of(actor)
    samples = [
        (text, sample.variables)
        for sample in SAMPLES.values()
        for text in sample.operations.values()
        if text.startswith("query")
    ]
    lists = [
        f"{{ {root}(first: 7) {{ nodes {{ {one} }} }} }}"
        for root, name in connections(schema).items()
        for one in shown(schema, name)
    ]
    some = (*BY_HAND, *(lists if who in WALKERS else ()))
    return [*samples, *((text, {}) for text in some)]


@pytest.fixture(scope="module")
async def cases(demo: HubClient) -> list[Case]:
    """All that is sent by every caller, each explained and run."""
    return [
        await case(demo, document, who, variables)
        for who in CALLERS
        for document, variables in await operations(demo, who)
    ]


async def test_explaining_runs_no_statement(cases: list[Case]) -> None:
    assert [one.document for one in cases if one.explaining] == []


async def test_as_many_statements_run_as_were_told(cases: list[Case]) -> None:
    known = [one for one in cases if one.told["statements"] is not None]

    assert len(known) >= 200
    assert [
        (one.document, one.told["statements"], one.executed)
        for one in known
        if len(one.executed) != one.told["statements"]
    ] == []


async def test_each_root_field_is_one_statement_or_says_why_not(cases: list[Case]) -> None:
    roots = [root for one in cases for root in one.told["roots"]]

    assert {one["statements"] for one in roots if one["declined"] is None} == {1}
    assert {one["coordinate"] for one in roots if one["declined"]} >= {
        "Query.me",
        "Query.price",
        "Query.enumLabels",
        "Query.instruments",
    }
    assert len([one for one in roots if one["declined"] is None]) > 200


async def test_no_answer_shows_more_objects_than_were_told(cases: list[Case]) -> None:
    for one in cases:
        rows = [each for each in objects(one.answer.data) if "id" in each]
        found = {(each["__typename"], each["id"]) for each in rows}
        most = {each["noun"]: each["most"] for each in one.told["entities"]}

        assert len(rows) <= sum(root["rows"] for root in one.told["roots"]), one.document
        for noun, number in Counter(noun for noun, _ in found).items():
            assert number <= most[noun], one.document


async def test_the_price_is_the_one_that_execution_tells_three_times(cases: list[Case]) -> None:
    ran = [one for one in cases if one.answer.data and "Explain" not in one.document]

    assert ran
    for one in ran:
        told = one.told["cost"]["requested"]
        assert one.answer.cost["requested"] == told
        assert one.answer.response.headers["x-cost-requested"] == str(told)
        assert sum(root["points"] for root in one.told["fields"] if len(root["path"]) == 1) == told


async def test_what_an_answer_withholds_was_told_and_nothing_else(cases: list[Case]) -> None:
    for one in cases:
        sights: dict[str, set[str]] = {}
        for field in one.told["fields"]:
            verdict = field["verdict"] or {}
            kinds = (verdict.get(kind) for kind in ("aboutSelf", "own", "other"))
            sights.setdefault(field["coordinate"], set()).update(filter(None, kinds))
            if verdict.get("sight"):
                assert sights[field["coordinate"]] == {verdict["sight"]}

        assert all("HIDDEN" in sights[at] for at in one.answer.noted("denied")), one.document
        assert all("MASKED" in sights[at] for at in one.answer.noted("masked")), one.document


async def test_what_would_be_refused_is_refused_for_the_same_reasons(demo: HubClient) -> None:
    ledger = "query L($first: Int!) { instruments(first: $first) { nodes { id } } }"
    wide = "{ instruments(first: 100) { nodes { certificates(first: 100) { nodes { id } } } } }"
    operations: list[tuple[str, str | None, dict[str, Any]]] = [
        ("{ nothing }", "enterprise", {}),
        ("{ instruments {", "enterprise", {}),
        ("{ personnel { nodes { name } } }", None, {}),
        ("{ " + "me { login } " * 21 + "}", "enterprise", {}),
        ("query A { __typename } query B { __typename }", "enterprise", {}),
        (ledger, "enterprise", {}),
        (ledger, "enterprise", {"first": "many"}),
        (wide, "enterprise", {}),
        ("query($if: Boolean = true) { me @skip(if: $if) { login } }", None, {"if": None}),
    ]

    for document, who, variables in operations:
        told = await explained(demo, document, who, variables)
        refused = await demo.ask(document, as_=who, **variables)

        assert refused.data is None
        assert told["problems"] == [problem(error) for error in refused.errors]


def problem(error: Any) -> dict[str, Any]:
    """An error of an answer as `explain` tells it."""
    place = error.get("locations", [{"line": None, "column": None}])[0]
    extensions = error["extensions"]
    return {
        "code": extensions["code"],
        "message": error["message"],
        "hint": extensions.get("hint"),
        "path": [str(step) for step in extensions.get("inputPath", [])],
        **place,
    }


async def test_an_operation_beyond_its_limit_is_still_explained(demo: HubClient) -> None:
    wide = "{ instruments(first: 100) { nodes { certificates(first: 100) { nodes { id } } } } }"

    told = await explained(demo, wide, "enterprise")

    assert told["cost"]["requested"] > told["cost"]["maximum"] == 5_000
    assert [one["code"] for one in told["problems"]] == ["COST_EXCEEDED"]
    assert told["statements"] == 0
    assert told["entities"] == [
        {"noun": "Certificate", "most": 10_000},
        {"noun": "Instrument", "most": 100},
    ]


async def test_of_several_operations_the_named_one_is_explained(demo: HubClient) -> None:
    document = "query A { me { login } } query B { enumLabels { name } }"

    answer = await demo.ask(EXPLAIN, as_="enterprise", text=document, name="B")

    assert answer.data["explain"]["name"] == "B"
    assert [one["coordinate"] for one in answer.data["explain"]["roots"]] == ["Query.enumLabels"]


async def test_a_verdict_names_the_level_and_tells_own_rows_from_others(demo: HubClient) -> None:
    document = "{ personnel { nodes { name title residentId employer { name } } } }"

    theirs = verdicts(await explained(demo, document, "enterprise"))
    labs = verdicts(await explained(demo, document, "lab"))

    assert theirs["Personnel.name"] == {
        "level": "O",
        "sight": None,
        "aboutSelf": "CLEAR",
        "own": "CLEAR",
        "other": "MASKED",
        "reason": "O 级（所属机构）：关于本人的行、本机构（或经手、监管）的行完整，其他行脱敏",
    }
    assert theirs["Personnel.title"]["other"] == "HIDDEN"
    assert "没有脱敏的写法" in theirs["Personnel.title"]["reason"]
    assert theirs["Organization.name"]["sight"] == "CLEAR"
    assert labs["Personnel.residentId"] | {"reason": ""} == {
        "level": "R",
        "sight": None,
        "aboutSelf": "CLEAR",
        "own": "MASKED",
        "other": "HIDDEN",
        "reason": "",
    }


def verdicts(told: Any) -> dict[str, Any]:
    """The verdicts of an explanation by their coordinates."""
    return {one["coordinate"]: one["verdict"] for one in told["fields"]}


@pytest.mark.parametrize("who", CALLERS)
async def test_sql_is_told_to_those_who_keep_the_platform_and_to_no_others(
    demo: HubClient, who: str | None
) -> None:
    told = await explained(demo, "{ organizations { nodes { name } } }", who)

    actor = await demo.hub.identities.actor_of(await demo.token(who) or "") if who else ANONYMOUS
    (root,) = told["roots"]
    assert (root["sql"] is not None) == actor.has(SQL_READERS) == (who in STEWARDS)
    assert "FROM organization" in (root["sql"] or "FROM organization")


@pytest.mark.parametrize(
    "document",
    [
        "{ dueInstruments { nodes { owner { name } } } }",
        '{ price(code: "F-001") { document { title } } }',
        '{ nodes(ids: ["x"]) { id } }',
        MUTATION,
        "subscription { instrumentChanged { pos } }",
    ],
)
async def test_where_the_statements_depend_on_the_rows_that_is_said(
    demo: HubClient, document: str
) -> None:
    told = await explained(demo, document, "enterprise")

    assert told["problems"] == []
    assert told["statements"] is None
    assert told["roots"][0]["declined"]


async def test_a_node_is_explained_as_the_noun_that_its_id_names(demo: HubClient) -> None:
    found = await demo.ask("{ instruments(first: 1) { nodes { id } } }", as_="enterprise")
    (row,) = found.data["instruments"]["nodes"]
    document = """query($id: ID!) { node(id: $id) {
        id ... on Instrument { name } ... on Personnel { residentId }
    } }"""

    told = await explained(demo, document, "enterprise", {"id": row["id"]})

    assert set(verdicts(told)) == {"Query.node", "Instrument.id", "Instrument.name"}
    assert told["entities"] == [{"noun": "Instrument", "most": 1}]


async def test_explaining_costs_one_point_and_the_price_of_oneself_nothing(
    demo: HubClient,
) -> None:
    document = """query($d: String!) {
        cost { requested maximum rows maximumRows values maximumValues }
        explain(document: $d) { statements }
    }"""

    answer = await demo.ask(document, d="{ instruments(first: 100) { nodes { id } } }")

    own = answer.data["cost"]
    assert own["requested"] == answer.cost["requested"] == answer.cost["actual"] == 1
    assert answer.response.headers["x-cost-requested"] == "1"
    assert (own["maximum"], own["maximumRows"], own["maximumValues"]) == (1_000, 50_000, 200_000)


async def test_one_operation_explains_one_document(demo: HubClient) -> None:
    one, other = (f'{key}: explain(document: "{{ __typename }}") {{ statements }}' for key in "ab")

    answer = await demo.ask(f"{{ {one} {other} }}")

    assert answer.data == {"a": {"statements": 0}, "b": None}
    assert answer.codes == ["COST_EXCEEDED"]


async def test_variables_are_an_object_and_nothing_else(demo: HubClient) -> None:
    answer = await demo.ask(
        'query($v: JSON) { explain(document: "{ __typename }", variables: $v) { statements } }',
        v=["first", 3],
    )

    assert answer.codes == ["BAD_INPUT"]


async def test_of_a_very_large_answer_the_first_thousand_fields_are_listed(
    demo: HubClient,
) -> None:
    names = """id uscc country usccCheckPassed name formerNames kinds district address website
        keyEnergyUser verifyState version createdAt updatedAt"""
    roots = " ".join(f"k{at}: organization(id: $id) {{ ...F }}" for at in range(20))
    document = f"""query($id: ID!) {{ {roots} }} fragment F on Organization {{
        {names} parent {{ {names} parent {{ {names} parent {{ {names} }} }} }}
    }}"""

    told = await explained(demo, document, "enterprise", {"id": "none"})

    assert len(told["fields"]) == 1_000
    assert told["omitted"] == 280
