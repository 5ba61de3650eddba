"""Real servers for the tests: one PostgreSQL and one Valkey a run, one database a worker."""

import asyncio
import fcntl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from hub.db import Database
from hub.embedded.supervisor import Embedded
from hub.migration import migrate
from hub.settings import Settings
from hub.web.app import Hub
from tests.doors import HubClient, opened


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of the run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def servers(shared: Path) -> Iterator[Embedded]:
    """The embedded servers of the run; every worker attaches to the same ones."""
    with Embedded.open(shared / "data", fsync=False) as embedded:
        yield embedded


async def _clone(template: str, name: str) -> None:
    engine = create_async_engine(
        make_url(template).set(database="postgres"), isolation_level="AUTOCOMMIT"
    )
    async with engine.connect() as connection:
        await connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        await connection.execute(text(f"CREATE DATABASE {name} TEMPLATE hub"))
    await engine.dispose()


@pytest.fixture(scope="session")
def database_url(servers: Embedded, shared: Path, worker_id: str) -> str:
    """A database of this worker's own, with all tables."""
    with (shared / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        migrate(servers.database_url)
        asyncio.run(_clone(servers.database_url, f"hub_{worker_id}"))
    own = make_url(servers.database_url).set(database=f"hub_{worker_id}")
    return own.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    """The hub's own way to that database."""
    found = Database(database_url, 8)
    await found.check()
    yield found
    await found.close()


@pytest.fixture(scope="session")
async def hub(
    servers: Embedded, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HubClient]:
    """A running hub on that database, behind its GraphQL door."""
    settings = Settings(data=tmp_path_factory.mktemp("hub"))
    async with opened(Hub(settings, database_url, servers.redis_url)) as client:
        yield client
