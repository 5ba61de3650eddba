"""Every committed event comes into the chain once, in order, whatever happens meanwhile."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from hub.actor import PLATFORM
from hub.jobs import auditing
from hub.jobs.auditing import chain
from hub.rules.audit import BEGINNING, chained
from tests.doors import HubClient
from tests.feed.verbs import numbered
from tests.given import an_instrument, an_organization

LOG = "SELECT * FROM audit_log ORDER BY seq"
WAITING = "SELECT count(*) FROM audit_inbox"
OF = "SELECT object_id FROM audit_log WHERE object_type = 'Instrument' ORDER BY seq"


async def as_owner(url: str, sql: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(sql))
    await engine.dispose()


async def waiting(hub: HubClient) -> int:
    return int((await hub.stored(WAITING))[0][0])


async def test_each_record_covers_the_one_before_from_the_first(hub: HubClient) -> None:
    owner = await hub.given(an_organization())
    lines = [await hub.given(an_instrument(owner)) for _ in range(3)]

    while await chain(hub.hub.database):
        pass

    records = await hub.stored(LOG)
    last = BEGINNING
    for seq, record in enumerate(records, 1):
        last = chained(last, seq, record.chained_at, record._mapping)
        assert (record.seq, record.hash) == (seq, last)
    assert [one for (one,) in await hub.stored(OF)] == [line.id for line in lines]
    assert await waiting(hub) == 0


async def test_chains_at_the_same_time_append_each_event_once(
    hub: HubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "BATCH", 7)
    owner = await hub.given(an_organization())
    before = (await hub.stored("SELECT count(*) FROM audit_log"))[0][0]
    due = await waiting(hub)

    async def write() -> None:
        for _ in range(25):
            await hub.given(an_instrument(owner))

    async def append() -> None:
        while not writing.done() or await waiting(hub):
            await chain(hub.hub.database)

    writing = asyncio.gather(*(write() for _ in range(4)))
    await asyncio.gather(writing, *(append() for _ in range(3)))

    seqs = [seq for (seq,) in await hub.stored("SELECT seq FROM audit_log ORDER BY seq")]
    assert seqs == list(range(1, before + due + 100 + 1))


async def test_an_append_that_is_cut_leaves_everything_where_it_was(
    hub: HubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.given(an_organization())
    before = await hub.stored(LOG)
    monkeypatch.setattr(auditing, "ADVANCE", text("SELECT 1 / 0 AS seq"))

    with pytest.raises(Exception, match="division by zero"):
        await chain(hub.hub.database)

    assert await hub.stored(LOG) == before
    assert await waiting(hub) == 1


async def test_what_cannot_be_audited_is_not_done(hub: HubClient, own_url: str) -> None:
    owner = await hub.given(an_organization())
    await numbered(hub)
    feed = await hub.stored("SELECT count(*) FROM feed")
    line = an_instrument(owner)

    await as_owner(own_url, "REVOKE INSERT ON audit_inbox FROM hub_staff")
    with pytest.raises(Exception, match="permission denied for table audit_inbox"):
        await hub.given(line)
    await as_owner(own_url, "GRANT INSERT ON audit_inbox TO hub_staff")

    found = await hub.stored("SELECT id FROM instrument WHERE id = :id", id=line.id)
    await numbered(hub)
    assert found == []
    assert await hub.stored("SELECT count(*) FROM feed") == feed


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_log SET login = 'nobody'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET floor = 0",
        "SELECT audit_let_go(6)",
        "DROP TABLE audit_log",
        "INSERT INTO audit_inbox SELECT * FROM audit_inbox",
        "SELECT * FROM user_account",
    ],
)
async def test_the_role_of_the_chain_appends_and_nothing_else(hub: HubClient, sql: str) -> None:
    async with hub.hub.database.engine(PLATFORM).connect() as connection:
        await connection.execute(auditing.ACT)

        with pytest.raises(Exception, match=r"permission denied|must be owner"):
            await connection.execute(text(sql))


@pytest.mark.parametrize(
    "sql", ["DELETE FROM audit_inbox", "INSERT INTO audit_log SELECT * FROM audit_log"]
)
async def test_not_even_staff_take_an_event_away_or_append_one(hub: HubClient, sql: str) -> None:
    async with hub.hub.database.engine(PLATFORM).connect() as connection:
        with pytest.raises(Exception, match="permission denied"):
            await connection.execute(text(sql))
