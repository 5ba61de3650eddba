"""A hub that serves the seeded demo on the loopback, as an integrator meets it."""

import asyncio
import os
import sys
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
from tests.doors import Asker, HubClient
from tests.examples.samples import EXAMPLES, SAMPLES
from tests.examples.typescript import built
from tests.feed.programs import free_port
from tests.fresh import empty_copy
from tests.patience import patiently
from tests.serving import served


@pytest.fixture(scope="session")
def typescript(shared: Path) -> tuple[str, Path]:
    """Node and the built TypeScript client."""
    return built(shared)


@pytest.fixture(scope="session")
def demo_url(database_url: str, shared: Path) -> str:
    """A database of this worker's own for the demo."""
    return empty_copy(database_url, shared, "examples")


@pytest.fixture(scope="session")
def callback() -> int:
    """The port of the loopback that webhooks may go to."""
    return free_port()


@pytest.fixture(scope="session")
async def live(
    servers: Embedded, demo_url: str, tmp_path_factory: pytest.TempPathFactory, callback: int
) -> AsyncIterator[HubClient]:
    """A client of that hub; its `http` knows the address."""
    folder, allowed = tmp_path_factory.mktemp("examples"), f"127.0.0.1:{callback}"
    hub = Hub(Settings(data=folder, webhook_allow=allowed), demo_url, servers.redis_url)
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


async def started(live: HubClient, who: Asker, *command: str | Path) -> asyncio.subprocess.Process:
    """A program that knows where the hub is and has the token of `who`."""
    told = {
        "HUB_URL": f"{live.http.base_url}/graphql",
        "HUB_TOKEN": await live.token(who) or "",
        "NO_PROXY": "127.0.0.1",
    }
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *command, env=os.environ | told, stdout=pipe, stderr=pipe
    )


async def run(live: HubClient, who: Asker, *command: str | Path) -> tuple[int | None, str, str]:
    """Its exit code and what it printed."""
    process = await started(live, who, *command)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def python(live: HubClient, script: str) -> tuple[str | Path, ...]:
    """The command of a Python client; a warning ends it."""
    url = f"{live.http.base_url}/graphql"
    return sys.executable, "-W", "error", EXAMPLES / "python" / script, "--url", url
