"""graphql-transport-ws in raw frames: the right is answered, the wrong closes with its code."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from hub.web.sockets import same_origin
from tests.web.toy import ToyDoor

INIT = {"type": "connection_init"}
PROTOCOL = Subprotocol("graphql-transport-ws")


def subscribe(query: str, id_: Any = "1", **payload: Any) -> dict[str, Any]:
    return {"id": id_, "type": "subscribe", "payload": {"query": query, **payload}}


@asynccontextmanager
async def opened(
    port: int, init: dict[str, Any] | None = INIT, **more: Any
) -> AsyncIterator[ClientConnection]:
    """A socket that has been greeted, unless `init` is None."""
    url = f"ws://127.0.0.1:{port}/graphql"
    async with connect(url, subprotocols=[PROTOCOL], proxy=None, **more) as socket:
        if init is not None:
            await say(socket, init)
            assert await hear(socket) == {"type": "connection_ack"}
        yield socket


async def say(socket: ClientConnection, frame: Any) -> None:
    await socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))


async def hear(socket: ClientConnection) -> dict[str, Any]:
    text = await asyncio.wait_for(socket.recv(), 20)
    assert isinstance(text, str)
    return dict(json.loads(text))


async def closed(socket: ClientConnection) -> int:
    """The code of the close, whatever comes before it."""
    try:
        while True:
            await asyncio.wait_for(socket.recv(), 20)
    except ConnectionClosed:
        assert socket.close_code is not None
        return socket.close_code


async def test_a_subscription_sends_its_events_and_completes(port: int, door: ToyDoor) -> None:
    async with opened(port) as socket:
        await say(socket, subscribe("subscription { numbers(to: 2) }"))
        frames = [await hear(socket) for _ in range(3)]

    *events, end = frames
    assert [event["payload"]["data"] for event in events] == [{"numbers": 0}, {"numbers": 1}]
    assert {(event["id"], event["type"]) for event in events} == {("1", "next")}
    assert end == {"id": "1", "type": "complete"}
    assert door.opened == door.closed


async def test_queries_and_mutations_run_over_a_socket_too(port: int, door: ToyDoor) -> None:
    async with opened(port) as socket:
        await say(
            socket, subscribe("query Q($n: String) { hello(name: $n) }", "a", variables={"n": "海"})
        )
        query = [await hear(socket) for _ in range(2)]
        await say(socket, subscribe("mutation { count }", "a"))
        mutation = [await hear(socket) for _ in range(2)]

    assert query[0]["payload"]["data"] == {"hello": "你好，海"}
    assert mutation[0]["payload"]["data"] == {"count": door.counted}
    assert query[1] == mutation[1] == {"id": "a", "type": "complete"}


@pytest.mark.parametrize(
    "init",
    [
        {"type": "connection_init"},
        {"type": "connection_init", "payload": None},
        {"type": "connection_init", "payload": {}},
        {"type": "connection_init", "payload": {"token": "staff"}},
        {"type": "connection_init", "payload": {"Authorization": "Bearer staff"}},
        {"type": "connection_init", "payload": {"authorization": "Bearer guest", "more": [1]}},
    ],
    ids=range(6),
)
async def test_a_greeting_is_acknowledged_with_or_without_a_token(
    port: int, init: dict[str, Any]
) -> None:
    async with opened(port, init) as socket:
        await say(socket, {"type": "ping"})

        assert await hear(socket) == {"type": "pong"}


async def test_the_token_of_the_greeting_counts_in_every_operation(port: int) -> None:
    async with opened(port, {**INIT, "payload": {"token": "staff"}}) as socket:
        await say(socket, subscribe("{ __schema { queryType { name } } }"))

        assert (await hear(socket))["payload"]["data"]["__schema"]


async def test_the_token_may_come_with_the_upgrade(port: int) -> None:
    headers = {"authorization": "Bearer staff", "accept-language": "en"}
    async with opened(port, additional_headers=headers) as socket:
        await say(socket, subscribe("{ __schema { queryType { name } } language }"))

        assert (await hear(socket))["payload"]["data"]["language"] == "en"


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([b"{}"], 4400),
        ([b"\x00\xff"], 4400),
        ([""], 4400),
        (["{"], 4400),
        (["null"], 4400),
        (["[]"], 4400),
        (["7"], 4400),
        (['"connection_init"'], 4400),
        (["{}"], 4400),
        (["[" * 5_000], 4400),
        (["[" * 40 + "]" * 40], 4400),
        ([{"type": ["connection_init"]}], 4400),
        ([{"type": "start"}], 4400),
        ([{"type": "connection_ack"}], 4400),
        ([{**INIT, "payload": "token"}], 4400),
        ([{**INIT, "payload": ["token"]}], 4400),
        ([{"type": "ping", "payload": 7}], 4400),
        ([{**INIT, "payload": {"token": "nobody"}}], 4403),
        ([{**INIT, "payload": {"token": 7}}], 4403),
        ([{**INIT, "payload": {"token": ""}}], 4403),
        ([{**INIT, "payload": {"Authorization": "Basic x"}}], 4403),
        ([{**INIT, "payload": {"Authorization": {}}}], 4403),
        ([INIT, INIT], 4429),
        ([subscribe("{ hello }")], 4401),
        ([INIT, subscribe("subscription { silence }"), subscribe("{ hello }")], 4409),
        ([INIT, subscribe("{ hello }", 7)], 4400),
        ([INIT, subscribe("{ hello }", "")], 4400),
        ([INIT, subscribe("{ hello }", ["1"])], 4400),
        ([INIT, subscribe("{ hello }", None)], 4400),
        ([INIT, subscribe("{ hello }", "x" * 200)], 4400),
        ([INIT, {"type": "subscribe", "payload": {"query": "{ hello }"}}], 4400),
        ([INIT, {"type": "subscribe", "id": "1"}], 4400),
        ([INIT, {"type": "subscribe", "id": "1", "payload": "{ hello }"}], 4400),
        ([INIT, {"type": "subscribe", "id": "1", "payload": {}}], 4400),
        ([INIT, {"type": "subscribe", "id": "1", "payload": [{"query": "{ hello }"}]}], 4400),
        ([INIT, subscribe("{ hello }", variables=[])], 4400),
        ([INIT, subscribe("{ hello }", operationName=1)], 4400),
        ([INIT, subscribe("{ hello }", extensions="x")], 4400),
        ([INIT, {"type": "complete"}], 4400),
        ([INIT, {"type": "complete", "id": 7}], 4400),
        ([INIT, {"type": "next", "id": "1", "payload": {}}], 4400),
        ([INIT, b"bytes"], 4400),
        (["x" * 300_000], 1009),
        ([INIT, "x" * 300_000], 1009),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_wrong_frame_closes_the_socket_with_its_code(
    port: int, door: ToyDoor, frames: list[Any], code: int
) -> None:
    async with opened(port, init=None) as socket:
        for frame in frames:
            await say(socket, frame)

        assert await closed(socket) == code


async def test_without_a_greeting_the_socket_closes(port: int) -> None:
    async with opened(port, init=None) as socket:
        await say(socket, {"type": "ping"})

        assert await closed(socket) == 4408


@pytest.mark.parametrize("protocols", [None, ["graphql-ws"], ["chat", "graphql-ws"]])
async def test_another_subprotocol_is_not_spoken(port: int, protocols: list[str] | None) -> None:
    spoken = [Subprotocol(name) for name in protocols] if protocols else None
    url = f"ws://127.0.0.1:{port}/graphql"
    async with connect(url, subprotocols=spoken, proxy=None) as socket:
        assert await closed(socket) == 4406


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://"]
)
async def test_a_page_of_another_origin_gets_403(port: int, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with opened(port, origin=Origin(origin)):
            pass

    assert refused.value.response.status_code == 403


async def test_a_page_of_our_own_is_let_in(port: int) -> None:
    async with opened(port, origin=Origin(f"http://127.0.0.1:{port}")) as socket:
        assert socket.subprotocol == PROTOCOL


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("https://hub.example", "hub.example", True),
        ("https://hub.example:443", "hub.example", True),
        ("https://HUB.example", "hub.example", True),
        ("https://hub.example", "hub.example:8443", False),
        ("https://hub.example.evil", "hub.example", False),
        ("https://hub.example@evil", "hub.example", False),
        ("https://[::1]:8000", "[::1]:8000", True),
        ("https://[::1", "[::1]:8000", False),
        ("https://a:99999999", "a", False),
        ("https://", "", False),
        ("", "hub.example", False),
    ],
)
def test_an_origin_is_the_host_with_its_port(origin: str, host: str, same: bool) -> None:
    assert same_origin({"origin": origin, "host": host}) is same


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "PARSE_FAILED"),
        ("{ nothing }", "VALIDATION_FAILED"),
        ("query A { hello } query B { hello }", "VALIDATION_FAILED"),
        ("subscription($to: Int!) { numbers(to: $to) }", "BAD_INPUT"),
        ("{ __schema { types { name } } }", "FORBIDDEN"),
        ("{ slow }", "TIMEOUT"),
    ],
)
async def test_a_refused_operation_ends_alone(port: int, query: str, code: str) -> None:
    async with opened(port) as socket:
        await say(socket, subscribe(query, "bad"))
        error = await hear(socket)
        await say(socket, subscribe("{ hello }", "bad"))
        answer = await hear(socket)

    assert (error["type"], error["id"]) == ("error", "bad")
    assert [e["extensions"]["code"] for e in error["payload"]] == [code]
    assert answer["payload"]["data"] == {"hello": "你好，世界"}


async def test_an_error_of_a_field_comes_with_the_data(port: int) -> None:
    async with opened(port) as socket:
        await say(socket, subscribe('{ fails(how: "absent") }'))
        answer, end = await hear(socket), await hear(socket)

    assert answer["payload"]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert (answer["type"], end["type"]) == ("next", "complete")


async def test_a_stream_that_breaks_off_ends_with_an_error(port: int, door: ToyDoor) -> None:
    async with opened(port) as socket:
        await say(socket, subscribe('subscription { breaks(how: "no database") }'))
        event, error = await hear(socket), await hear(socket)

    assert event["payload"]["data"] == {"breaks": 1}
    assert error["payload"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert door.opened == door.closed


async def test_complete_stops_the_work_and_frees_the_id(port: int, door: ToyDoor) -> None:
    async with opened(port) as socket:
        await say(socket, subscribe("subscription { silence }"))
        await door.has_begun()
        await say(socket, {"type": "complete", "id": "1"})
        await door.has_stopped()
        await say(socket, {"type": "complete", "id": "unknown"})
        await say(socket, subscribe("{ hello }"))

        assert (await hear(socket))["payload"]["data"] == {"hello": "你好，世界"}


async def test_a_client_that_leaves_stops_all_its_work(port: int, door: ToyDoor) -> None:
    async with opened(port) as socket:
        await say(socket, subscribe("subscription { silence }"))
        await door.has_begun()
        socket.transport.abort()

    await door.has_stopped()


async def test_a_socket_runs_twenty_operations_and_refuses_one_more(port: int) -> None:
    async with opened(port) as socket:
        for number in range(21):
            await say(socket, subscribe("subscription { silence }", str(number)))
        refused = await hear(socket)

    assert (refused["id"], refused["type"]) == ("20", "error")
    assert refused["payload"][0]["extensions"]["code"] == "BUSY"


async def test_a_token_that_ends_ends_the_socket(port: int, door: ToyDoor) -> None:
    door.tokens.add("short")
    async with opened(port, {**INIT, "payload": {"token": "short"}}) as socket:
        await say(socket, subscribe("subscription { silence }"))
        await door.has_begun()
        door.tokens.remove("short")

        assert await closed(socket) == 4403


async def test_a_hub_that_is_away_for_a_moment_keeps_its_sockets(port: int, door: ToyDoor) -> None:
    async with opened(port) as socket:
        door.fault = ConnectionRefusedError()
        try:
            await asyncio.sleep(0.5)
            await say(socket, subscribe("{ hello }"))
            error = await hear(socket)
        finally:
            door.fault = None
        await say(socket, subscribe("{ hello }"))
        answer = await hear(socket)

    assert error["payload"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert answer["payload"]["data"] == {"hello": "你好，世界"}


async def test_a_hub_that_is_away_asks_to_come_again(port: int, door: ToyDoor) -> None:
    door.fault = ConnectionRefusedError()
    try:
        async with opened(port, init=None) as socket:
            await say(socket, INIT)

            assert await closed(socket) == 1013
    finally:
        door.fault = None


ids = st.text(max_size=3) | st.integers() | st.none() | st.lists(st.text(max_size=2), max_size=2)
payloads = (
    st.none()
    | st.text(max_size=5)
    | st.fixed_dictionaries(
        {},
        optional={
            "query": st.sampled_from(["{ hello }", "{", "", 7]),
            "variables": st.none() | st.text(),
        },
    )
)
frames = (
    st.binary(max_size=40)
    | st.text(max_size=40)
    | st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                ["connection_init", "ping", "pong", "subscribe", "complete", "?", 1]
            )
        },
        optional={"id": ids, "payload": payloads},
    ).map(json.dumps)
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=st.lists(frames, max_size=6))
async def test_no_frames_at_all_break_the_server(
    port: int, web: httpx.AsyncClient, said: list[str | bytes]
) -> None:
    async with opened(port) as socket:
        try:
            for frame in said:
                await say(socket, frame)
            await say(socket, "end")
        except ConnectionClosed:
            pass

        assert await closed(socket) in {4400, 4403, 4409, 4429}
