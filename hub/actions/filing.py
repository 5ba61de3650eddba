"""What can be done with filings 备案: submit instruments, and take what the authority decides."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col

from hub.actions.connector import queue
from hub.actor import Can
from hub.errors import BadInput, Refused, Words
from hub.exchange import ConnectorKind
from hub.policy import readable
from hub.rules.filing import check_move, problems
from hub.rules.problem import Objections
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from hub.vocabulary import FilingState
from hub.writer import Writer

MOST = 100
"""Instruments of one filing or request."""
ONE = 1
"""器具数量: a line of a ledger is one physical instrument."""


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


async def decide(
    db: Writer,
    instrument_id: UUID,
    state: FilingState,
    *,
    at: datetime,
    reason: str | None = None,
    filing_no: str | None = None,
) -> bool:
    """Take what the authority has decided on a filing; whether that changed anything.

    NotFound without such an instrument, Refused where a filing cannot go there.
    """
    row = await db.one(readable(db.actor, Instrument).where(col(Instrument.id) == instrument_id))
    changes: dict[str, Any] = {"filing_reason": reason}
    if state is not row.filing_state:
        check_move(row.filing_state, state)
        changes |= {"filing_state": state, "filing_at": at}
    if filing_no is not None:
        changes["compulsory_code"] = filing_no
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
