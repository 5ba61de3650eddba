"""The feed: every committed change once, in a dense order that never goes back."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col

from hub.actor import PLATFORM, SIGN_IN
from hub.db import Database
from hub.errors import Refused
from hub.jobs.sequencer import BATCH, HEAD, MOVE, sequence
from hub.policy import readable
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from tests.given import an_instrument, an_organization

FEED = "SELECT pos, object_id, object_version, kind FROM feed ORDER BY pos"
WAITING = "SELECT count(*) FROM inbox"
LATE = text(
    "INSERT INTO inbox (object_type, object_id, kind, object_version, organization_ids)"
    " VALUES ('Instrument', :id, 'UPSERT', 7, ARRAY[]::uuid[])"
)
MANY = text(
    "INSERT INTO inbox (object_type, object_id, kind, object_version, organization_ids)"
    " SELECT 'Instrument', :id, 'UPSERT', at, ARRAY[]::uuid[] FROM generate_series(1, :many) at"
)


@pytest.fixture(scope="module")
async def database(own_url: str) -> AsyncIterator[Database]:
    """A database of this module's own, so that nobody else fills or empties its inbox."""
    found = Database(own_url, 8)
    yield found
    await found.close()


@pytest.fixture
async def firm(database: Database) -> Organization:
    """An organisation; the inbox is empty."""
    async with database.writer(SIGN_IN) as db:
        owner = await db.add(an_organization(), action="given")
    await drained(database)
    return owner


async def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    async with database.engine(PLATFORM).connect() as connection:
        return [tuple(row) for row in await connection.execute(text(sql))]


async def drained(database: Database) -> None:
    while await sequence(database) is not None:
        pass


async def store(database: Database, *instruments: Instrument) -> None:
    async with database.writer(SIGN_IN) as db:
        for one in instruments:
            await db.add(one, action="given")


async def rename(database: Database, one: Instrument, name: str) -> None:
    async with database.writer(SIGN_IN) as db:
        row = await db.one(readable(PLATFORM, Instrument).where(col(Instrument.id) == one.id))
        await db.change(row, action="given", name=name)


async def positions_are_dense(database: Database) -> bool:
    feed = [pos for pos, *_ in await rows(database, FEED)]
    ((head,),) = await rows(database, "SELECT pos FROM feed_head")
    return feed == list(range(1, len(feed) + 1)) and head == len(feed)


async def test_committed_changes_get_positions_one_after_the_other(
    database: Database, firm: Organization
) -> None:
    first, second = an_instrument(firm), an_instrument(firm)
    before = len(await rows(database, FEED))

    await store(database, first, second)
    await rename(database, first, "new")
    last = await sequence(database)

    assert last == before + 3
    assert (await rows(database, FEED))[before:] == [
        (before + 1, first.id, 1, "UPSERT"),
        (before + 2, second.id, 1, "UPSERT"),
        (before + 3, first.id, 2, "UPSERT"),
    ]
    assert await rows(database, WAITING) == [(0,)]
    assert await positions_are_dense(database)


async def test_nothing_waiting_moves_nothing(database: Database, firm: Organization) -> None:
    before = await rows(database, FEED)

    assert await sequence(database) is None

    assert await rows(database, FEED) == before
    assert await positions_are_dense(database)


async def test_what_is_rolled_back_was_never_there(database: Database, firm: Organization) -> None:
    before = await rows(database, FEED), await rows(database, "SELECT count(*) FROM audit_event")

    async def fail() -> None:
        async with database.writer(SIGN_IN) as db:
            await db.add(an_instrument(firm), action="given")
            await db.journal()
            raise Refused("不行", "no")

    with pytest.raises(Refused):
        await fail()

    assert await rows(database, WAITING) == [(0,)]
    assert await sequence(database) is None
    after = await rows(database, FEED), await rows(database, "SELECT count(*) FROM audit_event")
    assert after == before


async def test_a_change_that_commits_late_is_not_lost(
    database: Database, firm: Organization
) -> None:
    late, early = an_instrument(firm), an_instrument(firm)
    before = len(await rows(database, FEED))

    async with database.engine(PLATFORM).connect() as slow:
        await slow.execute(LATE, {"id": late.id})
        await store(database, early)
        await sequence(database)
        met = (await rows(database, FEED))[before:]
        await slow.commit()
    await sequence(database)

    assert met == [(before + 1, early.id, 1, "UPSERT")]
    assert (await rows(database, FEED))[before + 1 :] == [(before + 2, late.id, 7, "UPSERT")]
    assert await positions_are_dense(database)


async def test_more_than_a_batch_comes_through_in_order(
    database: Database, firm: Organization
) -> None:
    one = an_instrument(firm)
    many = 2 * BATCH + 100
    before = len(await rows(database, FEED))
    async with database.engine(PLATFORM).connect() as connection:
        await connection.execute(MANY, {"id": one.id, "many": many})
        await connection.commit()

    given_out = [await sequence(database) for _ in range(4)]

    assert given_out == [before + BATCH, before + 2 * BATCH, before + many, None]
    versions = [version for _, _, version, _ in (await rows(database, FEED))[before:]]
    assert versions == list(range(1, many + 1))
    assert await positions_are_dense(database)


async def test_a_sequencer_that_dies_in_the_middle_leaves_all_as_it_was(
    database: Database, firm: Organization
) -> None:
    await store(database, an_instrument(firm), an_instrument(firm))
    before = await rows(database, FEED)

    async def die() -> None:
        async with database.writer(PLATFORM) as db:
            await db.rows(HEAD)
            assert len(await db.rows(MOVE, batch=BATCH)) == 2
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await die()

    assert await rows(database, FEED) == before
    assert await rows(database, WAITING) == [(2,)]
    assert await sequence(database) == len(before) + 2


async def test_several_sequencers_at_once_lose_nothing_and_keep_each_objects_order(
    database: Database, firm: Organization
) -> None:
    shared = [an_instrument(firm) for _ in range(3)]
    await store(database, *shared)
    writing = True

    async def keep_sequencing() -> None:
        while writing:
            await sequence(database)

    async def keep_writing(writer: int) -> None:
        for at in range(12):
            await rename(database, shared[(writer + at) % 3], f"{writer}-{at}")

    sequencers = [asyncio.create_task(keep_sequencing()) for _ in range(3)]
    await asyncio.gather(*(keep_writing(writer) for writer in range(4)))
    writing = False
    await asyncio.gather(*sequencers)
    await drained(database)

    feed = await rows(database, FEED)
    assert await positions_are_dense(database)
    for one in shared:
        versions = [version for _, id_, version, _ in feed if id_ == one.id]
        assert versions == list(range(1, 18))
