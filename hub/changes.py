"""Reads the feed on behalf of a process; who may hear of a change is decided for each reader."""

from collections.abc import Sequence

from sqlmodel import col

from hub.actor import PLATFORM
from hub.db import Database
from hub.events import Change
from hub.policy import readable
from hub.tables.journal import FeedChange, FeedHead


class StoredFeed:
    """The feed in the database. Unavailable or Busy while that cannot answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def head(self) -> int:
        """The last position given out."""
        async with self._database.reader(PLATFORM) as db:
            row = await db.first(readable(PLATFORM, FeedHead))
        return row["pos"] if row else 0

    async def after(self, pos: int, most: int) -> Sequence[Change]:
        """The first changes after `pos`, in order, at most so many."""
        place = col(FeedChange.pos)
        statement = readable(PLATFORM, FeedChange).where(place > pos).order_by(place).limit(most)
        async with self._database.reader(PLATFORM) as db:
            return await db.all(statement)
