"""Databases of a module's own, and a hub on each that nobody else numbers, reads or empties."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.embedded.supervisor import Embedded
from tests.doors import HubClient
from tests.feed.verbs import alone
from tests.fresh import empty_copy


@pytest.fixture(scope="module")
def own_url(request: pytest.FixtureRequest, database_url: str, shared: Path) -> str:
    """A database that is empty at first and named after the module."""
    name = request.module.__name__.removeprefix("tests.").replace(".test_", "_")
    return empty_copy(database_url, shared, name)


@pytest.fixture(scope="module")
async def hub(
    servers: Embedded, own_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HubClient]:
    """A hub on that database, without a worker."""
    async with alone(own_url, servers.redis_url, tmp_path_factory.mktemp("hub")) as client:
        yield client
