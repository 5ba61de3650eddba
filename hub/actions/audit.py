"""Whether the audit is whole: every record in its place, and the chain as it was signed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import RowMapping
from sqlmodel import col

from hub.actor import PLATFORM
from hub.db import Database
from hub.policy import readable
from hub.rules.audit import AuditFault, Fault, Head, Walk
from hub.tables.journal import AuditHead, AuditRecord

KEPT = timedelta(days=180)
"""No record younger than this is let go of (网络安全法 Art. 21: six months at least)."""
CHUNK = 5_000


class Verdict(NamedTuple):
    """The records that were looked at, from and to, and the first fault, if any."""

    first: int
    last: int
    fault: Fault | None


async def verify(database: Database, anchors: Sequence[Head], *, now: datetime) -> Verdict:
    """Walk along everything that is kept, in pieces; what is written meanwhile is left out.

    An altered or missing record, one put in or moved, a tail cut off before the newest of
    `anchors`, and a chain made anew behind the oldest of them are faults.
    """
    newest = await _newest(database)
    head = await _head(database)
    begin, end = Head(head["floor"], head["floor_hash"]), Head(head["seq"], head["hash"])
    walk = Walk(begin, {one.seq: one.hash for one in anchors if one.seq > begin.seq})
    fault = Fault(end.seq + 1, AuditFault.HEAD) if newest > end.seq else None
    while fault is None and (records := await _between(database, walk.at.seq, end.seq)):
        if walk.at == begin and begin.seq and records[0]["chained_at"] > now - KEPT:
            fault = Fault(begin.seq, AuditFault.MISSING)
        fault = fault or walk.follow(records)
    return Verdict(begin.seq + 1, walk.at.seq, fault or walk.end(end))


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
