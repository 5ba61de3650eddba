"""A hub on a database of the module's own, so that nobody else writes its exports."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.embedded.supervisor import Embedded
from tests.doors import HubClient
from tests.exports.verbs import Requester, a_requester
from tests.feed.verbs import alone
from tests.fresh import empty_copy


@pytest.fixture(scope="module")
def own_url(request: pytest.FixtureRequest, database_url: str, shared: Path) -> str:
    """A database that is empty at first and named after the module."""
    name = request.module.__name__.rpartition(".test_")[2]
    return empty_copy(database_url, shared, f"exports_{name}")


@pytest.fixture(scope="module")
async def hub(
    servers: Embedded, own_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HubClient]:
    """A hub on that database, without a worker."""
    async with alone(own_url, servers.redis_url, tmp_path_factory.mktemp("hub")) as client:
        yield client


@pytest.fixture
async def firm(hub: HubClient) -> Requester:
    """An enterprise and its administrator."""
    return await a_requester(hub)
