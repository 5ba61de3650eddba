"""Conflicts between what the hub has and what a source states: opened, settled, resolved."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col

from hub import errors
from hub.actions import instrument
from hub.actor import Can
from hub.errors import Refused, Words
from hub.exchange import ConflictResolution, ConflictRule, ConflictState, Take
from hub.policy import readable
from hub.rules.stated import FIELDS, said, stored
from hub.tables.connector import Conflict
from hub.tables.instrument import Instrument
from hub.writer import Writer, check_version


class Sides(NamedTuple):
    """What two sides say of one field, as text: the hub, the source, the source before."""

    ours: str | None
    theirs: str | None
    base: str | None


@dataclass(frozen=True, slots=True)
class Dispute:
    """What a connector and the hub say of one instrument, as of when; its conflicts by field."""

    db: Writer
    owner_id: UUID
    connector_id: UUID
    instrument_id: UUID
    as_of: datetime
    now: datetime
    open: dict[str, Conflict]

    async def show(
        self, field: str, sides: Sides, rule: ConflictRule, reason: Words | None
    ) -> None:
        """Have someone decide between two sides; what is open already tells of the newer value."""
        told = {"as_of": self.as_of, "rule": rule, "reason": reason and reason._asdict()}
        known = self.open.get(field)
        if known is None:
            row = self._row(field, sides, **told)
            self.open[field] = await self.db.add(row, action="openConflict")
        else:
            await self.db.change(known, action="openConflict", **sides._asdict(), **told)

    async def settle(self, field: str, sides: Sides, resolution: ConflictResolution) -> None:
        """Close the conflict that is open, for nothing is left to decide."""
        known = self.open.pop(field, None)
        if known is not None:
            told = {"ours": sides.ours, "theirs": sides.theirs}
            await _resolved(self.db, known, resolution, self.now, **told)

    async def decided(self, field: str, sides: Sides) -> None:
        """Leave a trace of a value of ours that was written over: the source knows best."""
        told = {"as_of": self.as_of, "rule": ConflictRule.AUTHORITY, "reason": None}
        known = self.open.pop(field, None)
        if known is None:
            known = await self.db.add(self._row(field, sides, **told), action="openConflict")
        by_rule = ConflictResolution.BY_RULE
        await _resolved(self.db, known, by_rule, self.now, **sides._asdict(), **told)

    def _row(self, field: str, sides: Sides, **told: Any) -> Conflict:
        return Conflict(
            owner_id=self.owner_id,
            connector_id=self.connector_id,
            instrument_id=self.instrument_id,
            field=field,
            **sides._asdict(),
            **told,
        )


async def dispute(
    db: Writer, line: Instrument, connector_id: UUID, as_of: datetime, now: datetime
) -> Dispute:
    """What is open between a connector and the hub on a line, locked until the commit."""
    found = await db.all(
        readable(db.actor, Conflict)
        .where(
            col(Conflict.connector_id) == connector_id,
            col(Conflict.instrument_id) == line.id,
            col(Conflict.state) == ConflictState.OPEN,
        )
        .with_for_update()
    )
    known = {one.field: one for one in found}
    return Dispute(db, line.owner_id, connector_id, line.id, as_of, now, known)


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

    NotFound, Conflict when the version has moved on or ours is not what the conflict shows any
    more, Refused for one that is decided already, and by the rules of instruments.
    """
    db.actor.must(Can.INSTRUMENT_WRITE)
    mine = col(Conflict.owner_id) == db.actor.acts_for()
    wanted = readable(db.actor, Conflict).where(col(Conflict.id) == conflict_id, mine)
    line = await _line(db, wanted)
    row = await db.one(wanted)
    check_version(row, expected_version)
    if row.state is not ConflictState.OPEN:
        raise Refused("此冲突已经处理", "this conflict is resolved already")
    if take is Take.THEIRS:
        if line is None:
            raise Refused("此器具已退出台账", "this instrument has left the ledger")
        _check_ours(row, line)
        await _write(db, row, line, today)
    return await _resolved(db, row, ConflictResolution(take.value), now)


async def _line(db: Writer, wanted: Select[Conflict]) -> Instrument | None:
    """The instrument of a conflict, locked before it, as by whoever applies what sources state."""
    this = col(Instrument.id).in_(wanted.with_only_columns(col(Conflict.instrument_id)))
    found = await db.all(readable(db.actor, Instrument).where(this).with_for_update(of=Instrument))
    return found[0] if found else None


def _check_ours(row: Conflict, line: Instrument) -> None:
    """Raise errors.Conflict where the ledger says neither what ours was nor what theirs is."""
    ours = said(getattr(line, FIELDS[row.field].column))
    if ours not in (row.ours, row.theirs):
        raise errors.Conflict(
            f"台账中此项已改为 {ours or '空'}，不再是此冲突所示的值",
            f"the ledger says {ours or 'nothing'} by now, not what this conflict shows",
            hint=Words(
                "以 OURS 保留台账的值；要采用来源的值，请直接修改器具",
                "keep the ledger's by OURS; to have the source's, change the instrument itself",
            ),
            path=("take",),
        )


async def _write(db: Writer, row: Conflict, line: Instrument, today: date) -> None:
    values = {FIELDS[row.field].column: stored(row.field, row.theirs)}
    if row.field == "status":
        values["status_reason"] = "按来源系统的陈述"
    await instrument.update(db, line.id, line.version, today=today, **values)


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
