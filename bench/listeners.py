"""Subscribers that cost little: raw sockets that speak graphql-transport-ws and count events."""

import asyncio
import base64
import os
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast
from uuid import uuid4

import orjson
from websockets.frames import Frame, Opcode

from bench.load import HOST, PATH

PATIENCE = 300.0
"""Seconds until a run is given up."""
QUIET = 0.4
"""Seconds without an event after which nothing is on its way any more."""


L = TypeVar("L", bound="Listener")


class Listener(asyncio.Protocol):
    """One socket with one subscription; frames are counted, and only the last one is kept."""

    def __init__(self, token: str, query: str) -> None:
        self.events = 0
        self.last = b""
        self.acknowledged = asyncio.Event()
        self._token = token
        self._query = query
        self._data = b""
        self._open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
            f"Authorization: Bearer {self._token}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._open:
            head, end, self._data = self._data.partition(b"\r\n\r\n")
            if not end:
                self._data = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._open = True
            self._say({"type": "connection_init", "payload": {"token": self._token}})
        self._count()

    def _count(self) -> None:
        data, at = self._data, 0
        while len(data) - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                start = at + 4
                length = int.from_bytes(data[at + 2 : start], "big")
            if len(data) < start + length:
                break
            if data[at] & 15 == Opcode.TEXT:
                if self.acknowledged.is_set():
                    self.hear(data[start : start + length])
                else:
                    self._subscribe(data[start : start + length])
            elif data[at] & 15 == Opcode.PING:
                pong = Frame(Opcode.PONG, data[start : start + length])
                self._transport.write(pong.serialize(mask=True))
            at = start + length
        self._data = data[at:]

    def hear(self, event: bytes) -> None:
        """Count an event."""
        self.events += 1
        self.last = event

    def _subscribe(self, frame: bytes) -> None:
        assert b"connection_ack" in frame, frame
        self.acknowledged.set()
        id_ = str(uuid4())
        self._say({"id": id_, "type": "subscribe", "payload": {"query": self._query}})

    def _say(self, message: object) -> None:
        self._transport.write(Frame(Opcode.TEXT, orjson.dumps(message)).serialize(mask=True))

    def close(self) -> None:
        """Leave."""
        self._transport.close()


class Audience(Generic[L]):
    """All the listeners of one server."""

    def __init__(self, listeners: Sequence[L]) -> None:
        self.listeners = listeners

    @classmethod
    async def gathered(
        cls, port: int, tokens: Sequence[str], make: Callable[[str], L]
    ) -> "Audience[L]":
        """One listener for each of `tokens`; the server has heard them all, if not acted on it."""
        loop = asyncio.get_running_loop()
        made = [make(token) for token in tokens]
        for one in made:
            await loop.create_connection(lambda one=one: one, HOST, port)  # type: ignore[misc]
        async with asyncio.timeout(PATIENCE):
            for one in made:
                await one.acknowledged.wait()
        return cls(made)

    @property
    def fewest(self) -> int:
        """The events of the listener that has heard the fewest."""
        return min(one.events for one in self.listeners)

    async def quiet(self) -> None:
        """Return when nothing is on its way any more; all counts begin anew."""
        before = -1
        while before != (now := sum(one.events for one in self.listeners)):
            before = now
            await asyncio.sleep(QUIET)
        for one in self.listeners:
            one.events = 0

    async def heard(self, events: int) -> float:
        """The moment when the last listener has heard so many events."""
        async with asyncio.timeout(PATIENCE):
            while self.fewest < events:  # noqa: ASYNC110 -- an event of asyncio costs each frame
                await asyncio.sleep(0.001)
        return time.perf_counter()

    def close(self) -> None:
        """Let all of them leave."""
        for one in self.listeners:
            one.close()
