"""The uvicorn that serves the hub: limits, and an end for clients that are slow or silent."""

import asyncio
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, NamedTuple

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from hub.settings import Settings
from hub.web.answers import WHOLE
from hub.web.sockets import FRAMES

LONGEST_HEADERS = 32_768
MOST_CONNECTIONS = 4_000
LONGEST_FRAME = 262_144


class Deadlines(NamedTuple):
    """How long a client may take, in seconds."""

    header: float = 10.0
    """From the first byte awaited to the last of the headers."""
    body: float = 30.0
    """From the headers to the last byte of the body; each 64 KiB received adds one second."""
    reading: float = 30.0
    """For the client to take anything of an answer that waits for it."""


_DEADLINES = Deadlines()
_BYTES_PER_SECOND = 65_536
_TOO_LONG = b"431 Request Header Fields Too Large"


def serve_config(
    app: ASGIApp, settings: Settings, deadlines: Deadlines = _DEADLINES
) -> uvicorn.Config:
    """The configuration to run `app` with; the caller makes the Server.

    No header names another client here: a proxy in front has to be trusted by name.
    """
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=type("Http", (_Http,), {"deadlines": deadlines}),
        ws=type("Sockets", (_Sockets,), {"deadlines": deadlines}),
        ws_max_size=LONGEST_FRAME,
        ws_max_queue=16,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=20,
    )


class _NotRead(asyncio.Protocol):
    """Gives up on a client that takes nothing of what waits for it.

    uvicorn waits for it in `send`, and even its own end of a silent socket waits for the buffer.
    """

    deadlines: Deadlines
    transport: asyncio.Transport
    _write_timer: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = asyncio.get_running_loop().call_later(
            self.deadlines.reading, self.transport.abort
        )

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._read_on()
        super().connection_lost(exc)

    def _read_on(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None


class _Sockets(_NotRead, WebSocketsSansIOProtocol):
    """uvicorn's WebSockets; its pings end those whose other side is gone."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            extensions: Any = self.scope["extensions"]
            extensions[FRAMES] = self.send_frames

    async def send_frames(self, frames: bytes) -> None:
        """Send finished frames, and return as soon as the client has taken enough of them.

        So what comes next is judged when it can go out, not before. uvicorn makes a frame anew for
        each client, and sends each by itself.
        """
        if not (self.close_sent or self.transport.is_closing()):
            self.transport.write(frames)
        await self.writable.wait()


class _Phase(Enum):
    """What of a request the client still owes."""

    NOTHING = auto()
    HEADERS = auto()
    BODY = auto()


class _Http(_NotRead, HttpToolsProtocol):
    """uvicorn's HTTP/1.1, which by itself waits for ever for a client to go on.

    A request that comes in one piece never starts a timer.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._phase = _Phase.HEADERS
        self._timer: asyncio.TimerHandle | None = None
        self._extensions: Any = {WHOLE: self.send_whole}
        self._piece = 0
        self._received = 0
        self._unfinished = 0
        """Bytes of headers that are not complete, or behind the last of the body; an upper bound,
        since the piece that they begin in may begin with something else."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._turn(_Phase.NOTHING)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._piece = len(data)
        self._received += self._piece
        self._unfinished += self._piece
        super().data_received(data)
        if self._phase is _Phase.NOTHING:
            return
        if self._unfinished > LONGEST_HEADERS:
            self._refuse(_TOO_LONG)
        elif self._timer is None:
            self._arm()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = self._extensions
        self._turn(_Phase.HEADERS)
        self._unfinished = self._piece

    def on_headers_complete(self) -> None:
        if self._too_long():
            raise ValueError("the parser makes a 400 of it, and send_400_response a 431")
        self._turn(_Phase.BODY)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unfinished = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._turn(_Phase.NOTHING)
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._turn(_Phase.NOTHING)
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        if self._too_long():
            self._refuse(_TOO_LONG)
        else:
            super().send_400_response(msg)

    def send_whole(self, scope: Scope, status: int, lines: bytes, body: bytes) -> bool:
        """Send the answer to the request of `scope`, unless something is in its way; whether it is.

        uvicorn looks at every character of every header of every answer. `lines` are all headers
        but the date and the length.
        """
        cycle = self.cycle
        if (
            cycle.scope is not scope
            or cycle.response_started
            or cycle.disconnected
            or cycle.flow.write_paused
            or not cycle.keep_alive
            or scope["method"] == "HEAD"
        ):
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        default = b"".join([b"%b: %b\r\n" % header for header in cycle.default_headers])
        length = b"content-length: %d\r\n\r\n" % len(body)
        self.transport.write(b"".join((STATUS_LINE[status], default, lines, length)))
        self.transport.write(body)
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _too_long(self) -> bool:
        """Whether the headers are; they are only measured where they can be."""
        if self._unfinished <= LONGEST_HEADERS or self.headers is None:
            return False
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        return size > LONGEST_HEADERS

    def _turn(self, phase: _Phase) -> None:
        self._phase = phase
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, seconds: float | None = None) -> None:
        allowed = self.deadlines.body if self._phase is _Phase.BODY else self.deadlines.header
        self._timer = self.loop.call_later(seconds or allowed, self._late, self._received)

    def _late(self, received: int) -> None:
        """End the connection, unless the body has grown enough or it is we who do not read.

        A body that was answered already, because it is refused, earns nothing.
        """
        self._timer = None
        answered = self.cycle is None or self.cycle.response_complete
        ours = self.flow.read_paused or (self._phase is _Phase.HEADERS and not answered)
        earned = 0.0 if answered else (self._received - received) / _BYTES_PER_SECOND
        if ours or earned > 1:
            self._arm(max(earned, 1.0))
        else:
            self._refuse(b"408 Request Timeout")

    def _refuse(self, status: bytes) -> None:
        """Close, and say why if the client is not in the middle of an answer or past it."""
        if self._phase is _Phase.BODY:
            silent = self.cycle.response_started
        else:
            silent = self.cycle is not None and not self.cycle.response_complete
        self._turn(_Phase.NOTHING)
        if not silent:
            head = b"HTTP/1.1 " + status
            self.transport.write(head + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        self.transport.close()
