"""Databases of a module's own, so that nobody else numbers, reads or empties its feed."""

from collections.abc import AsyncIterator

import httpx
import pytest

from hub.embedded.supervisor import Embedded
from hub.settings import Settings
from hub.web.app import Hub
from tests.alone import hub, own_url
from tests.doors import HubClient
from tests.feed.verbs import numbered
from tests.ledger_verbs import Firm, a_firm
from tests.serving import served


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
