"""Clients of the subscription `changes`: they remember how far they have come, and go on there."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any

import httpx
import websockets

from tests.patience import PATIENCE, patiently

CHANGES = """
subscription($after: String, $types: [ChangeType!]) {
  changes(after: $after, types: $types) { pos cursor type id kind reason version node { id } }
}
"""

Message = dict[str, Any]
Messages = AsyncGenerator[Message, None]
Wire = Callable[[str, str | None, dict[str, Any]], Messages]


async def by_socket(url: str, token: str | None, variables: dict[str, Any]) -> Messages:
    """The messages over graphql-transport-ws; whoever stops listening is gone without a word."""
    protocol = websockets.Subprotocol("graphql-transport-ws")
    address = f"{url}/graphql".replace("http", "ws", 1)
    async with websockets.connect(address, subprotocols=[protocol], proxy=None) as wire:
        try:
            await wire.send(
                json.dumps({"type": "connection_init", "payload": token and {"token": token}})
            )
            assert json.loads(await wire.recv()) == {"type": "connection_ack"}
            payload = {"query": CHANGES, "variables": variables}
            await wire.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            async for text in wire:
                yield json.loads(text)
        finally:
            wire.transport.abort()


async def by_stream(url: str, token: str | None, variables: dict[str, Any]) -> Messages:
    """The same messages as server-sent events."""
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {token}"}
    asked = {"query": CHANGES, "variables": variables}
    async with (
        httpx.AsyncClient(base_url=url, timeout=PATIENCE) as http,
        http.stream("POST", "/graphql", json=asked, headers=headers) as response,
    ):
        kind = ""
        async for line in response.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield {"type": kind, "payload": json.loads(line.removeprefix("data: "))}


WIRES: dict[str, Wire] = {"graphql-transport-ws": by_socket, "server-sent events": by_stream}


class Follower:
    """Follows the changes from `cursor` on, however often it is cut off."""

    def __init__(self, wire: Wire, url: str, token: str | None, cursor: str | None) -> None:
        self._wire = wire
        self._url = url
        self._token = token
        self.cursor = cursor
        self.heard: list[Any] = []
        self._grown = asyncio.Event()

    async def follow(self, **variables: Any) -> None:
        """Listen until the other side ends it."""
        given = {"after": self.cursor, **variables}
        async with aclosing(self._wire(self._url, self._token, given)) as messages:
            async for message in messages:
                assert message["type"] == "next", message
                assert "errors" not in message["payload"], message
                change = message["payload"]["data"]["changes"]
                self.heard.append(change)
                self.cursor = change["cursor"]
                self._grown.set()

    async def follow_through(self, cut: Callable[[], Awaitable[None]]) -> None:
        """Follow for ever, anew whenever `cut` returns or the server has gone."""
        while True:
            following = asyncio.create_task(self.follow())
            cutting = asyncio.ensure_future(cut())
            try:
                await asyncio.wait({following, cutting}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in (following, cutting):
                    one.cancel()
                await asyncio.gather(cutting, return_exceptions=True)
            with suppress(
                asyncio.CancelledError, OSError, httpx.TransportError, websockets.WebSocketException
            ):
                await following
            await asyncio.sleep(0.02)

    async def until(self, heard: int) -> None:
        """Wait until so many changes have been heard."""
        async with patiently(f"{heard} changes"):
            while len(self.heard) < heard:
                self._grown.clear()
                await self._grown.wait()
