"""Conflicts between what the hub has and what a source states: opened, settled, resolved."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col

from hub.actions import instrument
from hub.actor import Can
from hub.errors import Refused, Words
from hub.exchange import ConflictResolution, ConflictRule, ConflictState, Take
from hub.policy import readable
from hub.rules.stated import FIELDS, stored
from hub.tables.connector import Conflict
from hub.tables.instrument import Instrument
from hub.writer import Writer, check_version


class Sides(NamedTuple):
    """What two sides say of one field, as text: the hub, the source, the source before."""

    ours: str | None
    theirs: str | None
    base: str | None


class About(NamedTuple):
    """What a conflict is about: a field of whose instrument, said by whom and as of when."""

    owner_id: UUID
    connector_id: UUID
    instrument_id: UUID
    field: str
    as_of: datetime


async def show(
    db: Writer, about: About, sides: Sides, rule: ConflictRule, reason: Words | None = None
) -> bool:
    """Have someone decide between two sides; whether that is news.

    A conflict that is open already tells of the newer value.
    """
    told = {
        **sides._asdict(),
        "as_of": about.as_of,
        "rule": rule,
        "reason": reason and reason._asdict(),
    }
    known = await _open(db, about)
    if known is None:
        await db.add(Conflict(**about._asdict() | told), action="openConflict")
        return True
    if known.theirs == sides.theirs:
        return False
    await db.change(known, action="openConflict", **told)
    return True


async def settle(
    db: Writer, about: About, sides: Sides, resolution: ConflictResolution, now: datetime
) -> None:
    """Close the conflict that is open, for nothing is left to decide."""
    known = await _open(db, about)
    if known is not None:
        await _resolved(db, known, resolution, now, ours=sides.ours, theirs=sides.theirs)


async def decided(db: Writer, about: About, sides: Sides, now: datetime) -> None:
    """Leave a trace of a value of ours that was written over, since the source knows best."""
    rule, taken = ConflictRule.AUTHORITY, ConflictResolution.BY_RULE
    known = await _open(db, about)
    if known is not None:
        await _resolved(db, known, taken, now, **sides._asdict(), as_of=about.as_of, rule=rule)
        return
    row = Conflict(
        **about._asdict(),
        **sides._asdict(),
        rule=rule,
        state=ConflictState.RESOLVED,
        resolution=taken,
        resolved_at=now,
        resolved_by=db.actor.login,
    )
    await db.add(row, action="resolveConflict")


async def resolve(
    db: Writer,
    conflict_id: UUID,
    expected_version: int,
    take: Take,
    *,
    today: date,
    now: datetime,
) -> Conflict:
    """Decide a conflict: ours stays, or theirs is written as its owner writes any value.

    NotFound, Conflict when the version has moved on, Refused for one that is decided already, and
    by the rules of instruments.
    """
    db.actor.must(Can.INSTRUMENT_WRITE)
    mine = col(Conflict.owner_id) == db.actor.acts_for()
    wanted = readable(db.actor, Conflict).where(col(Conflict.id) == conflict_id, mine)
    row = await db.one(wanted)
    check_version(row.version, expected_version)
    if row.state is not ConflictState.OPEN:
        raise Refused("此冲突已经处理", "this conflict is resolved already")
    if take is Take.THEIRS:
        await _write(db, row, today)
    return await _resolved(db, row, ConflictResolution(take.value), now)


async def _write(db: Writer, row: Conflict, today: date) -> None:
    this = readable(db.actor, Instrument).where(col(Instrument.id) == row.instrument_id)
    line = await db.one(this)
    values = {FIELDS[row.field].column: stored(row.field, row.theirs)}
    if row.field == "status":
        values["status_reason"] = "按来源系统的陈述"
    await instrument.update(db, line.id, line.version, today=today, **values)


async def _open(db: Writer, about: About) -> Conflict | None:
    found = await db.all(
        readable(db.actor, Conflict)
        .where(
            col(Conflict.connector_id) == about.connector_id,
            col(Conflict.instrument_id) == about.instrument_id,
            col(Conflict.field) == about.field,
            col(Conflict.state) == ConflictState.OPEN,
        )
        .with_for_update()
    )
    return found[0] if found else None


async def _resolved(
    db: Writer, row: Conflict, resolution: ConflictResolution, now: datetime, **values: object
) -> Conflict:
    return await db.change(
        row,
        action="resolveConflict",
        state=ConflictState.RESOLVED,
        resolution=resolution,
        resolved_at=now,
        resolved_by=db.actor.login,
        **values,
    )
