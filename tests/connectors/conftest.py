"""A hub without a worker, on a database of the module's own."""

from collections.abc import AsyncIterator

import pytest

from tests.alone import hub as module_hub
from tests.alone import own_url
from tests.connectors.verbs import Keeper, Worker, a_steward, a_worker, an_enterprise, none_else
from tests.doors import HubClient


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
