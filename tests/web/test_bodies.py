"""Bodies as hostile people send them: always a 4xx with a code, never a 500, never a hang."""

import gzip
import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import BadRequest
from hub.web.body import read_asked, read_json, read_query_string

TYPED = {"content-type": "application/json", "accept": "application/graphql-response+json"}


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"7",
        b'"x"',
        b"[]",
        b"true",
        b"{",
        b"{}",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b'{"query": "{ hello }", "variables": {"a": NaN}}',
        b'{"query": "{ hello }", "variables": {"a": 1e999}}',
        b'{"query": "{ hello }", "variables": {"a": ' + b"1" * 5_000 + b"}}",
        b'[{"query": "{ hello }"}]',
        b'{"query": ["{ hello }"]}',
        b'{"query": "{ hello }", "operationName": 7}',
        b'{"query": "{ hello }", "variables": []}',
        b'{"query": "{ hello }", "extensions": "x"}',
        nested(33).encode(),
        nested(9_000).encode(),
        json.dumps({"query": "{ hello }", "variables": {"a": json.loads(nested(31))}}).encode(),
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
async def test_what_is_no_request_gets_400_with_a_code(web: httpx.AsyncClient, body: bytes) -> None:
    answer = await web.post("/graphql", content=body, headers=TYPED)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/json-evil",
        "application/x-www-form-urlencoded",
        "application/json; charset=gbk",
        "application/json; charset",
        "application/json, text/plain",
        "application/graphql",
        "json",
        "application/json" + ";a=b" * 1_000,
    ],
)
async def test_other_types_than_json_in_utf8_get_415(
    web: httpx.AsyncClient, content_type: str
) -> None:
    body = b'{"query": "{ hello }"}'

    answer = await web.post("/graphql", content=body, headers={"content-type": content_type})

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON;Charset=UTF-8", 'application/json ; charset="utf-8"'],
)
async def test_json_in_utf8_is_read_however_it_is_written(
    web: httpx.AsyncClient, content_type: str
) -> None:
    body = b'{"query": "{ hello }", "unknown": {"deep": [1]}, "query": "{ hello }"}'

    answer = await web.post("/graphql", content=body, headers={"content-type": content_type})

    assert answer.json()["data"] == {"hello": "你好，世界"}


async def test_a_compressed_body_gets_415(web: httpx.AsyncClient) -> None:
    body = gzip.compress(b'{"query": "{ hello }"}')

    answer = await web.post("/graphql", content=body, headers={**TYPED, "content-encoding": "gzip"})

    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")


async def test_a_body_over_the_limit_gets_413_whether_it_says_so_or_not(
    web: httpx.AsyncClient,
) -> None:
    async def unending(pieces: int):  # type: ignore[no-untyped-def]  # httpx takes any
        for _ in range(pieces):
            yield b" " * 1_000

    told = await web.post("/graphql", content=b" " * 20_001, headers=TYPED)
    untold = await web.post("/graphql", content=unending(21), headers=TYPED)

    assert (told.status_code, untold.status_code) == (413, 413)


@pytest.mark.parametrize("depth", [1, 31, 32])
def test_json_of_32_levels_is_read(depth: int) -> None:
    assert read_json(nested(depth)) == json.loads(nested(depth))


@pytest.mark.parametrize("text", ["[[[", "]]}", 40 * "[{", '"[' * 9])
def test_brackets_in_texts_are_no_levels(text: str) -> None:
    value = {"rows": 300 * [{"name": text, "inner": [text]}]}

    assert read_json(json.dumps(value).encode()) == value


@given(st.recursive(st.none() | st.integers(-9, 9) | st.text(max_size=3), st.lists, max_leaves=60))
def test_the_depth_of_json_is_counted_as_its_brackets_are(value: object) -> None:
    text = json.dumps(value)
    depth = deepest = 0
    for character in json.dumps(value, default=str) if not isinstance(value, str) else "":
        depth += {"[": 1, "]": -1}.get(character, 0)
        deepest = max(deepest, depth)

    for told in (text, text.encode(), text.encode() + 5_000 * b" "):
        if deepest <= 32:
            assert read_json(told) == value
        else:
            with pytest.raises(BadRequest):
                read_json(told)


@given(st.binary(max_size=60))
def test_a_query_string_is_read_or_refused_whatever_bytes_it_is(query_string: bytes) -> None:
    try:
        asked = read_query_string(b"query=%7B" + query_string)
    except BadRequest:
        return

    assert asked.query.startswith("{")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
members = st.fixed_dictionaries(
    {},
    optional={
        "query": anything
        | st.sampled_from(["{ hello }", "query Q($n: String) { hello(name: $n) }"]),
        "variables": anything,
        "operationName": anything,
        "extensions": anything,
    },
)


@given(members | anything)
def test_a_request_is_read_or_refused_whatever_json_it_is(value: object) -> None:
    try:
        asked = read_asked(value)
    except BadRequest:
        return

    assert isinstance(asked.query, str)
    assert asked.variables is None or isinstance(asked.variables, dict)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.binary(max_size=300) | members.map(lambda value: json.dumps(value).encode()))
async def test_no_bytes_at_all_lead_to_a_5xx(web: httpx.AsyncClient, body: bytes) -> None:
    answer = await web.post("/graphql", content=body, headers=TYPED)

    assert answer.status_code in {200, 400}
    assert answer.json().keys() <= {"data", "errors", "extensions"}
