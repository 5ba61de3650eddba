"""Reads of one operation: what an error, a dead server or a cancellation leaves behind."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col
from uuid_utils.compat import uuid7

from hub.actor import PLATFORM, SIGN_IN, Actor
from hub.db import Database
from hub.policy import readable
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from hub.vocabulary import Role
from loaders.rows import ById
from tests.given import an_instrument, an_organization

BROKEN = select(literal(1) / literal(0))
WHO_AM_I = select(func.pg_backend_pid().label("pid"))


def lent(database: Database, actor: Actor = PLATFORM) -> int:
    """How many connections of the pool are in use."""
    pool: Any = database.engine(actor).pool
    return int(pool.checkedout())


async def test_after_an_error_the_operation_reads_on_under_its_own_scope(
    database: Database,
) -> None:
    owner = an_organization()
    actor = Actor(login="u", organization_id=owner.id, roles=frozenset({Role.USER}))
    async with database.writer(SIGN_IN) as db:
        await db.add(owner, action="given")
        await db.add(an_instrument(owner), action="given")

    async with database.reader(actor) as reader:
        with pytest.raises(DBAPIError, match="division by zero"):
            await reader.all(BROKEN)
        found = await reader.all(readable(actor, Instrument))

    assert [row["owner_id"] for row in found] == [owner.id]
    assert lent(database, actor) == 0


async def test_a_connection_that_the_server_has_ended_is_given_back_in_silence(
    database: Database, database_url: str
) -> None:
    outside = create_async_engine(database_url)

    async with database.reader(PLATFORM) as reader:
        for give_back in (reader.refresh, reader.end):
            (row,) = await reader.all(WHO_AM_I)
            async with outside.connect() as connection:
                await connection.execute(
                    text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": row["pid"]}
                )
            await give_back()
            assert lent(database) == 0

    await outside.dispose()


async def test_a_reader_that_has_ended_opens_no_connection(database: Database) -> None:
    async with database.reader(PLATFORM) as reader:
        await reader.all(WHO_AM_I)

    with pytest.raises(asyncio.CancelledError):
        await reader.all(WHO_AM_I)

    assert lent(database) == 0


async def test_an_operation_that_reads_nothing_ends_without_a_turn_of_the_loop(
    database: Database,
) -> None:
    reader = database.reader(PLATFORM)

    with pytest.raises(StopIteration):
        reader.end().send(None)
    with pytest.raises(asyncio.CancelledError):
        await reader.all(WHO_AM_I)


@pytest.mark.parametrize("steps", range(12))
async def test_wherever_an_operation_is_cancelled_its_connection_comes_back(
    database: Database, steps: int
) -> None:
    async def operation() -> None:
        async with database.reader(PLATFORM) as reader:
            await ById(reader, Organization).load(uuid7())

    task = asyncio.create_task(operation())
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait(others, timeout=0.2) if others else None

    assert lent(database) == 0


async def test_two_reads_at_once_after_an_error_of_one_both_end(database: Database) -> None:
    wanted = readable(PLATFORM, Organization).where(col(Organization.id) == uuid7())

    async with database.reader(PLATFORM) as reader:
        results = await asyncio.gather(
            reader.all(BROKEN), reader.all(wanted), return_exceptions=True
        )

    assert isinstance(results[0], DBAPIError)
    assert results[1] == []
