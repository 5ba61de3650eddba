"""What can be done with requests for verification: make one, and take what is decided on it."""

import secrets
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col

from hub.actions.connector import queue
from hub.actions.filing import own_lines, unconnected
from hub.actor import PLATFORM, Can
from hub.errors import Refused
from hub.exchange import ConnectorKind
from hub.policy import readable
from hub.rules.problem import Objections, Problem, error
from hub.rules.text import check_lengths, tidy
from hub.rules.verification import (
    OPEN,
    Step,
    channel,
    check_institute,
    check_withdrawal,
    decided,
    progressed,
)
from hub.tables.connector import SourceRecord
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from hub.tables.verification import RequestItem, VerificationRequest, VerificationTask
from hub.vocabulary import FilingState, InstrumentState, OrgKind, RequestState
from hub.writer import Writer, check_version

MESSAGES = {
    ConnectorKind.ECQS: "appointment.request",
    ConnectorKind.SUBMISSION: "submission.request",
}
WITHDRAWALS = {
    ConnectorKind.ECQS: "appointment.withdrawn",
    ConnectorKind.SUBMISSION: "submission.withdrawn",
}


async def request(
    db: Writer,
    instrument_ids: Sequence[UUID],
    institute_id: UUID,
    *,
    on_site: bool,
    latest_date: date | None,
    note: str | None,
    today: date,
) -> list[VerificationRequest]:
    """Ask an institute to verify or calibrate instruments of the actor's ledger.

    One request for those under compulsory verification, through their platform, and one for the
    others, through the institute's own system. All of them, or none: Objections with what stands
    against each, Refused for an institute that may not be asked or is not connected.
    """
    note = tidy(note or "") or None
    check_lengths({"note": note})
    if latest_date is not None and latest_date < today:
        raise Refused("最迟日期已过", "the latest date is over", path=("latestDate",))
    rows = await own_lines(db, instrument_ids, "instruments")
    if found := await _objections(db, rows):
        raise Objections(found)
    institute = await _organization(db, institute_id, "institute")
    made = []
    for compulsory in (True, False):
        if chosen := [row for row in rows if row.compulsory is compulsory]:
            kind = channel(compulsory=compulsory)
            check_institute(kind, [OrgKind(one) for one in institute.kinds])
            asked = VerificationRequest(
                no=f"{today:%Y%m%d}-{secrets.token_hex(5).upper()}",
                applicant_id=db.actor.acts_for(),
                institute_id=institute.id,
                channel=kind,
                size=len(chosen),
                on_site=on_site,
                latest_date=latest_date,
                note=note,
            )
            made.append(await _made(db, asked, institute, chosen))
    return made


async def decide(
    db: Writer,
    no: str,
    kind: ConnectorKind,
    speaker_id: UUID | None,
    *,
    accepted: bool,
    at: datetime,
    external_no: str | None = None,
    reason: str | None = None,
) -> bool:
    """Take that a request was accepted or returned; whether that changed anything.

    `speaker_id` is the organisation whose system says so, None for the platform's. NotFound for a
    request that was not made through it, Refused for a return of what has been begun, and for a
    late acceptance where another request for one of its instruments is open.
    """
    made = made_through(db, no, kind, speaker_id)
    await _hold_lines(db, await _items(db, (await db.one(made, lock=False)).id))
    row = await db.one(made.execution_options(populate_existing=True))
    if row.state is RequestState.WITHDRAWN:
        return False
    if accepted and row.state is RequestState.RETURNED:
        await _check_alone(db, row)
    changes: dict[str, Any] = {"state": decided(row.state, accepted=accepted), "reason": reason}
    if changes["state"] is not row.state or row.decided_at is None:
        changes["decided_at"] = at
    if external_no is not None:
        changes["external_no"] = external_no
    version = row.version
    return (await db.change(row, action="decideRequest", **changes)).version != version


async def withdraw(
    db: Writer, request_id: UUID, expected_version: int, reason: str
) -> VerificationRequest:
    """Withdraw a request of the actor's organisation, and tell the system that it went to.

    Its instruments may be asked for again. NotFound, Conflict when the version has moved on,
    Refused without a reason, for what has been begun or is over, or is connected no longer.
    """
    db.actor.must(Can.INSTRUMENT_WRITE)
    reason = tidy(reason)
    check_lengths({"reason": reason})
    if not reason:
        raise Refused("请说明原因", "give a reason", path=("reason",))
    row = await db.one(
        readable(db.actor, VerificationRequest).where(
            col(VerificationRequest.id) == request_id,
            col(VerificationRequest.applicant_id) == db.actor.acts_for(),
        )
    )
    check_version(row, expected_version)
    check_withdrawal(row.state)
    sent = await queue(
        db,
        row.channel,
        row.institute_id,
        type=WITHDRAWALS[row.channel],
        subject=f"request/{row.no}",
        data={"no": row.no, "externalNo": row.external_no, "reason": reason},
    )
    if sent is None:
        raise unconnected(row.channel, "id")
    return await db.change(
        row, action="withdrawRequest", state=RequestState.WITHDRAWN, reason=reason
    )


def made_through(
    db: Writer, no: str, kind: ConnectorKind, speaker_id: UUID | None
) -> Select[VerificationRequest]:
    """The SELECT of the request `no`, if it was made through a system of `kind` of the speaker."""
    found = readable(db.actor, VerificationRequest).where(
        col(VerificationRequest.no) == no, col(VerificationRequest.channel) == kind
    )
    if speaker_id is None:
        return found
    return found.where(col(VerificationRequest.institute_id) == speaker_id)


async def progress(db: Writer, request_id: UUID) -> None:
    """Let a request follow the tasks that have come of it."""
    row = await db.one(
        readable(PLATFORM, VerificationRequest).where(col(VerificationRequest.id) == request_id)
    )
    tasks = await db.all(
        readable(PLATFORM, VerificationTask).where(col(VerificationTask.request_id) == request_id)
    )
    items = await _items(db, request_id)
    state = progressed(
        row.state,
        {one.instrument_id for one in items},
        [Step(one.instrument_id, one.state) for one in tasks],
        was_accepted=row.decided_at is not None,
    )
    await db.change(row, action="progressRequest", state=state)


async def _items(db: Writer, request_id: UUID) -> Sequence[RequestItem]:
    return await db.all(
        readable(db.actor, RequestItem).where(col(RequestItem.request_id) == request_id)
    )


async def _hold_lines(db: Writer, items: Sequence[RequestItem]) -> None:
    """Let nobody ask for these instruments until the commit; they are locked before requests."""
    lines = readable(db.actor, Instrument).where(
        col(Instrument.id).in_([one.instrument_id for one in items])
    )
    await db.all(lines.order_by(col(Instrument.id)).with_for_update(of=Instrument))


async def _check_alone(db: Writer, row: VerificationRequest) -> None:
    """Raise Refused where another request for an instrument of this one is open."""
    mine = {one.instrument_id for one in await _items(db, row.id)}
    if await _waiting(db, mine):
        raise Refused(
            "其中的器具已另行申请，不能再受理此申请",
            "its instruments were asked for again: it cannot be accepted any more",
        )


async def _waiting(db: Writer, instrument_ids: Collection[UUID]) -> set[UUID]:
    """Those of these instruments for which a request is open."""
    found = await db.all(
        readable(db.actor, RequestItem)
        .join(VerificationRequest, col(VerificationRequest.id) == col(RequestItem.request_id))
        .where(
            col(RequestItem.instrument_id).in_(instrument_ids),
            col(VerificationRequest.state).in_(sorted(OPEN)),
        )
    )
    return {one.instrument_id for one in found}


async def _made(
    db: Writer, asked: VerificationRequest, institute: Organization, rows: Sequence[Instrument]
) -> VerificationRequest:
    await db.add(asked, action="requestVerification")
    accepted = await _accepted(db, rows)
    items = [_item(row, accepted.get(row.id, row.compulsory_code)) for row in rows]
    await db.attach(
        RequestItem(
            request_id=asked.id,
            position=place,
            applicant_id=asked.applicant_id,
            institute_id=asked.institute_id,
            instrument_id=row.id,
            item=item,
        )
        for place, (row, item) in enumerate(zip(rows, items, strict=True))
    )
    applicant = await _organization(db, asked.applicant_id, "applicant")
    latest = asked.latest_date
    sent = await queue(
        db,
        asked.channel,
        institute.id,
        type=MESSAGES[asked.channel],
        subject=f"request/{asked.no}",
        data={
            "no": asked.no,
            "applicant": {"uscc": applicant.uscc, "name": applicant.name},
            "institute": institute.uscc,
            "onSite": asked.on_site,
            "latestDate": None if latest is None else latest.isoformat(),
            "note": asked.note,
            "instruments": items,
        },
    )
    if sent is None:
        raise unconnected(asked.channel, "institute")
    return asked


async def _objections(db: Writer, rows: Sequence[Instrument]) -> list[Problem]:
    """What stands against asking for each of `rows`, which are locked."""
    waiting = await _waiting(db, [row.id for row in rows])
    found = []
    for place, row in enumerate(rows):
        path = ("instruments", place)
        if row.id in waiting:
            zh, en = "已有未办结的申请", "there is a request for it that is not done"
            found.append(error("REQUESTED_ALREADY", zh, en, *path))
        if row.status is InstrumentState.SCRAPPED:
            found.append(error("SCRAPPED", "器具已报废", "it is scrapped", *path))
        if row.compulsory and row.filing_state is not FilingState.ACCEPTED:
            zh, en = "强制检定器具须先备案", "under compulsory verification: file it first"
            found.append(error("NOT_FILED", zh, en, *path))
    return found


async def _organization(db: Writer, key: UUID, *path: str) -> Organization:
    found = await db.all(readable(db.actor, Organization).where(col(Organization.id) == key))
    if not found:
        raise Refused("机构不存在", "there is no such organisation", path=path)
    return found[0]


async def _accepted(db: Writer, rows: Sequence[Instrument]) -> dict[UUID, str]:
    """The numbers under which the filings of these lines were accepted, the newest of each."""
    filed = [row.id for row in rows if row.filing_state is FilingState.ACCEPTED]
    if not filed:
        return {}
    async with db.widely():
        records = await db.all(
            readable(PLATFORM, SourceRecord)
            .where(
                col(SourceRecord.object_type) == Instrument.__name__,
                col(SourceRecord.object_id).in_(filed),
            )
            .order_by(col(SourceRecord.as_of).asc().nulls_first())
        )
    return {
        one.object_id: one.stated["filingNo"]
        for one in records
        if one.object_id is not None and "filingKey" in one.stated
    }


def _item(row: Instrument, filing_no: str | None) -> dict[str, Any]:
    return {
        "name": row.name,
        "modelSpec": row.model_spec,
        "serialNo": row.serial_no,
        "manufacturer": row.manufacturer,
        "assetNo": row.asset_no,
        "filingNo": filing_no,
    }
