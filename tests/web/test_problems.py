"""How failures are told: codes, two languages, places, and a log that tells no secrets."""

from typing import Any

import asyncpg
import httpx
import pytest
from graphql import GraphQLError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolEmpty
from structlog.testing import capture_logs

from hub.errors import Code, HubError, NotFound
from hub.settings import Settings
from hub.web.faults import FaultLog, foreign, own
from hub.web.negotiation import GRAPHQL, JSON
from hub.web.problems import Problems
from tests.web.test_http import ask, code
from tests.web.toy import ToyDoor


async def told(web: httpx.AsyncClient, query: str, **more: Any) -> dict[str, Any]:
    answer = await ask(web, query, **more)
    return dict(answer.json()["errors"][0])


async def test_a_refusal_keeps_its_words_hint_place_and_path(web: httpx.AsyncClient) -> None:
    error = await told(web, '{ missing: fails(how: "absent") hello }')

    request_id = error["extensions"].pop("requestId")
    assert request_id.isalnum()
    assert error == {
        "message": "没有这台器具",
        "locations": [{"line": 1, "column": 3}],
        "path": ["missing"],
        "extensions": {"code": "NOT_FOUND", "hint": "核对编号"},
    }


async def test_words_follow_the_language_and_codes_do_not(web: httpx.AsyncClient) -> None:
    english = {"accept-language": "en-GB,en;q=0.9"}
    queries = ["{", "{ nothing }", '{ fails(how: "absent") }', '{ fails(how: "bug") }']

    for query in queries:
        zh, en = await told(web, query), await told(web, query, headers=english)

        assert zh["extensions"]["code"] == en["extensions"]["code"]
        assert not zh["message"].isascii()
        assert en["message"].isascii()


async def test_a_syntax_error_is_told_in_chinese_with_the_detail(web: httpx.AsyncClient) -> None:
    error = await told(web, "{ hello(")

    assert error["message"].startswith("查询文档有语法错误：Syntax Error: Expected Name")
    assert error["locations"] == [{"line": 1, "column": 9}]


async def test_a_wrong_variable_is_named_down_to_the_value(web: httpx.AsyncClient) -> None:
    query = "query($weights: [Weight!]!) { weigh(weights: $weights) }"
    weights = [{"mass": "1"}, {"mass": "1 kg"}, {"mass": "2", "unit": "ton"}]

    answer = await ask(web, query, variables={"weights": weights})

    first, second = answer.json()["errors"]
    assert first["message"] == "变量 $weights.1.mass 的值不可用：质量应为数字文本"
    assert first["extensions"]["inputPath"] == ["weights", 1, "mass"]
    assert first["extensions"]["hint"] == "如 28"
    assert second["extensions"]["inputPath"] == ["weights", 2, "unit"]
    assert {code(answer), second["extensions"]["code"]} == {"BAD_INPUT"}


async def test_of_hundreds_of_wrong_values_twenty_are_told(web: httpx.AsyncClient) -> None:
    query = "query($weights: [Weight!]!) { weigh(weights: $weights) }"

    answer = await ask(web, query, variables={"weights": [{"mass": 1}] * 900})

    assert len(answer.json()["errors"]) == 20


async def test_a_null_where_a_default_was_hoped_for_is_the_callers(web: httpx.AsyncClient) -> None:
    query = 'query($name: String = "x") { hello(name: $name) }'

    with capture_logs() as lines:
        error = await told(web, query, variables={"name": None})

    assert error["extensions"]["code"] == "BAD_INPUT"
    assert lines == []


@pytest.mark.parametrize(
    ("how", "status", "expected", "retry"),
    [
        ("absent", 404, "NOT_FOUND", None),
        ("busy", 503, "BUSY", 1.5),
        ("bug", 500, "INTERNAL", None),
        ("slow database", 504, "TIMEOUT", None),
        ("no database", 503, "UNAVAILABLE", 2),
    ],
)
async def test_without_any_data_the_status_is_that_of_the_code(
    web: httpx.AsyncClient, how: str, status: int, expected: str, retry: float | None
) -> None:
    soft = await ask(web, f'{{ fails(how: "{how}") }}')
    hard = await ask(web, f'{{ failsHard(how: "{how}") }}')

    assert (soft.status_code, code(soft), soft.json()["data"]) == (200, expected, {"fails": None})
    assert (hard.status_code, code(hard), hard.json()["data"]) == (status, expected, None)
    assert hard.json()["errors"][0]["extensions"].get("retryAfter") == retry
    assert ("retry-after" in hard.headers) == (retry is not None)


async def test_a_bug_is_noted_once_and_shows_no_inside(web: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        answer = await ask(web, '{ fails(how: "bug") }')

    assert "asset_no" not in answer.text
    assert "KeyError" not in answer.text
    assert [line["code"] for line in lines] == ["INTERNAL"]
    assert lines[0]["request_id"] == answer.headers["x-request-id"]
    assert lines[0]["error"] == "KeyError: 'asset_no of row 17'"
    assert "toy.py:" in lines[0]["at"]


async def test_an_answer_that_json_cannot_say_is_a_bug_of_ours(web: httpx.AsyncClient) -> None:
    answer = await ask(web, "{ unwritable }")

    assert (answer.status_code, code(answer)) == (500, "INTERNAL")


@pytest.mark.parametrize(
    ("fault", "status", "expected"),
    [
        (ConnectionRefusedError(), 503, "UNAVAILABLE"),
        (TimeoutError(), 504, "TIMEOUT"),
        (ZeroDivisionError(), 500, "INTERNAL"),
        (NotFound("没有", "none"), 404, "NOT_FOUND"),
    ],
)
async def test_a_door_that_fails_is_told_like_anything_else(
    web: httpx.AsyncClient, door: ToyDoor, fault: Exception, status: int, expected: str
) -> None:
    door.fault = fault
    try:
        answer = await ask(web, "{ hello }")
    finally:
        door.fault = None

    assert (answer.status_code, code(answer)) == (status, expected)


def postgres(sqlstate: str) -> Exception:
    """An error as the server sends it."""
    sent = {"C": sqlstate, "M": "duplicate key", "D": "phone=13912345678"}
    return asyncpg.PostgresError.new(sent)


def wrapped(error: Exception) -> DBAPIError:
    adapted = Exception("adapted")
    adapted.__cause__ = error
    return DBAPIError("SELECT secret", {}, adapted)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TimeoutError(), Code.TIMEOUT),
        (postgres("57014"), Code.TIMEOUT),
        (ConnectionRefusedError(), Code.UNAVAILABLE),
        (OSError("disk"), Code.UNAVAILABLE),
        (asyncpg.InterfaceError("connection is closed"), Code.UNAVAILABLE),
        (asyncpg.InternalClientError("cannot switch to state 12"), Code.UNAVAILABLE),
        (asyncpg.ConnectionDoesNotExistError("gone"), Code.UNAVAILABLE),
        (postgres("57P01"), Code.UNAVAILABLE),
        (postgres("53100"), Code.UNAVAILABLE),
        (wrapped(postgres("57P03")), Code.UNAVAILABLE),
        (wrapped(ConnectionResetError()), Code.UNAVAILABLE),
        (DBAPIError("SELECT 1", {}, Exception(), connection_invalidated=True), Code.UNAVAILABLE),
        (PoolEmpty(), Code.BUSY),
        (postgres("40P01"), Code.BUSY),
        (postgres("55P03"), Code.BUSY),
        (postgres("22021"), Code.BAD_INPUT),
        (asyncpg.exceptions._base.DataError("value out of range"), Code.BAD_INPUT),
        (postgres("42703"), Code.INTERNAL),
        (KeyError("x"), Code.INTERNAL),
        (GraphQLError("made by someone"), Code.INTERNAL),
    ],
    ids=repr,
)
def test_an_exception_of_the_machine_means_what_the_caller_can_do(
    error: Exception, expected: Code
) -> None:
    meaning = foreign(GraphQLError("wrapped", original_error=error))

    assert meaning.code is expected
    assert "13912345678" not in "".join(meaning.words)


def test_a_refusal_is_found_under_whatever_wraps_it() -> None:
    refusal = NotFound("没有", "none")
    outer = RuntimeError("outer")
    outer.__cause__ = refusal

    assert own(GraphQLError("x", original_error=outer)) is refusal
    assert own(RuntimeError()) is None


def test_an_outage_writes_ten_lines_a_second_and_says_what_it_left_out() -> None:
    now = 0.0
    log = FaultLog(most=10, clock=lambda: now)

    with capture_logs() as lines:
        for _ in range(500):
            log.write(Code.UNAVAILABLE, wrapped(postgres("57P01")), "id")
        log.write(Code.INTERNAL, KeyError("x"), "id")
        now = 1.0
        log.write(Code.UNAVAILABLE, OSError(), "id")

    away = [line["left_out"] for line in lines if line["code"] == "UNAVAILABLE"]
    assert away == [0] * 10 + [490]
    assert len(lines) == 12
    assert not any("13912345678" in str(line) for line in lines)


@pytest.mark.parametrize("found", Code)
def test_every_code_has_a_status(found: Code) -> None:
    told = {"extensions": {"code": found.value}}
    problems = Problems(Settings())

    assert 400 <= problems.status(told, GRAPHQL) < 600
    assert problems.status(told, JSON) in {200, problems.status(told, GRAPHQL)}


def test_every_child_of_hub_error_can_be_told() -> None:
    assert all(child.code in Code for child in HubError.__subclasses__())
