"""The feed as the tests read it: pages of `changes`, and a hub whose feed nobody else numbers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from hub.jobs.sequencer import sequence
from hub.settings import Settings
from hub.web.app import Hub
from tests.doors import Answer, Asker, HubClient, opened

CHANGES = """
query($after: String, $types: [ChangeType!], $first: Int) {
  changes(after: $after, types: $types, first: $first) {
    nodes { pos cursor type id kind reason version at node { id } }
    endCursor hasMore retainedUntil
  }
}
"""


@asynccontextmanager
async def alone(url: str, redis_url: str, data: Path) -> AsyncIterator[HubClient]:
    """A hub on the database `url`, without a worker."""
    async with opened(Hub(Settings(data=data), url, redis_url)) as client:
        yield client


async def numbered(hub: HubClient) -> None:
    """Give all that waits its place in the feed."""
    while await sequence(hub.hub.database) is not None:
        pass


async def ask(hub: HubClient, who: Asker, after: str | None = None, **given: Any) -> Answer:
    """The answer to one page of changes."""
    return await hub.ask(CHANGES, as_=who, after=after, **given)


async def page(hub: HubClient, who: Asker, after: str | None = None, **given: Any) -> Any:
    """One page of changes."""
    answer = await ask(hub, who, after, **given)
    assert answer.errors == []
    return answer.data["changes"]


async def now(hub: HubClient, who: Asker) -> str:
    """The cursor of now."""
    cursor: str = (await page(hub, who, first=0))["endCursor"]
    return cursor


async def rest(hub: HubClient, who: Asker, after: str | None = None, **given: Any) -> list[Any]:
    """All changes after a cursor, page by page."""
    found: list[Any] = []
    while True:
        one = await page(hub, who, after, **given)
        found += one["nodes"]
        after = one["endCursor"]
        if not one["hasMore"]:
            return found


async def emptied(url: str) -> None:
    """Empty the feed of the database `url`, as the owner of the tables alone can."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE feed"))
        await connection.execute(text("UPDATE feed_head SET floor = pos"))
    await engine.dispose()
