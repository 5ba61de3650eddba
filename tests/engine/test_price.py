"""The price of an operation: by the table to the point, and never below what the answer costs."""

from typing import Any

import pytest
from graphql import execute_sync, get_introspection_query, parse

from hub.engine.price import Cost, Limits, dearest, excess, limits_of
from hub.vocabulary import Role
from tests.engine.judging import a_certificate_to_issue, one, planned, schema_of

USER = one(Role.USER)
NEW = {"content": {"name": "压力表"}, "idempotencyKey": "key"}
RANGES = [{"lower": "0", "upper": "1"}, {"lower": "0", "upper": "2"}]
LEDGER = {"input": {"file": "…", "idempotencyKey": "key"}}
CREATE = "mutation($input: CreateInstrumentInput!) { createInstrument(input: $input) { %s } }"
ISSUE = "mutation($input: IssueCertificateInput!) { issueCertificate(input: $input) { %s } }"
IMPORT = "mutation($input: ImportLedgerInput!) { importLedger(input: $input) { %s } }"
RETIRE = 'retireInstrument(input: {id: "x", expectedVersion: 1, reason: "x", idempotencyKey: "x"})'
FIRST = "{ organizations(first: $first) { nodes { name } } }"
DEEP = """
query($deep: Boolean!) {
  instruments(first: 2) { nodes { name owner @include(if: $deep) { name } } }
}
"""
Q4 = """
{ organizations(first: 20) { nodes { name capabilities(first: 10) { nodes {
  code qualification { number } basis { number } feeItems(first: 3) { nodes {
    code price document { number title } } } } } } } }
"""
SIDES = """
{ nodes(ids: ["x", "y"]) {
  ... on Instrument { owner { name } } ... on Certificate { client { name } issuer { name } }
} }
"""
FRAGMENTS = """
{ instruments(first: 5) { ...Page ... on InstrumentConnection { ...Page } } }
fragment Page on InstrumentConnection { nodes { ...Row } }
fragment Row on Instrument { ... { certificates(first: 2) { nodes { number } } } }
"""
TABLE: list[tuple[str, dict[str, Any], int]] = [
    # Values, and objects that are no rows, are free.
    ("{ __typename }", {}, 0),
    ("{ me { login roles permissions } }", {}, 0),
    ("{ enumLabels { name values { label } } }", {}, 0),
    # A row is a point.
    ("{ me { user { loginName } } }", {}, 1),
    ('{ organization(id: "x") { name uscc parent { name } } }', {}, 2),
    ('{ node(id: "x") { id } }', {}, 1),
    ('{ node(id: "x") { ... on Instrument { owner { name } custodianPerson { name } } } }', {}, 3),
    ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["x", "y", "z"]}, 3),
    ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": "x"}, 1),
    ("{ nodes(ids: []) { id } }", {}, 0),
    (
        SIDES,
        {},
        2 * (1 + 2),
    ),
    # A page is a point and its rows, full.
    ("{ organizations { nodes { name } } }", {}, 21),
    ("{ organizations(first: 7) { nodes { name } } }", {}, 8),
    ("{ organizations(last: 5) { edges { cursor node { name } } } }", {}, 6),
    ("{ organizations(first: 3, last: 9) { nodes { name } } }", {}, 10),
    ("{ organizations(first: 0) { nodes { name } } }", {}, 1),
    ("{ organizations(first: -3) { nodes { name } } }", {}, 1),
    ("{ organizations(first: 2147483647) { nodes { name } } }", {}, 1_001),
    ("{ organizations(first: 3) { pageInfo { hasNextPage } } }", {}, 4),
    ("{ organizations(first: 3) { totalCount } }", {}, 4 + 10),
    # However the size is said.
    ("query($first: Int = 4) " + FIRST, {}, 5),
    ("query($first: Int = 4) " + FIRST, {"first": 2}, 3),
    ("query($first: Int = 4) " + FIRST, {"first": None}, 21),
    ("query($first: Int) " + FIRST, {}, 21),
    # Rows that are listed twice are read once; what is asked under another name is asked again.
    ("{ organizations(first: 3) { nodes { name } edges { node { uscc } } } }", {}, 4),
    (
        "{ organizations(first: 3) { nodes { name } } organizations(first: 3) { __typename } }",
        {},
        4,
    ),
    (
        "{ a: organizations(first: 3) { __typename } b: organizations(first: 4) { __typename } }",
        {},
        9,
    ),
    (
        "{ instruments(first: 2) { nodes { owner { name } } edges { node { owner { name } } } } }",
        {},
        3 + 2 + 2,
    ),
    # Each row brings what is under it.
    ("{ instruments(first: 10) { nodes { owner { name } } } }", {}, 11 + 10),
    (
        "{ instruments(first: 10) { nodes { certificates(first: 3) { nodes { number } } } } }",
        {},
        11 + 10 * 4,
    ),
    (Q4, {}, 21 + 20 * (11 + 10 * (2 + 4 + 3))),
    (FRAGMENTS, {}, 6 + 5 * 3),
    (DEEP, {"deep": False}, 3),
    (DEEP, {"deep": True}, 5),
    # A list is as long as it may be; parts are no rows of nouns, but may lead to some.
    ('{ certificate(id: "x") { technicalBasis { number } } }', {}, 1 + 20),
    ('{ certificate(id: "x") { results { parameter points { measured } } } }', {}, 1),
    ('{ certificate(id: "x") { standardsUsed { name standard { name } } } }', {}, 1 + 100),
    (
        "{ personnel(first: 2) { nodes { certifiedItems { item capability { code } } } } }",
        {},
        3 + 2 * (50 + 50),
    ),
    # Fields that say their weight.
    ('{ verifyCertificate(number: "x", code: "x") { kind } }', {}, 5),
    ('{ price(code: "x") { price document { title } } }', {}, 5 + 2),
    ("{ dueInstruments(first: 5) { nodes { name owner { name } } } }", {}, 6 + 5),
    ("{ dueInstruments { edges { cursor } } }", {}, 21),
    # Changes, and the rows that they bring.
    (CREATE % "replayed", {"input": NEW}, 10),
    (CREATE % "instrument { certificates(first: 3) { __typename } }", {"input": NEW}, 10 + 1 + 4),
    (
        CREATE % "replayed",
        {"input": {**NEW, "content": {"name": "压力表", "measuringRanges": RANGES}}},
        10 + 2,
    ),
    (ISSUE % "replayed", {"input": a_certificate_to_issue(points=3)}, 10 + 1 + 1 + 3),
    (IMPORT % "dryRun", LEDGER, 10 + 100),
    (IMPORT % "errorWorkbook", LEDGER, 10 + 100 + 20),
    (f"mutation {{ a: {RETIRE} {{ replayed }} b: {RETIRE} {{ instrument {{ id }} }} }}", {}, 21),
    # Each event for itself.
    ("subscription { instrumentChanged { pos } }", {}, 1),
    ("subscription { instrumentChanged { instrument { owner { name } } } }", {}, 1 + 2),
    # A look into the schema, a point for a thousand values.
    ("{ __schema { queryType { name } } }", {}, 1),
]


@pytest.mark.parametrize(("document", "variables", "points"), TABLE)
def test_the_price_is_the_one_of_the_table(
    document: str, variables: dict[str, Any], points: int
) -> None:
    plan = planned(document, variables, USER)

    assert plan is not None
    assert plan.cost.points == points


def test_rows_and_values_count_where_another_type_is_dearer_in_points() -> None:
    values = " ".join(f"v{at}: name" for at in range(5))
    sides = f"... on Instrument {{ owner {{ name }} }} ... on Personnel {{ {values} }}"
    plan = planned(f'{{ node(id: "x") {{ {sides} }} }}')

    assert plan is not None
    assert plan.cost == Cost(points=2, rows=2, values=1 + 5)


def test_a_value_that_is_asked_for_by_more_than_five_names_is_taken_for_a_long_one() -> None:
    few, many = (
        planned(f'{{ instrument(id: "x") {{ {" ".join(f"v{at}: remark" for at in range(n))} }} }}')
        for n in (5, 8)
    )

    assert few is not None
    assert many is not None
    assert few.cost == Cost(points=1, rows=1, values=1 + 5)
    assert many.cost == Cost(points=1, rows=1, values=1 + 8 + 3 * 50)


def test_a_list_of_parts_is_usually_short_but_what_it_leads_to_is_priced_in_full() -> None:
    plan = planned('{ certificate(id: "x") { standardsUsed { name standard { name } } } }')

    assert plan is not None
    assert plan.cost == Cost(points=1 + 100, rows=1 + 10 + 10, values=1 + 1 + 10 * 3)


@pytest.mark.parametrize(
    ("roles", "points"),
    [
        ([Role.ANONYMOUS], 1_000),
        ([Role.USER], 5_000),
        ([Role.REGULATOR], 5_000),
        ([Role.SYSTEM], 10_000),
        ([Role.USER, Role.SYSTEM], 10_000),
    ],
)
def test_who_signed_in_may_spend_more_and_systems_most(roles: list[Role], points: int) -> None:
    assert limits_of(one(*roles)) == Limits(points, rows=50_000, values=200_000)


def test_a_refusal_names_the_number_the_limit_and_the_dearest_paths() -> None:
    plan = planned(
        "{ few: organizations(first: 1) { nodes { name } }"
        " many: instruments(first: 50) { nodes { name certificates(first: 50) { nodes {"
        " number owned: client { name } } } } }"
        " some: organizations(first: 100) { nodes { name } } }"
    )

    assert plan is not None
    number = 2 + (51 + 50 * (51 + 50)) + 101
    refusal = excess(plan.prices, Limits(5_000))
    assert refusal is not None
    assert refusal.words.en == (
        f"the operation may yield {number} points, the limit is 5000;"
        " most at many.nodes.certificates、some、few"
    )
    assert refusal.words.zh.startswith(f"此操作可得 {number} 点，上限为 5000；最多的在 many")
    assert plan.refusal is not None
    assert plan.statements == {}
    assert excess(plan.prices, Limits(number)) is None
    assert dearest(plan.prices) == ["many.nodes.certificates", "some", "few"]


def test_too_many_rows_or_values_are_refused_too() -> None:
    forest = planned(
        "{ organizations(first: 1) { nodes { capabilities(first: 100) { nodes { "
        + " ".join(f"v{at}: code" for at in range(5))
        + " } } } } }"
    )

    assert forest is not None
    assert excess(forest.prices, Limits(5_000)) is None
    rows = excess(forest.prices, Limits(5_000, rows=100))
    assert str(rows).startswith("the operation may yield 101 rows, the limit is 100; most at")
    values = excess(forest.prices, Limits(5_000, values=500))
    assert str(values) == (
        "the operation may yield 504 values, the limit is 500;"
        " most at organizations.nodes.capabilities.nodes"
    )


TWICE = "{ __schema { types { name fields { name type { name fields { name } } } } } }"
ALIASED = (
    "{ __schema { types { a: fields { name } b: fields(includeDeprecated: true) { name } } } }"
)
AGAIN = (
    "{ __schema { a: types { name kind } b: types { enumValues { name } inputFields { name } } } }"
)
POSSIBLE = "{ __schema { types { interfaces { name } possibleTypes { name fields { name } } } } }"
DIRECTIVES = "{ __schema { directives { name locations args { name type { name } } } } }"
OF_A_TYPE = '{ __type(name: "Query") { fields { name args { name type { ofType { name } } } } } }'
OF_A_ROOT = "{ __schema { queryType { fields { name type { name fields { name } } } } } }"


@pytest.mark.parametrize(
    "document",
    [
        get_introspection_query(input_value_deprecation=True),
        TWICE,
        ALIASED,
        AGAIN,
        POSSIBLE,
        DIRECTIVES,
        OF_A_TYPE,
        OF_A_ROOT,
    ],
    ids=["whole", "twice", "aliased", "again", "possible", "directives", "of a type", "of a root"],
)
@pytest.mark.parametrize("role", [Role.USER, Role.LAB_STAFF])
def test_a_look_into_the_schema_yields_no_more_than_it_is_priced_at(
    document: str, role: Role
) -> None:
    plan = planned(document, actor=one(role))
    answer = execute_sync(schema_of(one(role)), parse(document))

    assert plan is not None
    assert plan.cost.values >= values_in(answer.data) > 0
    assert plan.cost.points == -(-plan.cost.values // 1_000)
    assert plan.refusal is None


def values_in(answer: Any) -> int:
    """The fields of an answer, each as often as it stands."""
    if isinstance(answer, dict):
        return sum(1 + values_in(one) for one in answer.values())
    return sum(map(values_in, answer)) if isinstance(answer, list) else 0
