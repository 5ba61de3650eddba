"""Gives every committed change its place in the feed: dense, in order, by one process at a time.

Reading a sequence column directly loses rows that commit late, and ordering by transaction id
breaks the order of an entity. Here one row lock elects the sequencer; rows of `inbox` are visible
only once committed, and a later change of an entity commits after the earlier one.
"""

import asyncio

import structlog
from sqlalchemy import text

from hub.actor import PLATFORM
from hub.db import Database
from hub.events import LOOK_EVERY, Feed

BATCH = 2_000

# The row lock on feed_head elects the sequencer; another one waits here and takes over at once.
HEAD = text("SELECT pos FROM feed_head FOR UPDATE")
# By one bound: a plan that was made for a short inbox serves a long one as well.
MOVE = text(
    """
    WITH taken AS (
        DELETE FROM inbox WHERE id <= (
            SELECT max(id) FROM (SELECT id FROM inbox ORDER BY id LIMIT :batch) AS first
        )
        RETURNING *
    ), numbered AS (
        SELECT taken.*, row_number() OVER (ORDER BY id) AS place FROM taken
    ), head AS (
        UPDATE feed_head SET pos = pos + (SELECT count(*) FROM numbered)
        WHERE EXISTS (SELECT 1 FROM numbered) RETURNING pos
    )
    INSERT INTO feed (pos, object_type, object_id, kind, reason, merged_into_id, object_version,
                      organization_ids, at)
    SELECT head.pos - (SELECT count(*) FROM numbered) + place,
           object_type, object_id, kind, reason, merged_into_id, object_version,
           organization_ids, at
    FROM numbered, head
    RETURNING pos
    """
)


async def sequence(database: Database) -> int | None:
    """Number what waits in the inbox, one batch; the last position given out, None for nothing."""
    async with database.writer(PLATFORM) as db:
        await db.rows(HEAD)
        moved = await db.rows(MOVE, batch=BATCH)
    return max((row["pos"] for row in moved), default=None)


async def run(database: Database, feed: Feed) -> None:
    """Sequence for as long as the task lives, through every outage of the database."""
    log = structlog.get_logger("hub.sequencer")
    async with database.notified("inbox") as woken:
        while True:
            try:
                pos = await sequence(database)
            except Exception as error:  # noqa: BLE001 -- whatever it was, the feed must go on
                log.warning("sequencer waits", error=type(error).__name__)
                await asyncio.sleep(LOOK_EVERY)
                continue
            if pos is None:
                await woken(LOOK_EVERY)
            else:
                await feed.announce(pos)
