"""LIMIT of the subscriptions: the least that a Python server can do for one event and one client.

A raw ASGI application on uvicorn with uvloop. The events come ready to be sent with a POST; each is
wrapped once, and the same text is sent to every socket. There is no GraphQL, database or account.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from bench.limit import run
from hub.settings import Settings


class Loudspeaker:
    """The ASGI application."""

    def __init__(self) -> None:
        self._listening: set[Send] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, one socket or the lifespan."""
        match scope["type"]:
            case "lifespan":
                await receive()
                await send({"type": "lifespan.startup.complete"})
                await receive()
                await send({"type": "lifespan.shutdown.complete"})
            case "http":
                await self._take(receive, send)
            case "websocket":
                await self._serve(receive, send)

    async def _take(self, receive: Receive, send: Send) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        task = asyncio.create_task(self._publish(orjson.loads(body)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    async def _publish(self, events: Sequence[str]) -> None:
        for event in events:
            text = f'{{"id":"1","type":"next","payload":{event}}}'
            for send in list(self._listening):
                await send({"type": "websocket.send", "text": text})
            await asyncio.sleep(0)

    async def _serve(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
        try:
            while (message := await receive())["type"] == "websocket.receive":
                said: Any = orjson.loads(message["text"])
                if said["type"] == "connection_init":
                    await send({"type": "websocket.send", "text": '{"type":"connection_ack"}'})
                elif said["type"] == "subscribe":
                    self._listening.add(send)
        finally:
            self._listening.discard(send)


def serve(settings: Settings) -> None:
    """Serve LIMIT until a signal."""
    run(Loudspeaker(), settings)
