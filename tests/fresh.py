"""Databases of a module's own: all tables, no rows of other tests."""

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from hub.actor import Actor
from hub.db import Database
from hub.writer import Writer


class _TakenBackError(Exception):
    """Rolls a transaction back."""


@asynccontextmanager
async def taken_back(database: Database, actor: Actor) -> AsyncIterator[Writer]:
    """A write of `actor` that leaves nothing behind."""
    with suppress(_TakenBackError):
        async with database.writer(actor) as writer:
            yield writer
            raise _TakenBackError


async def _clone(server: str, name: str) -> None:
    engine = create_async_engine(
        make_url(server).set(database="postgres"), isolation_level="AUTOCOMMIT"
    )
    async with engine.connect() as connection:
        await connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        await connection.execute(text(f"CREATE DATABASE {name} TEMPLATE hub"))
    await engine.dispose()


def empty_copy(database_url: str, shared: Path, name: str) -> str:
    """The address of an empty database beside the one of `database_url`, which names the worker."""
    url = make_url(database_url)
    own = f"{url.database}_{name}"
    with (shared / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        asyncio.run(_clone(database_url, own))
    return url.set(database=own).render_as_string(hide_password=False)


async def count(database_url: str, statement: str) -> Any:
    """What an SQL statement answers to the owner of the tables, whom no row hides from."""
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        answer = (await connection.execute(text(statement))).scalar_one()
    await engine.dispose()
    return answer
