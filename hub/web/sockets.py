"""GraphQL over WebSocket at /graphql: the protocol graphql-transport-ws and nothing else."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing, suppress
from typing import Any
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from hub.errors import BadRequest, Busy, HubError, Unauthenticated
from hub.tasks import end
from hub.web.answers import encode
from hub.web.body import Asked, read_asked, read_json
from hub.web.channels import Shared
from hub.web.door import Caller, Patience
from hub.web.negotiation import bearer
from hub.web.operations import Operations, Outcome

PROTOCOL = "graphql-transport-ws"
FRAMES = "hub.frames"
"""The extension of ASGI by which `hub.web.server` lets finished frames out in one go."""
SendFrames = Callable[[bytes], Awaitable[None]]
MOST_OPERATIONS = 20
_LONGEST_ID = 128


class GraphQLSockets:
    """The ASGI application of the WebSocket side."""

    def __init__(self, operations: Operations, patience: Patience) -> None:
        self._operations = operations
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until either side ends it. A page of another origin gets a 403."""
        caller = Caller.of(scope)
        await receive()
        if not same_origin(caller.headers):
            await send({"type": "websocket.close", "code": 4403})
            return
        spoken = PROTOCOL in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if spoken else None})
        frames = scope.get("extensions", {}).get(FRAMES)
        socket = Socket(self._operations, self._patience, caller, receive, send, frames)
        if spoken:
            await socket.serve()
        else:
            await socket.close(4406, "Subprotocol not acceptable")


def same_origin(headers: Mapping[str, str]) -> bool:
    """Whether the Origin, which only pages send, is the host asked for."""
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        page, host = urlsplit(origin), urlsplit(f"//{headers.get('host', '')}")
        default = {"http": 80, "https": 443}[page.scheme]
        return page.hostname is not None and (page.hostname, page.port or default) == (
            host.hostname,
            host.port or default,
        )
    except (KeyError, ValueError):
        return False


class _Closing(Exception):
    """The socket has to be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Gone(Exception):
    """The other side has left."""


class Socket:
    """One socket: its caller, and the operations that run on it."""

    def __init__(
        self,
        operations: Operations,
        patience: Patience,
        caller: Caller,
        receive: Receive,
        send: Send,
        send_frames: SendFrames | None,
    ) -> None:
        self._operations = operations
        self._patience = patience
        self._receive = receive
        self._write = send
        self._write_frames = send_frames
        self._caller = caller
        self._admit = operations.watch(caller)
        self._greeted = False
        self._ready = False
        self._closed = False
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Handle frames until the end, then stop every operation."""
        try:
            await self._initialise()
            self._start(self._recheck())
            while True:
                await self._handle(await self._frame())
        except _Closing as closing:
            await self.close(closing.code, closing.reason)
        except _Gone:
            self._closed = True
        finally:
            await end(*self._tasks)

    async def close(self, code: int, reason: str) -> None:
        """Close the socket with `code`, once."""
        if not self._closed:
            self._closed = True
            with suppress(OSError):
                await self._write({"type": "websocket.close", "code": code, "reason": reason})

    async def _initialise(self) -> None:
        try:
            async with asyncio.timeout(self._patience.init):
                while not self._ready:
                    await self._handle(await self._frame())
        except TimeoutError:
            raise _Closing(4408, "Connection initialisation timeout") from None

    async def _frame(self) -> dict[str, Any]:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            raise _Gone
        text = message.get("text")
        try:
            frame = read_json(text) if text is not None else None
        except BadRequest:
            frame = None
        if not isinstance(frame, dict):
            raise _Closing(4400, "Invalid message")
        return frame

    async def _handle(self, frame: dict[str, Any]) -> None:
        payload = frame.get("payload")
        match frame.get("type"):
            case "connection_init" if payload is None or isinstance(payload, dict):
                await self._greet(payload or {})
            case "ping" if payload is None or isinstance(payload, dict):
                await self._send(b'{"type":"pong"}')
            case "pong" if payload is None or isinstance(payload, dict):
                pass
            case "subscribe":
                await self._subscribe(_id(frame), payload)
            case "complete":
                if task := self._running.pop(_id(frame), None):
                    task.cancel()
            case _:
                raise _Closing(4400, "Invalid message")

    async def _greet(self, payload: dict[str, Any]) -> None:
        if self._greeted:
            raise _Closing(4429, "Too many initialisation requests")
        self._greeted = True
        try:
            token = _token(payload, self._caller.headers)
        except HubError:
            raise _Closing(4403, "Forbidden") from None
        self._caller = self._caller._replace(token=token)
        self._admit = self._operations.watch(self._caller)
        if refusal := await self._admit():
            code, reason = (4403, "Forbidden") if refusal.locks_out else (1013, "Try again later")
            raise _Closing(code, reason)
        self._ready = True
        await self._send(b'{"type":"connection_ack"}')

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(self._patience.recheck)
            refusal = await self._admit()
            if refusal and refusal.locks_out:
                await self.close(4403, "Forbidden")
                return

    async def _subscribe(self, id_: str, payload: Any) -> None:
        if not self._ready:
            raise _Closing(4401, "Unauthorized")
        if id_ in self._running:
            raise _Closing(4409, f"Subscriber for {id_[:64]} already exists")
        try:
            asked = read_asked(payload)
        except BadRequest:
            raise _Closing(4400, "Invalid message") from None
        caller = self._caller._replace(request_id=secrets.token_hex(8))
        if len(self._running) >= MOST_OPERATIONS:
            busy = Busy(
                f"一个连接最多同时进行 {MOST_OPERATIONS} 个操作",
                f"a socket runs at most {MOST_OPERATIONS} operations at a time",
            )
            await self._answer(id_, self._operations.refuse(busy, caller))
            return
        self._running[id_] = self._start(self._operate(id_, asked, caller))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _operate(self, id_: str, asked: Asked, caller: Caller) -> None:
        try:
            async with aclosing(self._operations.events(asked, caller)) as outcomes:
                async for outcome in outcomes:
                    if isinstance(outcome, Shared):
                        await self._pass_on(id_, outcome)
                        continue
                    await self._answer(id_, outcome)
                    if not outcome.ran:
                        return
            await self._send(encode({"id": id_, "type": "complete"}))
        finally:
            if self._running.get(id_) is asyncio.current_task():
                del self._running[id_]

    async def _answer(self, id_: str, outcome: Outcome) -> None:
        kind = b"next" if outcome.ran else b"error"
        payload = outcome.body if outcome.ran else encode(outcome.errors)
        await self._send(b'{"id":%b,"type":"%b","payload":%b}' % (encode(id_), kind, payload))

    async def _pass_on(self, id_: str, shared: Shared) -> None:
        """Send what others get too, in one go where the server can."""
        if self._write_frames is None:
            for text in shared.texts(id_):
                await self._send(text)
        elif not self._closed:
            await self._write_frames(shared.frames(id_))

    async def _send(self, text: bytes) -> None:
        if not self._closed:
            with suppress(OSError):
                await self._write({"type": "websocket.send", "text": text.decode()})


def _id(frame: dict[str, Any]) -> str:
    id_ = frame.get("id")
    if isinstance(id_, str) and 0 < len(id_) <= _LONGEST_ID:
        return id_
    raise _Closing(4400, "Invalid message")


def _token(payload: dict[str, Any], headers: Mapping[str, str]) -> str | None:
    """The token of `connection_init`, or of the upgrade request. Unauthenticated if malformed."""
    if "token" in payload:
        token = payload["token"]
        if isinstance(token, str) and token:
            return token
        raise Unauthenticated("token 应为非空字符串", "token has to be a text")
    given = payload.get("Authorization", payload.get("authorization"))
    if given is not None and not isinstance(given, str):
        raise Unauthenticated("Authorization 应为字符串", "Authorization has to be a text")
    return bearer(given if given is not None else headers.get("authorization"))
