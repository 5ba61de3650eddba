"""A toy hub on a free port of the loopback, and clients to it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from hub.settings import Settings
from hub.web.door import Patience
from hub.web.graphql import Front, routes
from hub.web.operations import Operations
from hub.web.server import serve_config
from tests.serving import serving
from tests.web.toy import ToyDoor


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
    app = Front(routes=routes(Operations(door, settings), settings, patience))
    async with serving(serve_config(app, settings), waits=False) as found:
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
