"""A hub that serves the seeded demo on the loopback, as an integrator meets it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from hub.demo.seed import seed
from hub.embedded.supervisor import Embedded
from hub.jobs.sequencer import sequence
from hub.settings import Settings
from hub.times import today
from hub.web.app import Hub
from tests.doors import HubClient
from tests.examples.samples import SAMPLES
from tests.fresh import empty_copy
from tests.patience import patiently
from tests.serving import served


@pytest.fixture(scope="session")
def demo_url(database_url: str, shared: Path) -> str:
    """A database of this worker's own for the demo."""
    return empty_copy(database_url, shared, "examples")


@pytest.fixture(scope="session")
async def live(
    servers: Embedded, demo_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HubClient]:
    """A client of that hub; its `http` knows the address."""
    hub = Hub(Settings(data=tmp_path_factory.mktemp("examples")), demo_url, servers.redis_url)
    await seed(hub.database, today=today(), keys=hub.keys)
    while await sequence(hub.database) is not None:
        pass
    async with served(hub) as url, httpx.AsyncClient(base_url=url, timeout=30) as http:
        yield HubClient(hub, http)


async def create_until_heard(live: HubClient, heard: asyncio.Task[Any]) -> None:
    """Let the enterprise create instruments until one of them is `heard` of.

    A subscription does not say when it has begun.
    """
    sample = SAMPLES["create-instrument"]
    async with patiently("a change to be heard of"):
        while not heard.done():
            number = f"SZ-JL-{uuid4().hex[:8]}"
            content = sample.variables["input"]["content"] | {"assetNo": number}
            given = {"content": content, "idempotencyKey": number}
            answer = await live.ask(sample.source, as_="enterprise", input=given)
            assert answer.data["createInstrument"]["problems"] == []
            await asyncio.wait([heard], timeout=0.5)
