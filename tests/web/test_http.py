"""GraphQL over HTTP: methods, types, statuses, and who may see what."""

import asyncio
from typing import Any

import httpx
import pytest
import strawberry
from starlette.applications import Starlette
from strawberry.extensions import SchemaExtension

from hub.settings import Settings
from hub.web.graphql import routes
from hub.web.negotiation import EVENTS, GRAPHQL, JSON, answer_type, language
from hub.web.operations import Operations
from schema.evolution import version
from tests.web.toy import ToyDoor

STAFF = {"authorization": "Bearer staff"}


async def ask(
    web: httpx.AsyncClient, query: str, accept: str = GRAPHQL, **more: Any
) -> httpx.Response:
    headers = {"accept": accept, **more.pop("headers", {})}
    return await web.post("/graphql", json={"query": query, **more}, headers=headers)


def code(answer: httpx.Response) -> str:
    return str(answer.json()["errors"][0]["extensions"]["code"])


async def test_a_query_is_answered_in_the_type_that_was_accepted(web: httpx.AsyncClient) -> None:
    answer = await ask(web, "{ hello }")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert answer.json()["data"] == {"hello": "你好，世界"}
    assert "你好".encode() in answer.content


@pytest.mark.parametrize(
    ("accept", "answered_as"),
    [
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html, */*;q=0.1", JSON),
        (f"{JSON}, {GRAPHQL}", GRAPHQL),
        (f"{JSON};q=0.9, {GRAPHQL};q=0.5", JSON),
        (f"{GRAPHQL};charset=utf-8, {JSON};q=0.9", GRAPHQL),
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"{EVENTS}, {JSON};q=0.9", EVENTS),
        ("application/json-evil", None),
        ("text/html", None),
        (f"{JSON};charset=gbk", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=nan", None),
        ("*/*;q=0", None),
        (",;=/", None),
        ("a/b," * 1_000 + JSON, None),
    ],
)
def test_accept_chooses_by_quality_and_then_the_named_before_the_wild(
    accept: str, answered_as: str | None
) -> None:
    assert answer_type(accept) == answered_as


@pytest.mark.parametrize(
    ("accept", "spoken"),
    [
        ("", "zh"),
        ("*", "zh"),
        ("fr", "zh"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.5, zh;q=0.4", "en"),
        ("en;q=0", "zh"),
        ("en;q=x", "zh"),
    ],
)
def test_the_language_is_chinese_unless_english_is_preferred(accept: str, spoken: str) -> None:
    assert language(accept) == spoken


async def test_an_accept_header_that_names_nothing_of_ours_gets_406(web: httpx.AsyncClient) -> None:
    answer = await ask(web, "{ hello }", accept="text/html")

    assert (answer.status_code, code(answer)) == (406, "BAD_REQUEST")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_other_methods_get_405_and_are_told_which_to_use(
    web: httpx.AsyncClient, method: str
) -> None:
    answer = await web.request(method, "/graphql")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_get_answers_queries_with_variables(web: httpx.AsyncClient) -> None:
    parameters = {"query": "query Q($n: String!) { hello(name: $n) }", "variables": '{"n": "a b"}'}

    answer = await web.get("/graphql", params={**parameters, "operationName": "Q"})

    assert answer.json()["data"] == {"hello": "你好，a b"}


async def test_get_never_runs_a_mutation(web: httpx.AsyncClient, door: ToyDoor) -> None:
    before = door.counted

    answer = await web.get("/graphql", params={"query": "mutation { count }"})

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert door.counted == before


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        "query=%FF",
        "query=%7Bhello%7D&query=%7Bhello%7D",
        "query=%7Bhello%7D&variables=7",
        "query=%7Bhello%7D&variables=%7B",
        "query=%7Bhello%7D&extensions=%22x%22",
        "&".join(f"a{number}=1" for number in range(99)),
    ],
)
async def test_a_get_that_cannot_be_read_gets_400(web: httpx.AsyncClient, parameters: str) -> None:
    answer = await web.get(f"/graphql?{parameters}")

    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


async def test_a_subscription_over_plain_http_is_told_where_to_go(web: httpx.AsyncClient) -> None:
    answer = await ask(web, "subscription { numbers(to: 1) }")

    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")
    assert "WebSocket" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "status", "expected"),
    [
        ("{", 400, "PARSE_FAILED"),
        ("{ nothing }", 400, "VALIDATION_FAILED"),
        ("query A { hello } query B { hello }", 400, "VALIDATION_FAILED"),
        ("query Q($n: String!) { hello(name: $n) }", 400, "BAD_INPUT"),
    ],
)
async def test_a_refused_document_has_no_data_and_its_status_only_in_the_new_type(
    web: httpx.AsyncClient, query: str, status: int, expected: str
) -> None:
    new = await ask(web, query)
    old = await ask(web, query, accept=JSON)

    assert (new.status_code, code(new)) == (status, expected)
    assert (old.status_code, code(old)) == (200, expected)
    assert "data" not in new.json()
    assert "data" not in old.json()


async def test_a_setting_makes_422_of_what_does_not_validate() -> None:
    settings = Settings(validation_status=422)
    app = Starlette(routes=routes(Operations(ToyDoor(), settings), settings))
    transport = httpx.ASGITransport(app)

    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as web:
        statuses = [
            (await ask(web, query)).status_code
            for query in ("{", "{ nothing }", "query($n: String!) { hello(name: $n) }")
        ]

    assert statuses == [400, 422, 422]


@pytest.mark.parametrize("authorization", ["Bearer nobody", "Basic c3RhZmY6", "Bearer", "staff"])
@pytest.mark.parametrize("accept", [JSON, GRAPHQL, EVENTS])
async def test_a_bad_token_gets_401_in_every_type(
    web: httpx.AsyncClient, authorization: str, accept: str
) -> None:
    answer = await ask(web, "{ hello }", accept, headers={"authorization": authorization})

    assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"].startswith("application/")


async def test_outsiders_learn_nothing_of_the_schema(web: httpx.AsyncClient) -> None:
    schema = await ask(web, "{ __schema { types { name } } }")
    hidden = await ask(web, "{ hello ...F } fragment F on Query { x: __schema { description } }")
    type_ = await ask(web, 'query($n: String = "Query") { __type(name: $n) { name } __typename }')
    near = await ask(web, "{ secretFiel }")
    unit = await ask(
        web,
        "query($w: [Weight!]!) { weigh(weights: $w) }",
        variables={"w": [{"mass": "1", "unit": "HIDDEN_UNI"}]},
    )

    assert (schema.status_code, code(schema)) == (403, "FORBIDDEN")
    assert (hidden.status_code, code(hidden)) == (403, "FORBIDDEN")
    assert type_.json()["data"] == {"__type": None, "__typename": "Query"}
    assert "Did you mean" not in near.text
    assert "secretField" not in near.text
    assert "HIDDEN_UNIT" not in unit.text


async def test_our_own_people_see_the_schema_and_suggestions(web: httpx.AsyncClient) -> None:
    schema = await ask(
        web, '{ __schema { queryType { name } } __type(name: "Node") { name } }', headers=STAFF
    )
    near = await ask(web, "{ secretFiel }", headers=STAFF)

    assert schema.json()["data"] == {
        "__schema": {"queryType": {"name": "Query"}},
        "__type": {"name": "Node"},
    }
    assert "secretField" in near.text


async def test_a_setting_opens_the_schema_to_outsiders() -> None:
    settings = Settings(outsider_introspection=True)
    app = Starlette(routes=routes(Operations(ToyDoor(), settings), settings))
    transport = httpx.ASGITransport(app)

    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as web:
        answer = await ask(web, "{ __schema { queryType { name } } }")

    assert answer.json()["data"]["__schema"]["queryType"]["name"] == "Query"


async def test_every_answer_carries_the_security_headers(web: httpx.AsyncClient) -> None:
    for answer in (await ask(web, "{ hello }"), await web.put("/graphql")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


async def test_the_request_id_of_the_client_comes_back_if_it_is_harmless(
    web: httpx.AsyncClient,
) -> None:
    good = await ask(web, "{ nothing }", headers={"x-request-id": "order-000017"})
    bad = await ask(web, "{ nothing }", headers={"x-request-id": 'x" onload="'})

    assert good.headers["x-request-id"] == "order-000017"
    assert good.json()["errors"][0]["extensions"]["requestId"] == "order-000017"
    assert bad.headers["x-request-id"].isalnum()


async def test_a_client_that_hangs_up_stops_the_work(web: httpx.AsyncClient, door: ToyDoor) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await web.post("/graphql", json={"query": "{ slow }"}, timeout=0.3)

    await door.has_stopped()
    assert door.opened == door.closed


async def test_who_hangs_up_stops_nobody_elses_work(web: httpx.AsyncClient) -> None:
    stays = asyncio.create_task(ask(web, "{ slow }"))

    with pytest.raises(httpx.ReadTimeout):
        await web.post("/graphql", json={"query": "{ slow }"}, timeout=0.3)

    assert code(await stays) == "TIMEOUT"


async def test_work_past_its_time_is_stopped_and_told_so(
    web: httpx.AsyncClient, door: ToyDoor
) -> None:
    answer = await ask(web, "{ slow }")

    assert (answer.status_code, code(answer)) == (504, "TIMEOUT")
    assert door.cancelled.is_set()
    assert door.opened == door.closed


async def test_what_the_door_has_to_tell_comes_as_extensions(web: httpx.AsyncClient) -> None:
    answer = await ask(web, "{ told }")

    assert answer.json()["extensions"] == {
        "schemaVersion": version(ToyDoor().schema),
        "cost": {"requested": 0, "actual": 0},
        "denied": ["told"],
    }


async def test_a_decimal_is_never_a_float(web: httpx.AsyncClient) -> None:
    answer = await ask(web, "{ raw }")

    assert answer.json()["data"]["raw"] == {"mass": "28.050"}


@strawberry.type
class Small:
    """A query of one field."""

    hello: str = ""


def test_a_schema_with_extensions_that_would_not_run_stops_the_start() -> None:
    extended = ToyDoor()
    extended.schema = strawberry.Schema(Small, extensions=[SchemaExtension])

    with pytest.raises(ValueError, match="extensions"):
        Operations(extended, Settings())
