"""A hub whose feed nobody else numbers, an enterprise with its administrator, and a receiver."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.embedded.supervisor import Embedded
from tests.doors import HubClient
from tests.feed.verbs import alone
from tests.fresh import empty_copy
from tests.webhooks.receiver import Receiver, receiving
from tests.webhooks.verbs import Keeper, Worker, a_keeper, a_worker, run


@pytest.fixture(scope="module")
def own_url(request: pytest.FixtureRequest, database_url: str, shared: Path) -> str:
    """A database that is empty at first and named after the module."""
    name = request.module.__name__.rpartition(".test_")[2]
    return empty_copy(database_url, shared, f"webhooks_{name}")


@pytest.fixture(scope="module")
async def hub(
    servers: Embedded, own_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HubClient]:
    """A hub on that database, without a worker."""
    async with alone(own_url, servers.redis_url, tmp_path_factory.mktemp("hub")) as client:
        yield client


@pytest.fixture
async def keeper(hub: HubClient) -> Keeper:
    return await a_keeper(hub)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as (one,):
        yield one


@pytest.fixture
async def worker(hub: HubClient, receiver: Receiver) -> AsyncIterator[Worker]:
    """A worker that may reach the receiver and has nothing to do yet."""
    await run(hub, "UPDATE webhook SET retired_at = now() WHERE retired_at IS NULL")
    async with a_worker(hub, [receiver]) as found:
        yield found
