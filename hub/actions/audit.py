"""Whether the audit is whole: every record in its place, and the chain as it was signed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import RowMapping
from sqlmodel import col

from hub.actor import PLATFORM
from hub.db import Database
from hub.policy import readable
from hub.rules.audit import Anchor, AuditFault, Fault, Head, Walk
from hub.tables.journal import AuditHead, AuditRecord

KEPT = timedelta(days=180)
"""No record younger than this is let go of (网络安全法 Art. 21: six months at least)."""
CHUNK = 5_000


class Verdict(NamedTuple):
    """The records that were looked at, from and to, and the first fault, if any."""

    first: int
    last: int
    fault: Fault | None


async def verify(database: Database, anchors: Sequence[Anchor], *, now: datetime) -> Verdict:
    """Walk along everything that is kept, in pieces; what is written meanwhile is left out.

    An altered or missing record, one put in or moved, a tail cut off before the newest of
    `anchors`, a beginning that is gone too early, and a chain made anew behind the oldest of them
    are faults.
    """
    newest = await _newest(database)
    head = await _head(database)
    begin, end = Head(head["floor"], head["floor_hash"]), Head(head["seq"], head["hash"])
    walk = Walk(begin, {head.seq: head.hash for _, head in anchors if head.seq > begin.seq})
    fault = _gone(begin, head["floor_at"], anchors, now - KEPT)
    if newest > end.seq:
        fault = fault or Fault(end.seq + 1, AuditFault.HEAD)
    while fault is None and (records := await _between(database, walk.at.seq, end.seq)):
        fault = walk.follow(records)
    return Verdict(begin.seq + 1, walk.at.seq, fault or walk.end(end))


def _gone(
    begin: Head, gone_at: datetime | None, anchors: Sequence[Anchor], kept: datetime
) -> Fault | None:
    """What is wrong with where the chain begins: a record of after `kept` is before it."""
    for at, head in anchors:
        if head.seq <= begin.seq and at > kept:
            return Fault(head.seq, AuditFault.MISSING)
        if head.seq == begin.seq and head.hash != begin.hash:
            return Fault(head.seq, AuditFault.REWRITTEN)
    if begin.seq and (gone_at is None or gone_at > kept):
        return Fault(begin.seq, AuditFault.MISSING)
    return None


async def _newest(database: Database) -> int:
    newest = readable(PLATFORM, AuditRecord).order_by(col(AuditRecord.seq).desc())
    async with database.reader(PLATFORM) as db:
        found = await db.first(newest)
    return found["seq"] if found else 0


async def _head(database: Database) -> RowMapping:
    async with database.reader(PLATFORM) as db:
        found = await db.first(readable(PLATFORM, AuditHead))
    assert found is not None  # noqa: S101 -- the migration has made it
    return found


async def _between(database: Database, seq: int, end: int) -> Sequence[RowMapping]:
    """The first of the records behind `seq`, up to `end`."""
    wanted = readable(PLATFORM, AuditRecord).where(
        col(AuditRecord.seq) > seq, col(AuditRecord.seq) <= end
    )
    async with database.reader(PLATFORM) as db:
        return await db.all(wanted.order_by(col(AuditRecord.seq)).limit(CHUNK))
