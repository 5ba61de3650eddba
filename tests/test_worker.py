"""The worker outlives what the database does to it."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from hub import db as hub_db
from hub.actor import PLATFORM, SIGN_IN
from hub.db import Database
from hub.embedded.supervisor import Embedded
from hub.jobs.sequencer import HEAD, run
from hub.settings import Settings
from hub.tasks import end
from hub.web.app import Hub
from tests.embedded.given import until
from tests.fresh import empty_copy
from tests.given import an_organization
from tests.patience import patiently

LEFT = text("SELECT count(*) FROM inbox")


@pytest.fixture(scope="module")
def own_url(database_url: str, shared: Path) -> str:
    return empty_copy(database_url, shared, "worker")


async def left(database: Database) -> int:
    """How many changes wait for their number."""
    async with database.engine(PLATFORM).connect() as connection:
        return int((await connection.execute(LEFT)).scalar_one())


async def test_a_lock_held_too_long_stops_the_sequencer_for_a_moment_only(
    servers: Embedded, own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_db, "LIMITS", {**hub_db.LIMITS, "lock_timeout": "50"})
    database = Database(own_url, 4)
    hub = Hub(Settings(), own_url, servers.redis_url)
    async with database.writer(SIGN_IN) as db:
        await db.add(an_organization(), action="given")

    with capture_logs() as logs:
        async with database.engine(PLATFORM).connect() as holder:
            await holder.execute(HEAD)
            task = asyncio.create_task(run(database, hub.feed))
            await until(lambda: bool(logs) or task.done())
        async with patiently("the inbox to be empty"):
            while not task.done() and await left(database):
                await asyncio.wait({task}, timeout=0.05)

    assert not task.done()
    assert logs[0]["event"] == "sequencer waits"
    await end(task)
    await database.close()
    await hub.database.close()
    await hub.redis.aclose()


@pytest.mark.parametrize("steps", range(1, 60, 2))
async def test_a_task_that_speaks_to_valkey_ends_at_whatever_moment_it_is_told(
    servers: Embedded, own_url: str, steps: int
) -> None:
    hub = Hub(Settings(), own_url, servers.redis_url)

    async def announce() -> None:
        await hub.feed.announce(1)
        await asyncio.Event().wait()

    task = asyncio.create_task(announce())
    for _ in range(steps):
        await asyncio.sleep(0)
    async with patiently("the task to end"):
        await end(task)

    assert task.cancelled()
    await hub.database.close()
    await hub.redis.aclose()
