"""Slow, silent and oversize clients over real sockets, with deadlines of tenths of a second."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from websockets.frames import Frame, Opcode

from hub.settings import Settings
from hub.web.channels import Shared
from hub.web.graphql import Front, routes
from hub.web.operations import Operations, Outcome
from hub.web.server import Deadlines, serve_config
from hub.web.sockets import FRAMES
from hub.web.sse import stream
from tests.patience import patiently
from tests.serving import serving
from tests.web.toy import ToyDoor

POST = b"POST /graphql HTTP/1.1\r\nhost: hub\r\ncontent-type: application/json\r\n"
QUERY = b'{"query": "{ hello }"}'
WHOLE = POST + b"content-length: %d\r\n\r\n" % len(QUERY) + QUERY
GET = b"GET %b HTTP/1.1\r\nhost: hub\r\n\r\n"
UPGRADE = (
    b"GET %b HTTP/1.1\r\nhost: hub\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
CHUNK = b"x" * 1_000_000
MANY = 20


class Endless:
    """Answers without end, and knows when nobody takes them."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()
        self.begun = asyncio.Event()
        self.taken = asyncio.Event()

    async def http(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        gone = asyncio.create_task(self.until_gone(receive))
        while not gone.done():
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
            await asyncio.sleep(0)
        self.stopped.set()

    async def until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def socket(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                await socket.send_text("x" * 1_000_000)
        except Exception:  # noqa: BLE001  any end will do
            self.stopped.set()

    async def frames(self, socket: WebSocket) -> None:
        """More than the other side takes unread."""
        await socket.accept()
        send = socket.scope["extensions"][FRAMES]
        self.begun.set()
        await send(Frame(Opcode.BINARY, CHUNK * MANY).serialize(mask=False))
        self.taken.set()

    async def events(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """As much as server-sent events."""

        async def told() -> AsyncGenerator[Outcome | Shared, None]:
            self.begun.set()
            yield Shared([(1, CHUNK * MANY)], 1)
            self.taken.set()

        async def admit() -> None:
            return None

        async def never() -> None:
            await asyncio.Event().wait()

        await stream(told(), send, admit, 20, "request-1", never())


@pytest.fixture(scope="module")
async def endless() -> Endless:
    return Endless()


@pytest.fixture(scope="module")
async def port(endless: Endless) -> AsyncIterator[int]:
    """An impatient server."""
    settings = Settings(max_body_bytes=400_000)

    class Http:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            serve = endless.events if scope["path"] == "/events" else endless.http
            await serve(scope, receive, send)

    app = Front(
        routes=[
            *routes(Operations(ToyDoor(), settings), settings),
            Route("/endless", Http()),
            Route("/events", Http()),
            WebSocketRoute("/endless", endless.socket),
            WebSocketRoute("/frames", endless.frames),
        ]
    )
    deadlines = Deadlines(header=0.4, body=0.4, reading=0.4)
    async with serving(serve_config(app, settings, deadlines), waits=False) as found:
        yield found


async def talk(port: int, *pieces: bytes) -> bytes:
    """What the server says until it closes; a piece each twentieth of a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.05)
        async with patiently("the server to close"):
            return await reader.read()
    except ConnectionError:
        return b"reset"
    finally:
        writer.close()


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"POST",),
        (POST,),
        (POST[:20], POST[20:], b"a: b\r\n", b"c: d\r\n"),
        (POST + b"content-length: 99\r\n\r\n",),
        (POST + b"content-length: 99\r\n\r\n", *[b"x"] * 6),
        (POST + b"transfer-encoding: chunked\r\n\r\n5\r\nab",),
        (POST + b"transfer-encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 6),
    ],
    ids=[
        "silence",
        "a word",
        "half",
        "slow",
        "no body",
        "slow body",
        "half a chunk",
        "slow chunks",
    ],
)
async def test_who_does_not_go_on_is_told_408_and_closed(
    port: int, pieces: tuple[bytes, ...]
) -> None:
    assert (await talk(port, *pieces)).startswith(b"HTTP/1.1 408 ")


async def test_a_second_request_that_stalls_is_closed_too(port: int) -> None:
    said = await talk(port, WHOLE, POST)

    assert said.count(b"HTTP/1.1 200 ") == 1
    assert said.count(b"HTTP/1.1 408 ") == 1


async def test_a_long_body_earns_its_time_by_coming(port: int) -> None:
    body = QUERY[:-1] + b" " * 390_000 + b"}"
    pieces = [body[i : i + 30_000] for i in range(0, len(body), 30_000)]
    closing = POST + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body)

    assert (await talk(port, closing, *pieces)).startswith(b"HTTP/1.1 200 ")


async def test_a_kept_connection_serves_one_request_after_another(port: int) -> None:
    last = WHOLE.replace(b"host", b"connection: close\r\nhost")

    said = await talk(port, *[WHOLE] * 12, WHOLE + WHOLE, last)

    assert said.count(b"HTTP/1.1 200 ") == 15


@pytest.mark.parametrize(
    "pieces",
    [
        (b"GET /graphql?" + b"x" * 40_000 + b" HTTP/1.1\r\n\r\n",),
        (b"GET / HTTP/1.1\r\nx: " + b"x" * 40_000 + b"\r\n\r\n",),
        (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 9_000 + b"\r\n",),
        (b"GET / HTTP/1.1\r\nx: ", *[b"x" * 9_000] * 4),
    ],
    ids=["url", "header", "headers", "piece by piece"],
)
async def test_headers_over_32_kib_get_431(port: int, pieces: tuple[bytes, ...]) -> None:
    assert (await talk(port, *pieces)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "trailers", [(b"x: ", b"x" * 20_000, b"x" * 20_000), (b"x: y\r\n" * 9_000,)]
)
async def test_what_follows_the_body_is_bounded_like_headers(
    port: int, trailers: tuple[bytes, ...]
) -> None:
    chunked = POST + b"transfer-encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n"

    assert (await talk(port, chunked, *trailers)).startswith(b"HTTP/1.1 431 ")


async def test_headers_of_32_kib_are_read_and_a_large_body_may_follow_at_once(port: int) -> None:
    headers = POST + b"x: " + b"x" * 32_500 + b"\r\nconnection: close\r\n"
    body = QUERY + b" " * 100_000

    said = await talk(port, headers + b"content-length: %d\r\n\r\n" % len(body) + body)

    assert said.startswith(b"HTTP/1.1 200 ")


async def test_an_answer_reads_the_same_whether_it_leaves_in_one_go_or_not(port: int) -> None:
    """The ordinary way is taken where the connection is not kept, and while another waits."""
    named = WHOLE.replace(b"host", b"x-request-id: request-1\r\nhost")
    last = named.replace(b"host", b"connection: close\r\nhost")

    kept, queued, closing = [
        {line for line in answer.split(b"\r\n") if not line.startswith((b"date", b"connection"))}
        for answer in (await talk(port, named, named + last)).split(b"HTTP/1.1 ")[1:]
    ]

    assert kept == queued == closing
    assert b"x-request-id: request-1" in kept


async def test_an_answer_to_head_has_no_body(port: int) -> None:
    said = await talk(port, b"HEAD /graphql HTTP/1.1\r\nhost: hub\r\n\r\n", WHOLE)

    head, rest = said.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 405 ")
    assert b"content-length: " in head
    assert rest.startswith(b"HTTP/1.1 200 ")


async def test_a_refused_body_is_thrown_away_for_a_while_and_then_cut(port: int) -> None:
    refused = POST + b"content-length: 9000000000\r\n\r\n"

    said = await talk(port, refused, *[b"x" * 10_000] * 4)

    assert said.startswith(b"HTTP/1.1 413 ")
    assert said.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("upgrade", [False, True], ids=["http", "websocket"])
async def test_who_takes_nothing_of_an_answer_is_let_go(
    port: int, endless: Endless, upgrade: bool
) -> None:
    endless.stopped.clear()
    _reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
    writer.write((UPGRADE if upgrade else GET) % b"/endless")

    async with patiently("the client to be let go"):
        await endless.stopped.wait()

    writer.close()


@pytest.mark.parametrize("request_", [UPGRADE % b"/frames", GET % b"/events"])
async def test_what_is_shared_is_sent_once_the_client_has_taken_enough_of_it(
    port: int, endless: Endless, request_: bytes
) -> None:
    endless.begun.clear()
    endless.taken.clear()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
    writer.write(request_)

    async with patiently("all to be sent"):
        await endless.begun.wait()
        taken_unread = endless.taken.is_set()
        while not endless.taken.is_set():
            assert await reader.read(len(CHUNK))

    assert not taken_unread
    writer.close()


async def test_what_is_not_http_gets_400(port: int) -> None:
    assert (await talk(port, b"\x16\x03\x01\x02\x00")).startswith(b"HTTP/1.1 400 ")


def test_uvicorn_is_limited_as_the_hub_promises() -> None:
    config = serve_config(Starlette(), Settings(port=8123))

    assert (config.host, config.port) == ("127.0.0.1", 8123)
    assert config.timeout_keep_alive == 15
    assert config.timeout_graceful_shutdown == 20
    assert config.ws_max_size == 262_144
    assert (config.ws_ping_interval, config.ws_ping_timeout) == (20, 20)
    assert config.limit_concurrency == 4_000
