"""The feed under many writers: a replica that follows `changes` ends as the ledger, always."""

import asyncio
import os
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col

from hub.actor import SIGN_IN
from hub.db import Database
from hub.errors import Refused
from hub.jobs.sequencer import run
from hub.tables.instrument import Instrument
from hub.tasks import end
from hub.vocabulary import Role
from hub.writer import Writer
from schema.ids import encode
from tests.doors import HubClient
from tests.feed.verbs import numbered
from tests.given import a_user, an_instrument
from tests.ledger_verbs import Firm, a_firm

TIMES = int(os.environ.get("FEED_TORTURE", "1"))
"""How much longer than usual the torture is."""
WRITERS, EACH = 16, 80 * TIMES
SLOW = 2.0
"""Seconds for which one transaction keeps what it has written to itself."""
CHANGES = """
query($after: String) {
  changes(after: $after, types: [INSTRUMENT], first: 200) {
    nodes { pos id kind version node { id ... on Instrument { name version } } }
    endCursor hasMore
  }
}
"""
KILL = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND query LIKE 'SELECT pos FROM feed_head%'"
)


@pytest.fixture(scope="module")
async def database(own_url: str) -> AsyncIterator[Database]:
    """Connections enough for all writers at once."""
    found = Database(own_url, WRITERS + 4)
    yield found
    await found.close()


@dataclass(frozen=True)
class Ledger:
    """What the writers write: lines that all of them change, and one that a slow one changes."""

    database: Database
    firm: Firm
    ids: Sequence[UUID]
    slow: UUID

    async def torment(self, chance: random.Random) -> None:
        """One transaction of a few random changes; one of ten is rolled back."""
        with suppress(Refused):
            async with self.database.writer(SIGN_IN) as db:
                for id_ in sorted(chance.sample(self.ids, chance.randint(1, 4))):
                    await change(db, id_, chance)
                if chance.random() < 0.1:
                    await db.add(an_instrument(self.firm.owner), action="given")
                if chance.random() < 0.1:
                    await db.journal()
                    raise Refused("不行", "no")

    @asynccontextmanager
    async def late(self) -> AsyncIterator[None]:
        """A change that has its number in the inbox while inside, and is committed afterwards."""
        async with self.database.writer(SIGN_IN) as db:
            row = await db.one(line(self.slow))
            await db.change(row, action="given", name="late")
            await db.journal()
            db._changes.clear()
            db._events.clear()
            yield

    async def lines(self, hub: HubClient) -> dict[str, tuple[str, int]]:
        """The name and version of every line that is in the ledger."""
        sql = "SELECT id, name, version FROM instrument WHERE owner_id = :owner"
        rows = await hub.stored(f"{sql} AND retired_at IS NULL", owner=self.firm.owner.id)
        return {encode("Instrument", row.id): (row.name, row.version) for row in rows}


def line(id_: UUID) -> Any:
    """One line, in the ledger or not."""
    return select(Instrument).where(col(Instrument.id) == id_)


async def change(db: Writer, id_: UUID, chance: random.Random) -> None:
    """Rename a line, or take it out of the ledger, or back into it."""
    row = await db.one(line(id_))
    if chance.random() < 0.8:
        await db.change(row, action="given", name=str(chance.random()))
    elif row.retired_at is None:
        await db.retire(row, action="given", retired_at=datetime.now(UTC))
    else:
        await db.change(row, action="given", retired_at=None)


@pytest.fixture
async def ledger(hub: HubClient, database: Database) -> Ledger:
    firm = await a_firm(hub)
    slow, *lines = (an_instrument(firm.owner) for _ in range(41))
    await hub.all_given(slow, *lines)
    return Ledger(database, firm, [one.id for one in lines], slow.id)


class Replica:
    """The ledger as another system keeps it, by nothing but `changes`."""

    def __init__(self, hub: HubClient, who: Any) -> None:
        self._hub = hub
        self._who = who
        self._after: str | None = None
        self.lines: dict[str, tuple[str, int]] = {}
        self.versions: dict[str, list[int]] = defaultdict(list)
        self.positions: list[int] = []

    async def catch_up(self) -> None:
        """Read on to the end."""
        has_more = True
        while has_more:
            answer = await self._hub.ask(CHANGES, as_=self._who, after=self._after)
            assert answer.errors == []
            found = answer.data["changes"]
            for one in found["nodes"]:
                self._take(one)
            self._after, has_more = found["endCursor"], found["hasMore"]

    def _take(self, change: Any) -> None:
        self.positions.append(int(change["pos"]))
        self.versions[change["id"]].append(change["version"])
        if change["node"] is None:
            self.lines.pop(change["id"], None)
        else:
            self.lines[change["id"]] = (change["node"]["name"], change["node"]["version"])


async def keep_killing(url: str, database: Database, hub: HubClient, chance: random.Random) -> None:
    """Two sequencers at once, one of which is cancelled or killed again and again."""

    def start() -> asyncio.Task[None]:
        return asyncio.create_task(run(database, hub.hub.feed))

    engine = create_async_engine(url)
    both = [start(), start()]
    try:
        for at in range(10**6):
            await asyncio.sleep(chance.uniform(0.05, 0.3))
            if at % 4 == 3:
                async with engine.connect() as connection:
                    await connection.execute(KILL)
            await end(both[at % 2])
            both[at % 2] = start()
    finally:
        await end(*both)
        await engine.dispose()


async def test_a_replica_that_follows_the_feed_ends_as_the_ledger(
    hub: HubClient, database: Database, ledger: Ledger, own_url: str
) -> None:
    system = await hub.given(a_user(ledger.firm.owner, Role.SYSTEM))
    replica = Replica(hub, system)
    chance = random.Random(5)  # noqa: S311 -- a test
    sequencers = Database(own_url, 4)
    killing = asyncio.create_task(keep_killing(own_url, sequencers, hub, chance))
    writing = asyncio.gather(dawdle(ledger), *(torment(ledger, seed) for seed in range(WRITERS)))

    while not writing.done():
        await replica.catch_up()
        await asyncio.sleep(0.01)
    await writing
    await end(killing)
    await sequencers.close()
    await numbered(hub)
    await replica.catch_up()

    assert replica.lines == await ledger.lines(hub)
    for versions in replica.versions.values():
        assert versions == list(range(1, len(versions) + 1))
    feed = [pos for (pos,) in await hub.stored("SELECT pos FROM feed ORDER BY pos")]
    assert feed == list(range(1, len(feed) + 1))
    assert replica.positions == sorted(set(replica.positions))
    assert len(replica.positions) > WRITERS * EACH


async def torment(ledger: Ledger, seed: int) -> None:
    """What one writer does."""
    chance = random.Random(seed)  # noqa: S311 -- a test
    for _ in range(EACH):
        await ledger.torment(chance)


async def dawdle(ledger: Ledger) -> None:
    """What the slow writer does."""
    async with ledger.late():
        await asyncio.sleep(SLOW)


async def test_who_reads_on_behind_the_last_number_of_the_inbox_loses_what_commits_late(
    hub: HubClient, ledger: Ledger
) -> None:
    async with ledger.late():
        await ledger.torment(random.Random(1))  # noqa: S311 -- a test
        await hub.given(an_instrument(ledger.firm.owner))
        seen = await naively_read(hub, 0)
    seen += await naively_read(hub, seen[-1])

    assert set(seen) < set(await naively_read(hub, 0))


async def naively_read(hub: HubClient, last: int) -> list[int]:
    """What a reader of the sequence column finds after the last number that it has seen."""
    rows = await hub.stored("SELECT id FROM inbox WHERE id > :last ORDER BY id", last=last)
    return [id_ for (id_,) in rows]
