"""Lets go of what is kept for a time only: changes, keys, deliveries, messages, exports."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import TextClause, text

from hub.actor import PLATFORM
from hub.db import Database
from hub.jobs.auditing import let_go

EVERY = 600.0
"""Seconds between two looks."""
CHUNK = 5_000
"""Rows that go in one transaction."""
FILES, PARTS = 5, 500
"""Files of exports, and parts of them, that go in one transaction."""
KEYS_KEPT = timedelta(hours=72)
MESSAGES_KEPT = timedelta(days=90)
"""What was rejected or died stays until someone has it tried again."""
HOURS_KEPT = timedelta(days=7)
LATE = timedelta(hours=1)
"""Longer than any transaction runs. A change bears the instant at which its transaction began;
so long after the promised time it goes, and what commits late keeps the whole of it."""

# The oldest changes, up to the first that is young enough: what is left has no hole.
TRIM = text(
    """
    WITH oldest AS (
        SELECT pos, at < now() - CAST(:age AS interval) AS is_old
        FROM feed ORDER BY pos LIMIT :chunk
    ), reach AS (
        SELECT coalesce(min(pos) FILTER (WHERE NOT is_old) - 1, max(pos)) AS pos FROM oldest
    ), gone AS (
        DELETE FROM feed WHERE pos <= (SELECT pos FROM reach) RETURNING pos
    )
    UPDATE feed_head SET floor = (SELECT max(pos) FROM gone) WHERE EXISTS (SELECT FROM gone)
    RETURNING floor
    """
)
FORGET = text(
    """
    DELETE FROM idempotency_key WHERE (principal, key) IN (
        SELECT principal, key FROM idempotency_key
        WHERE created_at < now() - CAST(:age AS interval) LIMIT :chunk
    )
    RETURNING key
    """
)
EXPIRE = text(
    """
    DELETE FROM export WHERE id IN (
        SELECT id FROM export
        WHERE expires_at < now() AND state NOT IN ('QUEUED', 'RUNNING') LIMIT :chunk
    )
    RETURNING id
    """
)
CLEAR = text(
    """
    DELETE FROM export_part WHERE (export_id, number) IN (
        SELECT export_id, number FROM export_part JOIN export ON export.id = export_id
        WHERE state IN ('FAILED', 'CANCELLED') LIMIT :chunk
    )
    RETURNING number
    """
)
DISCARD = text(
    """
    DELETE FROM webhook_delivery WHERE id IN (
        SELECT one.id FROM webhook_delivery AS one JOIN webhook ON webhook.id = webhook_id
        WHERE one.updated_at < now() - CAST(:age AS interval)
          AND (one.state <> 'PENDING' OR retired_at IS NOT NULL)
        LIMIT :chunk
    )
    RETURNING id
    """
)

SETTLED = text(
    """
    DELETE FROM connector_message WHERE id IN (
        SELECT id FROM connector_message
        WHERE updated_at < now() - CAST(:age AS interval)
          AND state IN ('DONE', 'STALE', 'CONFLICT') LIMIT :chunk
    )
    RETURNING id
    """
)
PAST = text(
    """
    DELETE FROM connector_hour WHERE (connector_id, hour) IN (
        SELECT connector_id, hour FROM connector_hour
        WHERE hour < now() - CAST(:age AS interval) LIMIT :chunk
    )
    RETURNING hour
    """
)


async def trim(database: Database, kept: timedelta) -> None:
    """Delete the changes that are older than `kept`."""
    await _all(database, TRIM, age=kept + LATE)


async def forget(database: Database) -> None:
    """Delete the idempotency keys that are older than `KEYS_KEPT`, with their answers."""
    await _all(database, FORGET, age=KEYS_KEPT)


async def discard(database: Database, kept: timedelta) -> None:
    """Delete the deliveries that ended, one way or the other, longer than `kept` ago."""
    await _all(database, DISCARD, age=kept)


async def settle(database: Database) -> None:
    """Delete the messages of connectors that were dealt with long ago, and how the hours went."""
    await _all(database, SETTLED, age=MESSAGES_KEPT)
    await _all(database, PAST, age=HOURS_KEPT)


async def expire(database: Database) -> None:
    """Delete the exports whose time is over, and what is stored of those that came to nothing."""
    await _all(database, EXPIRE, chunk=FILES)
    await _all(database, CLEAR, chunk=PARTS)


async def _all(
    database: Database, statement: TextClause, *, chunk: int = CHUNK, **values: timedelta
) -> None:
    found = True
    while found:
        async with database.writer(PLATFORM) as db:
            found = bool(await db.rows(statement, chunk=chunk, **values))


async def run(database: Database, kept: timedelta, audit_months: int) -> None:
    """Let go of what is old for as long as the task lives, through every outage."""
    log = structlog.get_logger("hub.retention")
    while True:
        try:
            await trim(database, kept)
            await forget(database)
            await discard(database, kept)
            await settle(database)
            await expire(database)
            await let_go(database, audit_months)
        except Exception as error:  # noqa: BLE001 -- whatever it was, the next look comes
            log.warning("retention waits", error=type(error).__name__)
        await asyncio.sleep(EVERY)
