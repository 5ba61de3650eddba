"""A toy hub on a free port of the loopback, and clients to it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from hub.settings import Settings
from hub.web.door import Patience
from hub.web.graphql import Front, routes
from hub.web.server import Deadlines, serve_config
from tests.web.toy import ToyDoor


class Server(uvicorn.Server):
    """uvicorn that leaves the signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: Starlette, settings: Settings, deadlines: Deadlines) -> AsyncIterator[int]:
    """Serve `app` on a free port while inside."""
    # asyncio turns Nagle's delay off only for sockets that name their protocol.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = Server(serve_config(app, settings, deadlines))
        running = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110  uvicorn tells it in no other way
            await asyncio.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            await running


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings(max_body_bytes=20_000, max_upload_bytes=5_000, operation_seconds=1)


@pytest.fixture(scope="session")
async def door() -> ToyDoor:
    return ToyDoor()


@pytest.fixture(scope="session")
async def port(door: ToyDoor, settings: Settings) -> AsyncIterator[int]:
    """The port of a toy hub that serves all tests of the run."""
    patience = Patience(init=0.5, recheck=0.2, keep_alive=0.2)
    app = Front(routes=routes(door, settings, patience))
    async with serving(app, settings, Deadlines()) as found:
        yield found


@pytest.fixture(scope="session")
async def web(port: int) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that hub."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        yield client


@pytest.fixture(autouse=True)
def fresh(request: pytest.FixtureRequest) -> None:
    """Events of the door are of one test only."""
    if "door" in request.fixturenames:
        door: ToyDoor = request.getfixturevalue("door")
        door.begun.clear()
        door.cancelled.clear()
