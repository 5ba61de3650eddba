"""Servers on the loopback: an application, or a whole hub with its worker."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from hub.web.app import Hub, application
from hub.web.server import serve_config
from tests.patience import patiently


class Server(uvicorn.Server):
    """uvicorn that leaves the signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(config: uvicorn.Config, *, waits: bool = True) -> AsyncIterator[int]:
    """The free port on which an application is served while inside.

    It ends in good order; unless it `waits`, without its clients and its lifespan.
    """
    # asyncio turns Nagle's delay off only for sockets that name their protocol.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = Server(config)
        running = asyncio.create_task(server.serve([listener]))
        async with patiently("a server to start"):
            while not server.started and not running.done():  # noqa: ASYNC110 -- uvicorn tells no one
                await asyncio.sleep(0.01)
        assert server.started
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            server.force_exit = not waits
            async with patiently("a server to end"):
                await running


@asynccontextmanager
async def served(hub: Hub) -> AsyncIterator[str]:
    """The address of `hub`, which serves with its worker inside."""
    async with serving(serve_config(application(hub, [hub.work]), hub.settings)) as port:
        yield f"http://127.0.0.1:{port}"
