"""Databases of a module's own, so that nobody else numbers, reads or empties its feed."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hub.embedded.supervisor import Embedded
from hub.settings import Settings
from hub.web.app import Hub
from tests.doors import HubClient
from tests.feed.verbs import alone, numbered
from tests.fresh import empty_copy
from tests.ledger_verbs import Firm, a_firm
from tests.serving import served


@pytest.fixture(scope="module")
def own_url(request: pytest.FixtureRequest, database_url: str, shared: Path) -> str:
    """A database that is empty at first and named after the module."""
    name = request.module.__name__.rpartition(".test_")[2]
    return empty_copy(database_url, shared, name)


@pytest.fixture(scope="module")
async def hub(
    servers: Embedded, own_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HubClient]:
    """A hub on that database, without a worker."""
    async with alone(own_url, servers.redis_url, tmp_path_factory.mktemp("hub")) as client:
        yield client


@pytest.fixture(scope="module")
async def live(
    servers: Embedded, own_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HubClient]:
    """A hub on that database and on a port of the loopback, with its worker inside."""
    made = Hub(Settings(data=tmp_path_factory.mktemp("live")), own_url, servers.redis_url)
    async with served(made) as url, httpx.AsyncClient(base_url=url, timeout=30) as http:
        yield HubClient(made, http)


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    """A firm; nothing waits for its place in the feed."""
    found = await a_firm(hub)
    await numbered(hub)
    return found
