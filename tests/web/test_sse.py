"""Server-sent events as graphql-sse has them in distinct connections mode."""

import json

import httpx
import pytest

from tests.web.toy import ToyDoor

ACCEPT = {"accept": "text/event-stream"}


async def events(web: httpx.AsyncClient, query: str, **more: object) -> list[tuple[str, object]]:
    answer = await web.post("/graphql", json={"query": query, **more}, headers=ACCEPT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    return read(answer.text)


def read(text: str) -> list[tuple[str, object]]:
    """The events of a stream, without what their answers cost."""
    blocks = [block.split("\n") for block in text.split("\n\n") if block and block != ":"]
    return [
        (
            kind.removeprefix("event: "),
            _answer(data[6:]) if data[6:] else None,
        )
        for kind, data in blocks
    ]


def _answer(text: str) -> dict[str, object]:
    told: dict[str, object] = json.loads(text)
    told.pop("extensions", None)
    return told


async def test_a_subscription_comes_as_events_and_ends_with_complete(
    web: httpx.AsyncClient, door: ToyDoor
) -> None:
    assert await events(web, "subscription { numbers(to: 2) }") == [
        ("next", {"data": {"numbers": 0}}),
        ("next", {"data": {"numbers": 1}}),
        ("complete", None),
    ]
    assert door.opened == door.closed


async def test_queries_and_mutations_are_streams_of_one_event(
    web: httpx.AsyncClient, door: ToyDoor
) -> None:
    assert await events(web, "{ hello }") == [
        ("next", {"data": {"hello": "你好，世界"}}),
        ("complete", None),
    ]
    assert (await events(web, "mutation { count }"))[0] == (
        "next",
        {"data": {"count": door.counted}},
    )


@pytest.mark.parametrize("query", ["{", "{ nothing }", "subscription { numbers }"])
async def test_a_refused_document_is_an_event_of_its_own(
    web: httpx.AsyncClient, query: str
) -> None:
    (kind, answer), end = await events(web, query)

    assert kind == "next"
    assert isinstance(answer, dict)
    assert answer.keys() == {"errors"}
    assert end == ("complete", None)


async def test_get_streams_subscriptions_and_never_runs_a_mutation(
    web: httpx.AsyncClient, door: ToyDoor
) -> None:
    before = door.counted

    stream = await web.get(
        "/graphql", params={"query": "subscription { numbers(to: 1) }"}, headers=ACCEPT
    )
    change = await web.get("/graphql", params={"query": "mutation { count }"}, headers=ACCEPT)

    assert read(stream.text)[0] == ("next", {"data": {"numbers": 0}})
    assert "errors" in change.text
    assert door.counted == before


async def test_a_request_that_cannot_be_read_is_no_stream(web: httpx.AsyncClient) -> None:
    answer = await web.post("/graphql", json=[], headers=ACCEPT)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


async def test_a_silent_stream_is_kept_alive_and_stops_with_its_reader(
    web: httpx.AsyncClient, door: ToyDoor
) -> None:
    body = {"query": "subscription { silence }"}
    async with web.stream("POST", "/graphql", json=body, headers=ACCEPT) as answer:
        heard = b""
        async for piece in answer.aiter_raw():
            heard += piece
            if len(heard) >= 6:
                break

    await door.has_stopped()
    assert heard == b":\n\n:\n\n"


async def test_a_token_that_ends_ends_the_stream(web: httpx.AsyncClient, door: ToyDoor) -> None:
    door.tokens.add("short")
    headers = {**ACCEPT, "authorization": "Bearer short"}
    body = {"query": "subscription { silence }"}

    async with web.stream("POST", "/graphql", json=body, headers=headers) as answer:
        await door.has_begun()
        door.tokens.remove("short")
        text = (await answer.aread()).decode()

    assert "UNAUTHENTICATED" in text
    assert text.endswith("event: complete\ndata:\n\n")
    assert door.cancelled.is_set()


async def test_a_stream_that_breaks_off_says_why(web: httpx.AsyncClient) -> None:
    first, second, end = await events(web, 'subscription { breaks(how: "bug") }')

    assert first == ("next", {"data": {"breaks": 1}})
    assert "INTERNAL" in str(second)
    assert end == ("complete", None)
