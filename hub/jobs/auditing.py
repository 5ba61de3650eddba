"""Hangs the events of the audit into one chain, and has its head signed for a second place."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import text

from hub.actor import PLATFORM
from hub.db import Database
from hub.events import LOOK_EVERY
from hub.notary import Notary
from hub.rules.audit import Head, chained
from hub.times import Clock, utc_now

BATCH = 2_000
ANCHORED_EVERY = timedelta(minutes=10)
LOG = structlog.get_logger("hub.audit")

# The role may do this and nothing else; the row lock lets one process at a time append.
ACT = text("SET LOCAL ROLE hub_audit")
HEAD = text(
    "SELECT seq, hash, greatest(chained_at, now()) AS now, audit_month(greatest(chained_at, now()))"
    " FROM audit_head FOR UPDATE"
)
NEXT = text("SELECT * FROM audit_inbox ORDER BY id LIMIT :batch")
MOVE = text(
    """
    WITH taken AS (
        DELETE FROM audit_inbox WHERE id = ANY(CAST(:ids AS bigint[])) RETURNING *
    ), place AS (
        SELECT * FROM unnest(
            CAST(:ids AS bigint[]), CAST(:seqs AS bigint[]), CAST(:hashes AS bytea[])
        ) AS place (id, seq, hash)
    )
    INSERT INTO audit_log (
        seq, chained_at, hash, at, subject_id, login, organization_id, roles, action, object_type,
        object_id, fields, purpose, result, request_id
    )
    SELECT seq, :now, hash, at, subject_id, login, organization_id, roles, action, object_type,
        object_id, fields, purpose, result, request_id
    FROM taken JOIN place USING (id)
    RETURNING seq
    """
)
ADVANCE = text("UPDATE audit_head SET seq = :seq, hash = :hash, chained_at = :now RETURNING seq")
LET_GO = text("SELECT audit_let_go(:months) AS month")


async def chain(database: Database) -> Head | None:
    """Append what waits, one batch; the new head, None for nothing."""
    async with database.writer(PLATFORM) as db:
        await db.execute(ACT)
        (found,) = await db.rows(HEAD)
        head, now = Head(found["seq"], found["hash"]), found["now"]
        events = await db.rows(NEXT, batch=BATCH)
        if not events:
            return None
        heads = []
        for event in events:
            seq = head.seq + 1
            head = Head(seq, chained(head.hash, seq, now, event))
            heads.append(head)
        seqs, hashes = map(list, zip(*heads, strict=True))
        ids = [event["id"] for event in events]
        await db.rows(MOVE, ids=ids, seqs=seqs, hashes=hashes, now=now)
        await db.rows(ADVANCE, **head._asdict(), now=now)
    return head


async def let_go(database: Database, months: int) -> None:
    """Drop the months that ended more than so many ago, six at least; that is audited too."""
    async with database.writer(PLATFORM) as db:
        dropped = await db.rows(LET_GO, months=months)
        if dropped:
            db.audit("letGoOfAudit", fields=[row["month"] for row in dropped])


class _Newest:
    """The newest head that this process has chained, None before the first."""

    head: Head | None = None


async def run(database: Database, notary: Notary, clock: Clock = utc_now) -> None:
    """Append for as long as the task lives, through every outage of database and second place.

    The first head that is found is anchored, then the newest every ten minutes while it grows.
    """
    newest = _Newest()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_chain_on(database, newest))
        tasks.create_task(_anchor_on(notary, newest, clock))


async def _chain_on(database: Database, newest: _Newest) -> None:
    while True:
        head = None
        try:
            head = await chain(database)
        except Exception as error:  # noqa: BLE001 -- whatever it was, the chain must go on
            LOG.warning("audit waits", error=repr(error))
        newest.head = head or newest.head
        if head is None:
            await asyncio.sleep(LOOK_EVERY)


async def _anchor_on(notary: Notary, newest: _Newest, clock: Clock) -> None:
    """Anchor what is due; a second place that hangs keeps nothing but this waiting."""
    anchored, due = None, clock()
    while True:
        head = newest.head
        if head != anchored and head is not None and clock() >= due:
            try:
                await asyncio.to_thread(notary.anchor, head, clock())
                anchored, due = head, clock() + ANCHORED_EVERY
            except OSError as error:
                LOG.error("audit not anchored", error=str(error))
        await asyncio.sleep(LOOK_EVERY)
