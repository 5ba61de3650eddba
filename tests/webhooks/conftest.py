"""A hub whose feed nobody else numbers, an enterprise with its administrator, and a receiver."""

from collections.abc import AsyncIterator

import pytest

from tests.alone import hub, own_url
from tests.doors import HubClient
from tests.webhooks.receiver import Receiver, receiving
from tests.webhooks.verbs import Keeper, Worker, a_keeper, a_worker, run


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
