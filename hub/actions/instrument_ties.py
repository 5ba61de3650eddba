"""What waits for a line of a ledger: tasks, requests, conflicts, and what systems have said of it.

It follows a line that is merged into another of its owner, and ends where the line comes into other
hands. It is no caller's own to write, so these are to be called inside of `Writer.widely`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, text, update
from sqlmodel import col

from hub.actions.filing import subject_of
from hub.actions.verification import progress
from hub.actor import PLATFORM
from hub.errors import Words
from hub.exchange import ConflictResolution, ConflictState
from hub.policy import readable
from hub.rules.stated import FIELDS, said
from hub.rules.verification import OPEN
from hub.tables.connector import Conflict, Connector, SourceRecord
from hub.tables.instrument import Instrument
from hub.tables.verification import RequestItem, VerificationRequest, VerificationTask
from hub.vocabulary import RequestState, TaskState
from hub.writer import Writer

MERGED = "mergeInstruments"
TAKEN = "acceptInstrument"
OPEN_TASK = col(VerificationTask.state) == TaskState.DISPATCHED
GONE = Words("器具已移交其他机构", "the instrument now belongs to another organisation")

RECORDS = text(
    """
    UPDATE source_record AS r SET object_id = :kept
    WHERE object_id = :dropped AND organization_id = :owner AND NOT EXISTS (
        SELECT FROM source_record k WHERE k.object_id = :kept AND k.connector_id = r.connector_id
    )
    """
)
FILINGS = text(
    """
    INSERT INTO source_record (id, connector_id, subject, object_type, object_id, stated)
    SELECT gen_random_uuid(), connector_id, :kept, 'Instrument', CAST(:line AS uuid), stated
    FROM source_record
    WHERE subject = :dropped AND organization_id IS NULL
    AND connector_id IN (SELECT id FROM connector WHERE organization_id IS NULL)
    ON CONFLICT (connector_id, subject) DO UPDATE
    SET stated = EXCLUDED.stated, object_type = EXCLUDED.object_type, object_id = EXCLUDED.object_id
    """
)


async def hold(db: Writer, lines: Select[Instrument]) -> None:
    """Lock what systems have said of `lines`, before the lines, as does who applies what they say.

    Without it the two would wait for each other.
    """
    keys = [row["id"] for row in await db.rows(lines.with_only_columns(col(Instrument.id)))]
    records = readable(PLATFORM, SourceRecord).order_by(col(SourceRecord.id)).with_for_update()
    await db.all(records.where(col(SourceRecord.object_id).in_(keys)))
    await db.all(records.where(*_filed(list(map(subject_of, keys)))))


async def follow(db: Writer, dropped: Instrument, kept: Instrument, *, filed: bool) -> None:
    """Let what waits for one line wait for the other, and its filing with it if it is `filed` so.

    A system that knows both is asked of the line that stays only; where that has the same open
    conflict already, ours stays.
    """
    tasks = await db.rows(_tasks(dropped))
    moved = [(dict(row), {"instrument_id": kept.id}) for row in tasks]
    await db.update_many(VerificationTask, moved, action=MERGED)
    await db.execute(
        update(RequestItem)
        .where(
            col(RequestItem.instrument_id) == dropped.id,
            col(RequestItem.applicant_id) == dropped.owner_id,
        )
        .values(instrument_id=kept.id)
    )
    await _conflicts_follow(db, dropped, kept)
    lines = {"kept": kept.id, "dropped": dropped.id, "owner": kept.owner_id}
    await db.execute(RECORDS.bindparams(**lines))
    if filed:
        subjects = {"kept": subject_of(kept.id), "dropped": subject_of(dropped.id)}
        await db.execute(FILINGS.bindparams(**subjects, line=kept.id))
        same = _filed([subjects["dropped"]])
        await db.execute(update(SourceRecord).where(*same).values(object_id=kept.id))


async def end(db: Writer, line: Instrument) -> None:
    """End what waits for a line in the hands of its owner, with a reason that the owner sees.

    What was reported stays as it is. The filing was this owner's: the next one files anew.
    """
    for task in await db.all(_tasks(line).where(OPEN_TASK)):
        await db.change(task, action=TAKEN, state=TaskState.CANCELLED, reason=GONE.zh)
    for request in await db.all(_requests(line)):
        if await _is_about_others(db, request, line):
            await progress(db, request.id)
        else:
            ended = {"state": RequestState.WITHDRAWN, "decided_at": datetime.now(UTC)}
            await db.change(request, action=TAKEN, **ended, reason=GONE.zh)
    for conflict in await db.all(_conflicts(line)):
        await _closed(db, conflict, ConflictResolution.OURS, TAKEN, reason=GONE._asdict())
    await db.execute(update(SourceRecord).where(*_filed([subject_of(line.id)])).values(stated={}))


async def _conflicts_follow(db: Writer, dropped: Instrument, kept: Instrument) -> None:
    known = {(one.connector_id, one.field) for one in await db.all(_conflicts(kept))}
    for one in await db.all(_conflicts(dropped)):
        ours = said(getattr(kept, FIELDS[one.field].column))
        if (one.connector_id, one.field) in known:
            await _closed(db, one, ConflictResolution.OURS, MERGED)
        elif ours == one.theirs:
            await _closed(db, one, ConflictResolution.AGREED, MERGED, ours=ours)
        else:
            await db.change(one, action=MERGED, instrument_id=kept.id, ours=ours)


async def _closed(
    db: Writer, row: Conflict, resolution: ConflictResolution, action: str, **values: Any
) -> None:
    """Close a conflict that nobody has decided."""
    closed = {"state": ConflictState.RESOLVED, "resolved_at": datetime.now(UTC)}
    await db.change(row, action=action, resolution=resolution, **closed, **values)


async def _is_about_others(db: Writer, request: VerificationRequest, line: Instrument) -> bool:
    """Whether a request is about other lines that still are its applicant's."""
    others = (
        readable(PLATFORM, RequestItem)
        .join(Instrument, col(Instrument.id) == col(RequestItem.instrument_id))
        .where(
            col(RequestItem.request_id) == request.id,
            col(Instrument.id) != line.id,
            col(Instrument.owner_id) == line.owner_id,
        )
    )
    return bool(await db.all(others.limit(1)))


def _tasks(line: Instrument) -> Select[VerificationTask]:
    """The tasks about a line that are its owner's, locked."""
    table = VerificationTask
    mine = (col(table.instrument_id) == line.id) & (col(table.owner_id) == line.owner_id)
    return readable(PLATFORM, table).where(mine).order_by(col(table.id)).with_for_update()


def _requests(line: Instrument) -> Select[VerificationRequest]:
    """The open requests of its owner for a line, locked."""
    table = VerificationRequest
    items = readable(PLATFORM, RequestItem).where(col(RequestItem.instrument_id) == line.id)
    return (
        readable(PLATFORM, table)
        .where(
            col(table.id).in_(items.with_only_columns(col(RequestItem.request_id))),
            col(table.applicant_id) == line.owner_id,
            col(table.state).in_(sorted(OPEN)),
        )
        .order_by(col(table.id))
        .with_for_update()
    )


def _conflicts(line: Instrument) -> Select[Conflict]:
    """The open conflicts about a line, locked."""
    return (
        readable(PLATFORM, Conflict)
        .where(
            col(Conflict.instrument_id) == line.id,
            col(Conflict.owner_id) == line.owner_id,
            col(Conflict.state) == ConflictState.OPEN,
        )
        .order_by(col(Conflict.id))
        .with_for_update()
    )


def _filed(subjects: Sequence[str]) -> tuple[Any, ...]:
    """Where a record is what a system of the platform has said of a filing."""
    platform = readable(PLATFORM, Connector).where(col(Connector.organization_id).is_(None))
    return (
        col(SourceRecord.connector_id).in_(platform.with_only_columns(col(Connector.id))),
        col(SourceRecord.subject).in_(subjects),
    )
