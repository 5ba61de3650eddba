"""A hub without a worker, on a database of the module's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.embedded.supervisor import Embedded
from tests.connectors.verbs import Keeper, Worker, a_steward, a_worker, an_enterprise, none_else
from tests.doors import HubClient
from tests.feed.verbs import alone
from tests.fresh import empty_copy


@pytest.fixture(scope="module")
def own_url(request: pytest.FixtureRequest, database_url: str, shared: Path) -> str:
    """A database that is empty at first and named after the module."""
    name = request.module.__name__.rpartition(".test_")[2]
    return empty_copy(database_url, shared, f"connectors_{name}")


@pytest.fixture(scope="module")
async def module_hub(
    servers: Embedded, own_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HubClient]:
    """A hub on that database."""
    async with alone(own_url, servers.redis_url, tmp_path_factory.mktemp("hub")) as client:
        yield client


@pytest.fixture
async def hub(module_hub: HubClient) -> HubClient:
    """That hub, in which nothing is due with the connectors of other tests."""
    await none_else(module_hub)
    return module_hub


@pytest.fixture
async def enterprise(hub: HubClient) -> Keeper:
    return await an_enterprise(hub)


@pytest.fixture
async def steward(hub: HubClient) -> Keeper:
    return await a_steward(hub)


@pytest.fixture
async def worker(hub: HubClient) -> AsyncIterator[Worker]:
    async with a_worker(hub) as found:
        yield found
