"""Files with an operation, as the GraphQL multipart request specification has them."""

import json
from typing import Any

import httpx
import pytest

from tests.web.toy import ToyDoor

UPLOAD = "mutation($files: [Upload!]!) { upload(files: $files) }"
PREFLIGHT = {"x-hub-preflight": "1"}


async def send(
    web: httpx.AsyncClient,
    files: dict[str, bytes],
    places: Any = None,
    operations: Any = None,
    headers: dict[str, str] = PREFLIGHT,
) -> httpx.Response:
    if operations is None:
        operations = {"query": UPLOAD, "variables": {"files": [None] * len(files)}}
    if places is None:
        places = {name: [f"variables.files.{i}"] for i, name in enumerate(files)}
    form = {
        "operations": operations if isinstance(operations, bytes) else json.dumps(operations),
        "map": places if isinstance(places, bytes) else json.dumps(places),
    }
    parts = [
        *((name, (None, value)) for name, value in form.items() if value != b""),
        *((name, (f"{name}.txt", value)) for name, value in files.items()),
    ]
    return await web.post("/graphql", files=parts, headers=headers)


async def test_files_arrive_where_the_map_says(web: httpx.AsyncClient) -> None:
    answer = await send(web, {"a": "证书".encode(), "b": b""})

    assert answer.json()["data"] == {"upload": ["a.txt:证书", "b.txt:"]}


@pytest.mark.parametrize(
    "header", ["X-Hub-Preflight", "Apollo-Require-Preflight", "X-Requested-With"]
)
async def test_one_of_three_headers_shows_that_no_foreign_form_sends_it(
    web: httpx.AsyncClient, header: str
) -> None:
    answer = await send(web, {"a": b"x"}, headers={header: "1"})

    assert answer.json()["data"] == {"upload": ["a.txt:x"]}


async def test_without_such_a_header_an_upload_gets_403(web: httpx.AsyncClient) -> None:
    answer = await send(web, {"a": b"x"}, headers={"accept": "application/json"})

    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("places", "operations"),
    [
        ([1], None),
        ({"a": 1}, None),
        ({"a": []}, None),
        ({"a": [1]}, None),
        ({"a": ["variables.files.0"] * 9}, None),
        ({"a": ["variables.files.0", "variables.files.0"]}, None),
        ({"a": ["files.0"]}, None),
        ({"a": ["variables"]}, None),
        ({"a": ["variables."]}, None),
        ({"a": ["variables.files"]}, None),
        ({"a": ["variables.files.7"]}, None),
        ({"a": ["variables.files.-1"]}, None),
        ({"a": ["variables.files.x"]}, None),
        ({"a": ["variables.files.0.0"]}, None),
        ({"a": ["variables.__class__"]}, None),
        ({"a": ["variables.files.0"], "b": ["variables.files.0"]}, None),
        ({}, None),
        (b"{", None),
        (b"null", None),
        (b"", None),
        (None, b""),
        (None, b"["),
        (None, b"null"),
        (None, [{"query": UPLOAD}]),
        (None, {"query": UPLOAD}),
        (None, {"query": UPLOAD, "variables": {"files": ["taken"]}}),
        (None, b'{"query": "\xff"}'),
        (b'{"a": ["variables.files.\xff"]}', None),
    ],
    ids=range(28),
)
async def test_a_form_that_does_not_fit_together_gets_400(
    web: httpx.AsyncClient, places: Any, operations: Any
) -> None:
    answer = await send(web, {"a": b"x"}, places, operations)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_file_over_the_limit_gets_413(web: httpx.AsyncClient) -> None:
    fits = await send(web, {"a": b"x" * 5_000})
    passes = await send(web, {"a": b"x" * 5_001})

    assert (fits.status_code, passes.status_code) == (200, 413)


async def test_over_four_files_or_over_the_whole_limit_nothing_is_read(
    web: httpx.AsyncClient,
) -> None:
    many = await send(web, {f"f{i}": b"x" for i in range(5)})
    large = await send(web, {"a": b"x" * 200_000})
    wordy = await send(web, {}, operations={"query": "{ hello }" + " " * 20_001})

    assert (many.status_code, large.status_code, wordy.status_code) == (400, 413, 400)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("multipart/form-data", b"--x\r\n", 400),
        ("multipart/form-data; boundary=x", b"", 400),
        ("multipart/form-data; boundary=x", b"\x00" * 100, 400),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nno name\r\n--x--", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nA: " + b"b" * 9_000, 400),
        ("multipart/form-data; boundary=" + "x" * 300, b"--x", 400),
        ("multipart/form-data; boundary=x; charset=utf-16", b"--x", 415),
    ],
)
async def test_what_is_no_form_gets_a_4xx(
    web: httpx.AsyncClient, content_type: str, body: bytes, status: int
) -> None:
    headers = {**PREFLIGHT, "content-type": content_type}

    answer = await web.post("/graphql", content=body, headers=headers)

    assert answer.status_code == status


async def test_no_context_is_opened_for_a_form_that_is_refused(
    web: httpx.AsyncClient, door: ToyDoor
) -> None:
    before = door.opened

    await send(web, {"a": b"x"}, places={})

    assert door.opened == before
