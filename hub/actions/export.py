"""What can be done with exports: ask for one, cancel it; and whether its requester may have it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import RowMapping
from sqlmodel import col

from hub.actions.session import actor_unchanged
from hub.actor import Actor, Can
from hub.db import Database
from hub.errors import Refused, Words
from hub.exchange import ExportFormat, ExportNoun, ExportState
from hub.policy import readable
from hub.tables.export import Export
from hub.tables.journal import FeedHead
from hub.writer import Writer

KEPT = timedelta(days=7)
"""For so long a file is kept after it is done, and an export that came to nothing."""
MOST = 10
"""Exports of one account that are not finished."""
UNFINISHED = (ExportState.QUEUED, ExportState.RUNNING)
WAKE = sa.text("NOTIFY export")


async def ask(
    db: Writer, *, noun: ExportNoun, format_: ExportFormat, columns: Sequence[str], now: datetime
) -> Export:
    """An export of all rows of `noun` that the actor may read, for a worker to write.

    Its place in the feed is taken here, before the first row is read. Refused beyond `MOST`, and
    for DCC of anything but certificates.
    """
    db.actor.must(Can.EXPORT_WRITE)
    if format_ is ExportFormat.DCC and noun is not ExportNoun.CERTIFICATE:
        raise Refused(
            "只有证书可以导出为 DCC",
            "certificates alone are exported as DCC",
            hint=Words("对象的种类请用 CERTIFICATE", "export the noun CERTIFICATE"),
            path=("format",),
        )
    owner, who = db.actor.acts_for(), db.actor.user_id
    assert who is not None  # noqa: S101 -- no one has a permission without an account
    await db.serialize(f"exports {who}")
    waiting = readable(db.actor, Export).where(col(Export.state).in_(UNFINISHED))
    if len(await db.all(waiting)) >= MOST:
        raise Refused(
            f"每个账号至多 {MOST} 项导出同时排队或进行",
            f"an account has at most {MOST} exports waiting or running",
            hint=Words("请等待完成，或取消其中一项", "wait for one of them, or cancel it"),
        )
    head = await db.one(readable(db.actor, FeedHead), lock=False)
    row = Export(
        owner_id=owner,
        requester_id=who,
        roles=sorted(db.actor.roles),
        district=db.actor.district,
        noun=noun,
        format=format_,
        columns=list(columns),
        position=head.pos,
        expires_at=now + KEPT,
    )
    await db.execute(WAKE)
    return await db.add(row, action="exportData")


async def cancel(db: Writer, export_id: UUID, *, now: datetime) -> Export:
    """Stop an export that is not finished. NotFound, or Refused for one that is."""
    db.actor.must(Can.EXPORT_WRITE)
    row = await db.one(readable(db.actor, Export).where(col(Export.id) == export_id))
    if row.state not in UNFINISHED:
        raise Refused("此导出已经结束", "this export has ended", path=("id",))
    return await db.change(row, action="cancelExport", state=ExportState.CANCELLED, finished_at=now)


async def requester(database: Database, row: RowMapping) -> Actor | None:
    """Who asked for an export; None unless the account is active and stands as it did then.

    What a file holds was chosen for its organisation, roles and district.
    """
    then = (row["owner_id"], row["roles"], row["district"])
    return await actor_unchanged(database, row["requester_id"], then)
