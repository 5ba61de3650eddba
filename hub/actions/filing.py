"""What can be done with filings 备案: submit instruments, and take what the authority decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col

from hub.actions.conflict import Sides, dispute
from hub.actions.connector import queue
from hub.actions.source import keep, record_of
from hub.actor import Can
from hub.errors import BadInput, Refused, Words
from hub.exchange import ConnectorKind
from hub.policy import readable
from hub.rules.filing import check_move, problems
from hub.rules.problem import Objections
from hub.rules.sources import NEVER_SAID, Verdict, judge, weight
from hub.rules.verification import Likeness, keys_of
from hub.tables.connector import SourceRecord
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from hub.times import utc_now
from hub.vocabulary import FilingState
from hub.writer import Writer

MOST = 100
"""Instruments of one filing or request."""
ONE = 1
"""器具数量: a line of a ledger is one physical instrument."""
NUMBER = "compulsoryCode"
"""The field that holds the number of a filing."""
STATED = ("filingNo", "serialNo", "manufacturer")
"""What is kept of a filing as it was accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Whose system speaks: a connector, and its organisation if it is not the platform's."""

    connector_id: UUID
    code: str
    kind: ConnectorKind
    organization_id: UUID | None


async def file(
    db: Writer, instrument_ids: Sequence[UUID], *, on_site: bool, now: datetime
) -> Sequence[Instrument]:
    """File instruments of the actor's ledger with the platform of compulsory verification.

    `on_site` says how they are presented 送检方式. All of them, or none: Objections with what each
    line lacks, Refused for lines that are not the actor's, or where no platform is connected.
    """
    rows = await own_lines(db, instrument_ids, "ids")
    found = [
        problem
        for place, row in enumerate(rows)
        for problem in problems(row.model_dump(), "ids", place)
    ]
    if found:
        raise Objections(found)
    owner = await db.one(
        readable(db.actor, Organization).where(col(Organization.id) == db.actor.acts_for()),
        lock=False,
    )
    for row in rows:
        await db.change(
            row,
            action="fileInstruments",
            filing_state=FilingState.SUBMITTED,
            filing_at=now,
            filing_reason=None,
        )
        sent = await queue(
            db,
            ConnectorKind.ECQS,
            owner.id,
            type="instrument.filing",
            subject=subject_of(row.id),
            data=_told(row, owner, on_site=on_site),
        )
        if sent is None:
            raise unconnected(ConnectorKind.ECQS)
    return rows


async def accept(
    db: Writer, speaker: Speaker, instrument_id: UUID, filing_no: str, *, at: datetime
) -> bool:
    """Take that the authority has accepted a filing under its number; whether that was news.

    Its number stands above another that the owner has given, and that is shown as a conflict which
    is resolved. What it has accepted is kept: by that its tasks are matched, not by what the owner
    writes later. NotFound without such an instrument.
    """
    row = await db.one(readable(db.actor, Instrument).where(col(Instrument.id) == instrument_id))
    record = await _record(db, speaker, row.id)
    sides = Sides(row.compulsory_code, filing_no, record.stated.get("filingNo"))
    base = record.stated.get("filingNo", NEVER_SAID)
    counts = weight(Instrument.__name__, NUMBER, speaker.kind)
    verdict = judge(counts, base, row.compulsory_code, filing_no).verdict
    if verdict is Verdict.TAKE_ANYWAY:
        found = await dispute(db, row, speaker.connector_id, at, utc_now())
        await found.decided(NUMBER, sides)
    number = row.compulsory_code if verdict is Verdict.KEEP else filing_no
    taken = Likeness(filing_no, row.serial_no, row.manufacturer)
    stated = dict(zip(STATED, taken, strict=True)) | keys_of(taken)
    what = {"object_type": Instrument.__name__, "object_id": row.id}
    await keep(db, record, **what, stated=stated)
    return await _decided(db, row, FilingState.ACCEPTED, at, None, compulsory_code=number)


async def give_back(
    db: Writer, speaker: Speaker, instrument_id: UUID, reason: str, *, at: datetime
) -> bool:
    """Take that the authority has returned a filing; whether that was news. NotFound."""
    row = await db.one(readable(db.actor, Instrument).where(col(Instrument.id) == instrument_id))
    await keep(db, await _record(db, speaker, row.id), stated={})
    return await _decided(db, row, FilingState.RETURNED, at, reason)


async def _record(db: Writer, speaker: Speaker, instrument_id: UUID) -> SourceRecord:
    subject = subject_of(instrument_id)
    return await record_of(db, speaker.connector_id, speaker.organization_id, subject)


async def _decided(
    db: Writer, row: Instrument, state: FilingState, at: datetime, reason: str | None, **more: Any
) -> bool:
    changes: dict[str, Any] = {"filing_reason": reason, **more}
    if state is not row.filing_state:
        check_move(row.filing_state, state)
        changes |= {"filing_state": state, "filing_at": at}
    version = row.version
    return (await db.change(row, action="decideFiling", **changes)).version != version


async def own_lines(db: Writer, keys: Sequence[UUID], name: str) -> Sequence[Instrument]:
    """The lines of the actor's ledger with these ids, in this order, locked until the commit.

    Refused, with the path `name` and the place, for one that is not there or comes twice.
    """
    db.actor.must(Can.INSTRUMENT_WRITE)
    if not 0 < len(keys) <= MOST:
        raise BadInput(f"须为 1 至 {MOST} 件器具", f"1 to {MOST} instruments", path=(name,))
    mine = readable(db.actor, Instrument).where(
        col(Instrument.id).in_(keys), col(Instrument.owner_id) == db.actor.acts_for()
    )
    # In one order for all, so that two who want the same lines do not wait for each other.
    locked = mine.order_by(col(Instrument.id)).with_for_update(of=Instrument)
    found = {row.id: row for row in await db.all(locked)}
    for place, key in enumerate(keys):
        if key not in found or key in keys[:place]:
            raise Refused(
                "本机构台账中没有此器具，或重复列出",
                "your ledger has no such instrument, or it is named twice",
                path=(name, place),
            )
    return [found[key] for key in keys]


def subject_of(instrument_id: UUID) -> str:
    """What an instrument is called in messages about its filing."""
    return f"instrument/{instrument_id}"


def unconnected(kind: ConnectorKind, *path: str | int) -> Refused:
    """The refusal where no system of `kind` can be told."""
    return Refused(
        f"尚未接入{kind.label}",
        f"no system of kind {kind} is connected",
        hint=Words("请联系平台运维或对方机构", "ask the operators, or the other organisation"),
        path=path,
    )


def _told(row: Instrument, owner: Organization, *, on_site: bool) -> dict[str, Any]:
    return {
        "owner": {"uscc": owner.uscc, "name": owner.name},
        "name": row.name,
        "catalogueItem": row.catalogue_item,
        "catalogueKind": row.catalogue_kind,
        "modelSpec": row.model_spec,
        "measuringRanges": row.measuring_ranges,
        "accuracyClass": row.accuracy_class,
        "serialNo": row.serial_no,
        "manufacturer": row.manufacturer,
        "origin": row.origin,
        "location": row.location,
        "district": row.install_district,
        "quantity": ONE,
        "purpose": row.compulsory_purpose,
        "onSite": on_site,
    }
