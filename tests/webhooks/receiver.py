"""Other people's servers: they take what the hub sends, and answer as a test says."""

import asyncio
import base64
import hmac
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Message:
    """What was sent: its headers in lower case, and its body as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """Its id, the same at each try."""
        return self.headers["webhook-id"]

    @property
    def told(self) -> Any:
        """Its body as JSON."""
        return json.loads(self.body)

    def signed_with(self, secret: str) -> bool:
        """Whether one of its signatures is by `secret`, whatever its age."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        stamp = self.headers["webhook-timestamp"]
        text = b".".join([self.id.encode(), stamp.encode(), self.body])
        signature = base64.b64encode(hmac.digest(key, text, "sha256")).decode()
        return f"v1,{signature}" in self.headers["webhook-signature"].split(" ")


Answer = Callable[[Message, asyncio.StreamWriter], Awaitable[None]]


def status(code: int, *headers: str) -> Answer:
    """An answer that is only a status, and some headers."""

    async def answer(message: Message, out: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {code} X", "content-length: 0", "connection: close", *headers]
        out.write("\r\n".join([*lines, "", ""]).encode())

    return answer


async def silence(message: Message, out: asyncio.StreamWriter) -> None:
    """No answer, for as long as the other side waits."""
    await asyncio.sleep(3600)


async def endless(message: Message, out: asyncio.StreamWriter) -> None:
    """An answer that never ends."""
    out.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        out.write(b"x" * 65_536)
        await out.drain()


async def endless_headers(message: Message, out: asyncio.StreamWriter) -> None:
    """A head of an answer that never ends."""
    out.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        out.write(b"x-more: " + b"x" * 1000 + b"\r\n")
        await out.drain()


@dataclass
class Receiver:
    """A server that remembers what came; `answer` may be changed at any time."""

    port: int = 0
    answer: Answer = field(default_factory=lambda: status(204))
    heard: list[Message] = field(default_factory=list)
    most_at_once: int = 0
    _now: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def target(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.target}/hub"

    @property
    def ids(self) -> list[str]:
        """The ids of what came."""
        return [one.id for one in self.heard]

    async def until(self, many: int) -> None:
        """Wait until so many have come."""
        while len(self.heard) < many:
            self._news.clear()
            await self._news.wait()

    async def take(self, given: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        """One connection: one message, one answer."""
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            head = (await given.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head)}
            body = await given.readexactly(int(headers.get("content-length", "0")))
            message = Message(headers, body)
            self.heard.append(message)
            self._news.set()
            answering = asyncio.ensure_future(self.answer(message, out))
            leaving = asyncio.ensure_future(given.read())
            done, left = await asyncio.wait(
                {answering, leaving}, return_when=asyncio.FIRST_COMPLETED
            )
            for one in left:
                one.cancel()
            await asyncio.gather(*done, *left, return_exceptions=True)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._now -= 1
            out.close()
            with suppress(ConnectionError):
                await out.wait_closed()


@asynccontextmanager
async def receiving(many: int = 1) -> AsyncIterator[Sequence[Receiver]]:
    """So many servers, each on a free port of the loopback."""
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(many):
            one = Receiver()
            server = await asyncio.start_server(one.take, "127.0.0.1", 0, family=socket.AF_INET)
            await stack.enter_async_context(server)
            one.port = server.sockets[0].getsockname()[1]
            found.append(one)
        yield found
