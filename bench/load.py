"""A load client that costs little: keep-alive connections that send prepared bytes, no more."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

from bench.operations import MARK

MARKED = MARK.encode()
_NUMBERS = itertools.count(time.time_ns() // 1_000 % 2**31)
HOST = "127.0.0.1"
PATH = "/graphql"


class Ran(NamedTuple):
    """Requests that were all answered: how long they took together and each, in seconds."""

    seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        """The latency that `share` of the requests stayed within."""
        ordered = sorted(self.latencies)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def request(body: bytes, token: str) -> bytes:
    """The bytes of a POST."""
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def send(port: int, requests: Sequence[bytes], connections: int, count: int) -> Ran:
    """Send `count` of `requests` in turn, over so many connections, each one at a time.

    AssertionError for an answer that is not 200 or tells of errors.
    """
    loop = asyncio.get_running_loop()
    turn = itertools.islice(itertools.cycle(requests), count)
    latencies: list[float] = []
    started = time.perf_counter()
    clients = [_Client(turn, latencies) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, HOST, port)  # type: ignore[misc]
    await asyncio.gather(*(client.done for client in clients))
    return Ran(time.perf_counter() - started, latencies)


async def answer(port: int, request: bytes) -> bytes:
    """The body of the answer to one request."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(request.replace(MARKED, b"%08x" % next(_NUMBERS)))
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(_length(head))
    writer.close()
    return body


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


class _Client(asyncio.Protocol):
    """One connection that takes its next request from the common turn."""

    def __init__(self, turn: Iterator[bytes], latencies: list[float]) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turn = turn
        self._latencies = latencies
        self._head = b""
        self._missing = 0
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def _next(self) -> None:
        request = next(self._turn, None)
        if request is None:
            self._transport.close()
            self.done.set_result(None)
            return
        if MARKED in request:
            request = request.replace(MARKED, b"%08x" % next(_NUMBERS))
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if not self._missing:
            self._head += data
            head, end, data = self._head.partition(b"\r\n\r\n")
            if not end:
                return None
            self._head = b""
            self._missing = _length(head + end)
            if not head.startswith(b"HTTP/1.1 200"):
                return self._fail(head + data)
        if b'"errors":' in data:
            return self._fail(data)
        self._missing -= len(data)
        if not self._missing:
            self._latencies.append(time.perf_counter() - self._sent)
            self._next()
        return None

    def _fail(self, told: bytes) -> None:
        if not self.done.done():
            self.done.set_exception(AssertionError(told[:2_000].decode(errors="replace")))
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server hung up"))
