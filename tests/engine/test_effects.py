"""A change that answers each row: by statements it is told as by graphql-core, and priced alike."""

import json
import os
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from graphql import OperationType

from hub.embedded.supervisor import Embedded
from hub.settings import Settings
from hub.vocabulary import Role
from hub.web.body import Asked
from tests.doors import HubClient
from tests.engine.differential import Answer, Object, Twins, answer_of, too_dear, twins
from tests.engine.judging import judged, one, planned
from tests.engine.operations import Drawn
from tests.engine.syncing import calls
from tests.engine.test_explain import explained
from tests.fresh import empty_copy
from tests.ledger_verbs import Firm, a_firm
from tests.sync_verbs import SYNC, a_ledger, a_row, statuses, sync, the_input, traces

SEED = int(os.environ.get("SYNC_SEED") or secrets.randbits(32))
CASES = 120
CALLERS = ("user", "administrator", "system", "approver")
CHANGES = frozenset({OperationType.MUTATION})
PAYLOAD = "{ results { index instrument { name } } counts { created } }"
BY_INPUT = f"mutation($i: SyncInstrumentsInput!) {{ syncInstruments(input: $i) {PAYLOAD} }}"
BY_ROWS = (
    "mutation($r: [SyncInstrumentRow!]!) {"
    f' syncInstruments(input: {{rows: $r, idempotencyKey: "k"}}) {PAYLOAD} }}'
)
ANEW = """
mutation($r: [SyncInstrumentRow!]! = [{assetNo: "A-1", name: "n"}, {assetNo: "A-2", name: "m"}]) {
  syncInstruments(input: {rows: $r, idempotencyKey: "k"}) %s
}
"""


@pytest.fixture(scope="module")
def empty_url(database_url: str, shared: Path) -> str:
    return empty_copy(database_url, shared, "effects")


@pytest.fixture(scope="module")
async def both(
    servers: Embedded, empty_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Twins]:
    """Two hubs over one world, one with its engine and one without."""
    settings = Settings(data=tmp_path_factory.mktemp("effects"))
    async with twins(empty_url, servers.redis_url, settings, SEED) as found:
        yield found


async def told(both: Twins, at: int, drawn: Drawn, name: str, **options: Any) -> bytes:
    """What one of the hubs answers."""
    variables = {**drawn.variables, "input": {**drawn.variables["input"], **options}}
    caller = await both.caller(name)
    asked = Asked(drawn.document, variables, None)
    outcome = await both._operations[at].answer(asked, caller, CHANGES)
    assert not outcome.ran or not (dear := too_dear(outcome.body)), dear
    return outcome.body


def alike(body: bytes) -> Answer:
    """What is to be equal of an answer: all but whether it was a replay, the one flag there is."""
    found = answer_of(body)
    if not isinstance(found.data, Object):
        return found
    ((name, payload),) = found.data.members
    if not isinstance(payload, Object):
        return found
    members = tuple(pair for pair in payload.members if not isinstance(pair[1], bool))
    return found._replace(data=(name, members))


def agree(note: str, compiled: Answer, resolved: Answer) -> None:
    """Insist on equal answers.

    A nested argument that is unfit undoes a change whose rows a statement shows. By graphql-core
    the change is done then, and what that argument is for is null, if a row leads to it at all.
    """
    if compiled != resolved and len(compiled.errors) == 1:
        for error in (*compiled.errors, *resolved.errors):
            assert "'BAD_INPUT'" in error, f"{note}{compiled}\n{resolved}"
    else:
        assert compiled == resolved, f"{note}{compiled}\n{resolved}"


@pytest.mark.parametrize("name", CALLERS)
async def test_statements_tell_of_a_change_what_graphql_core_tells(both: Twins, name: str) -> None:
    random = Random(f"{SEED} {name}")  # noqa: S311 -- a seed that can be told again
    schema = await both.schema(name)
    ran = Counter[str]()
    for at, drawn in enumerate(calls(random, schema, both.world.stored)):
        if at == CASES // len(CALLERS):
            break
        first, second = random.sample([0, 1], 2)

        rehearsals = [await told(both, hub, drawn, name, dryRun=True) for hub in (0, 1)]
        done, again = [await told(both, hub, drawn, name) for hub in (first, second)]

        note = f"SYNC_SEED={SEED} {name} {at}\n{drawn}\n"
        agree(note, *map(alike, rehearsals))
        agree(note, *map(alike, (done, again) if first == 0 else (again, done)))
        ran[str("errors" in json.loads(done))] += 1
    assert ran["False"] > ran["True"]


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_change_has_one_price_by_literal_variable_and_default(size: int) -> None:
    rows = [{"assetNo": f"A-{at}", "name": "n"} for at in range(1, size + 1)]
    literal = ", ".join(f'{{assetNo: "{row["assetNo"]}", name: "n"}}' for row in rows)
    document = (
        f'mutation {{ syncInstruments(input: {{rows: [{literal}], idempotencyKey: "k"}})'
        f" {PAYLOAD} }}"
    )
    spread = (
        "mutation($n: String!, $k: String!) { ...F } fragment F on Mutation {"
        f" syncInstruments(input: {{rows: [{literal.replace(chr(34) + 'n' + chr(34), '$n')}],"
        f" idempotencyKey: $k}}) {PAYLOAD} }}"
    )
    told = {
        judged(document, {}),
        judged(spread, {"n": "n", "k": "k"}),
        judged(BY_ROWS, {"r": rows}),
        judged(BY_INPUT, {"i": the_input(*rows)}),
        judged(BY_INPUT, {"i": the_input(*(row | {"purchasePrice": 5} for row in rows))}),
    }

    if size == 2:
        told.add(judged(ANEW % PAYLOAD, {}))
    assert len(told) == 1
    assert "Cost" in told.pop()


def test_a_row_of_a_change_costs_less_than_a_change_of_its_own() -> None:
    def points(size: int) -> int:
        plan = planned(BY_INPUT, {"i": the_input(*a_ledger(size))})
        assert plan is not None
        return plan.cost.points

    single = planned(
        "mutation($i: CreateInstrumentInput!) { createInstrument(input: $i)"
        " { instrument { name } } }",
        {"i": {"content": {"assetNo": "A", "name": "n"}, "idempotencyKey": "k"}},
    )

    assert single is not None
    assert points(1_000) - points(0) == 1_000 * (points(1) - points(0))
    assert points(1) - points(0) < single.cost.points
    assert points(1_000) < 5_000


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


async def test_rows_may_be_literals_with_variables_inside(hub: HubClient, firm: Firm) -> None:
    answer = await hub.ask(
        """mutation($n: String, $price: Decimal!, $ranges: [RangeInput!], $row: SyncInstrumentRow!,
                    $role: InstrumentRole, $source: String, $dry: Boolean!) {
          done: syncInstruments(input: {idempotencyKey: "k", source: $source, dryRun: $dry, rows: [
            {assetNo: "V-1", name: $n, purchasePrice: $price, measuringRanges: $ranges, role: $role}
            $row
            {assetNo: "V-3", name: "c", resolution: {value: $price}, remark: null}
          ]}) { results { index status instrument { name role remark purchase { price }
            measuringRanges { lower upper } resolution { value } } } }
        }""",
        as_=firm.user,
        n="a",
        price="12.30",
        ranges=[{"lower": "0", "upper": "1.60"}],
        row={"assetNo": "V-2", "name": "b"},
        role="AUXILIARY",
        source="erp",
        dry=False,
    )

    assert statuses(answer) == ["CREATED"] * 3
    one, two, three = (each["instrument"] for each in answer.data["done"]["results"])
    assert (one["name"], one["role"], one["purchase"]) == ("a", "AUXILIARY", {"price": "12.30"})
    assert one["measuringRanges"] == [{"lower": "0", "upper": "1.60"}]
    assert (two["name"], three["resolution"]) == ("b", {"value": "12.30"})


async def test_two_changes_of_one_operation_are_made_in_order_and_beside_other_mutations(
    hub: HubClient, firm: Firm
) -> None:
    alone = "mutation($a: SyncInstrumentsInput!, $b: SyncInstrumentsInput!) { %s }"
    twice = (
        "a: syncInstruments(input: $a) { results { status instrument { version remark } } }"
        " b: syncInstruments(input: $b) { results { status instrument { version remark } } }"
    )
    mixed = (
        'c: createInstrument(input: {content: {assetNo: "M-1", name: "n"},'
        ' idempotencyKey: "c"}) { instrument { version } }'
    )
    for at, fields in enumerate((twice, f"{twice} {mixed}")):
        given = {
            "a": the_input(a_row(at)),
            "b": the_input(a_row(at, remark="b")),
        }

        answer = await hub.ask(alone % fields, as_=firm.user, **given)

        assert answer.errors == []
        assert [answer.data[name]["results"] for name in "ab"] == [
            [{"status": "CREATED", "instrument": {"version": 1, "remark": None}}],
            [{"status": "UPDATED", "instrument": {"version": 2, "remark": "b"}}],
        ]
    assert answer.data["c"] == {"instrument": {"version": 1}}


async def test_a_change_that_fails_is_null_and_leaves_the_next_one_alone(
    hub: HubClient, firm: Firm
) -> None:
    answer = await hub.ask(
        "mutation($a: SyncInstrumentsInput!, $b: SyncInstrumentsInput!) {"
        " a: syncInstruments(input: $a) { replayed } b: syncInstruments(input: $b) { replayed } }",
        as_=firm.user,
        a=the_input(a_row(1), owner="91320500MAY4LR3A1X"),
        b=the_input(a_row(1)),
    )

    assert answer.data == {"a": None, "b": {"replayed": False}}
    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [
        (["a"], "FORBIDDEN")
    ]


async def test_explaining_a_change_runs_nothing_and_tells_its_statements_and_its_price(
    hub: HubClient, firm: Firm
) -> None:
    given = {"input": the_input(*a_ledger(3))}
    before = await traces(hub, firm.owner)

    told = await explained(hub, SYNC, firm.user.login_name, given)
    none = await explained(
        hub, SYNC.replace("results {", "... @skip(if: true) { results {").replace(
            "\n    counts", "}\n    counts"
        ), firm.user.login_name, given,
    )  # fmt: skip
    after = await traces(hub, firm.owner)
    ran = await sync(hub, firm.user, *a_ledger(3))

    assert after == before
    (root,) = told["roots"]
    assert (root["coordinate"], root["statements"], root["declined"]) == (
        "Mutation.syncInstruments", 2, None
    )  # fmt: skip
    assert (told["statements"], none["statements"]) == (2, 1)
    assert told["problems"] == []
    assert told["cost"]["requested"] == ran.cost["requested"] >= ran.cost["actual"]
    assert {"noun": "Instrument", "most": 3} in told["entities"]


async def test_what_is_not_asked_for_is_not_told_and_the_change_is_made(
    hub: HubClient, firm: Firm
) -> None:
    answer = await hub.ask(
        "mutation($input: SyncInstrumentsInput!, $no: Boolean!) { syncInstruments(input: $input) {"
        " __typename r: results @include(if: $no) { index } x: counts { __typename n: created } }"
        " }",
        as_=firm.user,
        input=the_input(a_row(1)),
        no=False,
    )

    assert answer.data == {
        "syncInstruments": {
            "__typename": "SyncInstrumentsPayload",
            "x": {"__typename": "SyncCounts", "n": 1},
        }
    }


def test_more_rows_than_a_caller_can_pay_for_are_refused_before_anything_is_done() -> None:
    plan = planned(BY_INPUT, {"i": the_input(*a_ledger(6_000))}, one(Role.USER))

    assert plan is not None
    assert plan.refusal is not None
