"""Each sample query fits the schema and answers on the demo with something in every field."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import pytest
import strawberry
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from graphql import parse, validate

from resolvers.root import build
from tests.doors import Answer, HubClient
from tests.examples.conftest import create_until_heard
from tests.examples.samples import EXAMPLES, SAMPLES, Sample, holes

READS = [
    pytest.param(sample, operation, id=f"{sample.name}-{name}")
    for sample in SAMPLES.values()
    for name, operation in sample.operations.items()
    if operation.startswith("query") and sample.name != "verify-certificate"
]


@pytest.fixture(scope="session")
def schema() -> strawberry.Schema:
    return build()


async def run(live: HubClient, name: str, operation: int = 0, **variables: Any) -> Answer:
    """The answer to an operation of a sample, with some variables of ours."""
    sample = SAMPLES[name]
    text = list(sample.operations.values())[operation]
    return await live.ask(text, as_=sample.login, **sample.variables | variables)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_a_sample_fits_the_schema_and_says_what_it_is_for(
    sample: Sample, schema: strawberry.Schema
) -> None:
    errors = validate(schema._schema, parse(sample.source))

    assert [error.message for error in errors] == []
    assert {"标题", "说明"} <= sample.header.keys() <= {"标题", "说明", "变量"}


@pytest.mark.parametrize(("sample", "operation"), READS)
async def test_a_sample_query_has_a_value_in_every_field(
    live: HubClient, sample: Sample, operation: str
) -> None:
    answer = await live.ask(operation, as_=sample.login, **sample.variables)

    denied = {coordinate.split(".")[1] for coordinate in answer.noted("denied")}
    assert answer.errors == []
    assert {path for path in holes(answer.data) if path.split(".")[-1] not in denied} == set()


async def test_the_code_that_one_sample_shows_verifies_the_certificate_of_the_other(
    live: HubClient,
) -> None:
    shown = await run(live, "certificate-results")
    (certificate,) = shown.data["certificates"]["nodes"]

    answer = await run(live, "verify-certificate", code=certificate["verifyCode"])

    assert answer.errors == []
    assert answer.data["verifyCertificate"]["number"] == certificate["number"]
    assert holes(answer.data) == set()


async def test_the_next_page_of_the_ledger_starts_after_the_first(live: HubClient) -> None:
    first = (await run(live, "instruments")).data["instruments"]
    second = await run(live, "instruments", after=first["pageInfo"]["endCursor"])

    rest = second.data["instruments"]["nodes"]
    assert second.errors == []
    assert first["nodes"][-1]["dueDate"] <= rest[0]["dueDate"]
    assert {each["id"] for each in first["nodes"]}.isdisjoint(each["id"] for each in rest)


async def test_a_laboratory_sees_of_its_people_what_the_sample_withholds_from_others(
    live: HubClient,
) -> None:
    (text,) = SAMPLES["personnel"].operations.values()

    theirs = await live.ask(text, as_="enterprise", first=10)
    own = await live.ask(text, as_="lab", first=10)

    assert theirs.noted("denied") == {"Personnel.residentId", "Personnel.title"}
    assert theirs.noted("masked") == {"Personnel.name", "PersonnelCertificate.number"}
    assert "周样例" in {each["name"] for each in own.data["personnel"]["nodes"]}
    assert "Personnel.title" not in own.noted("denied")


async def test_an_instrument_is_created_once_however_often_the_sample_is_run(
    live: HubClient,
) -> None:
    answers = [await run(live, "create-instrument") for _ in range(2)]

    first, second = (answer.data["createInstrument"] for answer in answers)
    assert first["instrument"]["assetNo"] == "SZ-JL-90001"
    assert second["instrument"] == first["instrument"]
    assert (first["problems"], first["replayed"], second["replayed"]) == ([], False, True)


async def test_the_sample_of_a_sync_answers_each_row(live: HubClient) -> None:
    told = (await run(live, "sync-ledger")).data["syncInstruments"]

    assert [one["status"] for one in told["results"]] == ["CREATED", "CREATED", "REJECTED"]
    assert told["results"][0]["instrument"]["dueDate"] == "2027-03-01"
    assert [one["code"] for one in told["results"][2]["problems"]] == ["NAME_MISSING"]


async def test_a_standard_may_be_kept_by_whom_the_same_sample_has_brought(
    live: HubClient,
) -> None:
    answers = [await run(live, "sync-standards") for _ in range(2)]

    for field in ("syncPersonnel", "syncStandards"):
        first, second = (answer.data[field] for answer in answers)
        assert [one["status"] for one in first["results"]] == ["CREATED"]
        assert (first["replayed"], second["replayed"]) == (False, True)


async def test_the_sample_of_a_saved_query_is_a_table_with_the_key_of_its_second_operation(
    live: HubClient,
) -> None:
    saved = (await run(live, "saved-query")).data["saveQuery"]
    given = {"savedQuery": saved["savedQuery"]["id"], "idempotencyKey": str(uuid4())}
    made = (await run(live, "saved-query", 1, key=given)).data["createExportKey"]

    response = await live.http.get("/export/ledger.csv", params={"key": made["key"]})

    heading, *rows = response.text.splitlines()
    assert (saved["problems"], made["problems"]) == ([], [])
    assert heading == "\ufeffassetNo,name,dueDate,owner.name"
    assert len(rows) > 1


async def test_the_first_operation_gives_the_id_and_version_for_the_change_of_status(
    live: HubClient,
) -> None:
    (row,) = (await run(live, "change-status")).data["instruments"]["nodes"]
    given = SAMPLES["change-status"].variables["input"]

    changed = {**given, "id": row["id"], "expectedVersion": row["version"]}
    late = {**changed, "idempotencyKey": str(uuid4())}
    answers = [await run(live, "change-status", 1, input=each) for each in (changed, late)]

    first, second = (answer.data["updateInstrument"] for answer in answers)
    assert (first["problems"], first["instrument"]["status"]) == ([], "STOPPED")
    assert first["instrument"]["version"] == row["version"] + 1
    assert [problem["code"] for problem in second["problems"]] == ["CONFLICT"]


async def test_a_subscriber_is_sent_what_changes(live: HubClient) -> None:
    url = f"{live.http.base_url}/graphql".replace("http", "ws", 1)
    transport = WebsocketsTransport(url, init_payload={"token": await live.token("enterprise")})

    async with Client(transport=transport) as session:
        events = session.subscribe(gql(SAMPLES["watch-instruments"].source))
        heard = asyncio.create_task(anext(events))
        await create_until_heard(live, heard)
        await events.aclose()

    event = heard.result()["changes"]
    assert event["node"]["name"] == "数显卡尺"
    assert holes(event) == set()


def test_the_readme_lists_every_sample_by_its_title() -> None:
    readme = (EXAMPLES / "README.md").read_text("utf-8")

    rows = re.findall(r"(?m)^\| `([a-z-]+)` \| (.+) \|$", readme)

    assert dict(rows) == {name: sample.header["标题"] for name, sample in SAMPLES.items()}


def test_the_committed_sdl_is_the_schema_of_today(schema: strawberry.Schema) -> None:
    committed = (EXAMPLES / "schema.graphqls").read_text("utf-8")

    assert committed == schema.as_str() + "\n", "run `hub schema > examples/schema.graphqls`"
