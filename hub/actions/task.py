"""What can be done with verification tasks: take what is dispatched, report what has come of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, literal_column
from sqlmodel import col

from hub.actions.certificate_draft import StandardDraft
from hub.actions.connector import queue
from hub.actions.filing import Speaker
from hub.actions.last_test import COUNTS
from hub.actions.verification import made_through, progress
from hub.actor import PLATFORM
from hub.errors import Refused
from hub.policy import readable
from hub.rules.organization import normal_uscc
from hub.rules.verification import (
    LABORATORIES,
    Candidate,
    Likeness,
    answers,
    is_timely,
    keys_of,
    matched,
)
from hub.tables.certificate import Certificate, StandardUsed
from hub.tables.connector import SourceRecord
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from hub.tables.verification import RequestItem, VerificationTask
from hub.times import local_day, today
from hub.vocabulary import FilingState, TaskState
from hub.writer import Writer

MOST_ALIKE = 2
"""Instruments that are looked at by one key: more than one that is alike is one too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDraft:
    """A task as another system states it, whole each time."""

    task_no: str
    state: TaskState
    at: datetime
    name: str | None
    likeness: Likeness
    institute: str | None
    request_no: str | None
    due_date: date | None
    reason: str | None


async def tell(db: Writer, speaker: Speaker, draft: TaskDraft) -> bool:
    """Take a task as it is stated now, one for each of its numbers; whether anything changed.

    It is about the one instrument that is alike: among those of its request, or, where a system
    of the platform says so, among all whose filing that has accepted. What was known of that stays
    until another is told of; what is told of a task whose result was reported changes nothing but
    `due_date` and `reason`. Refused for an institute that may not be given tasks, and for a task to
    be cancelled whose result was reported.
    """
    await db.serialize(f"task {speaker.connector_id} {draft.task_no}")
    institute = await _institute(db, speaker, draft)
    known = await _known(db, speaker.connector_id, draft.task_no)
    linked = None if known is None else known.request_id
    request_id = await _request(db, speaker, draft) or linked
    instrument = await _instrument(db, speaker, draft, request_id, known)
    values: dict[str, Any] = {
        "institute_id": institute.id,
        "request_id": request_id,
        "item": {"name": draft.name, **_camel(draft.likeness)},
        "due_date": draft.due_date,
        "reason": draft.reason,
    }
    if instrument is not None and (known is None or known.instrument_id != instrument.id):
        values |= {"owner_id": instrument.owner_id, "instrument_id": instrument.id}
    if known is None:
        task = await db.add(_new(speaker, draft, values), action="dispatchTask")
    elif (again := await _again(db, known.id, draft, values)) is not None:
        task = again
    else:
        return False
    await _answer(db, task)
    for one in sorted({key for key in (linked, request_id) if key is not None}):
        await progress(db, one)
    return True


async def report(
    db: Writer, instrument: Instrument, certificate: Certificate, used: Sequence[StandardDraft]
) -> None:
    """Report a certificate that has just been issued to whoever has dispatched its instrument.

    One that replaces another is reported where that was. Of the tasks that a system has open for
    the instrument it answers the one that is due first.
    """
    waits = col(VerificationTask.state) == TaskState.DISPATCHED
    if certificate.replaces_id is not None:
        waits |= col(VerificationTask.certificate_id) == certificate.replaces_id
    tasks = await db.all(
        readable(PLATFORM, VerificationTask)
        .where(
            col(VerificationTask.instrument_id) == instrument.id,
            col(VerificationTask.owner_id) == certificate.client_id,
            col(VerificationTask.institute_id) == certificate.issuer_id,
            waits,
        )
        .order_by(col(VerificationTask.due_date).asc().nulls_last(), col(VerificationTask.id))
        .with_for_update(of=VerificationTask)
    )
    again = [one for one in tasks if one.state is TaskState.REPORTED]
    answered = {one.connector_id for one in again}
    for task in again + [one for one in tasks if one.state is TaskState.DISPATCHED]:
        is_meant = task in again or (
            task.connector_id not in answered and _is_timely(task, certificate)
        )
        if is_meant and answers(task.channel, certificate.kind):
            answered.add(task.connector_id)
            await _report(db, task, certificate, used)


async def refuse(db: Writer, connector_id: UUID, task_no: str, reason: str) -> bool:
    """Note why the result of a task was not taken; whether that was news. NotFound."""
    row = await db.one(
        readable(db.actor, VerificationTask).where(
            col(VerificationTask.connector_id) == connector_id,
            col(VerificationTask.task_no) == task_no,
        )
    )
    version = row.version
    return (await db.change(row, action="refuseResult", reason=reason)).version != version


async def _answer(db: Writer, task: VerificationTask) -> None:
    """Report a certificate for an open task that was issued before the task was told."""
    if task.state is not TaskState.DISPATCHED or task.instrument_id is None:
        return
    reported = await db.all(
        readable(PLATFORM, VerificationTask).where(
            col(VerificationTask.instrument_id) == task.instrument_id,
            col(VerificationTask.connector_id) == task.connector_id,
            col(VerificationTask.certificate_id).is_not(None),
        )
    )
    certificates = await db.all(
        readable(PLATFORM, Certificate)
        .where(
            col(Certificate.instrument_id) == task.instrument_id,
            col(Certificate.issuer_id) == task.institute_id,
            col(Certificate.client_id) == task.owner_id,
            col(Certificate.id).not_in([one.certificate_id for one in reported]),
            COUNTS,
        )
        .order_by(col(Certificate.test_to).desc().nulls_last(), col(Certificate.id).desc())
    )
    for one in certificates:
        if answers(task.channel, one.kind) and _is_timely(task, one):
            await _report(db, task, one, await _used(db, one))
            return


async def _used(db: Writer, certificate: Certificate) -> Sequence[StandardUsed]:
    mine = readable(PLATFORM, StandardUsed).where(
        col(StandardUsed.certificate_id) == certificate.id
    )
    return await db.all(mine.order_by(col(StandardUsed.position)))


async def _report(
    db: Writer,
    task: VerificationTask,
    certificate: Certificate,
    used: Sequence[StandardDraft | StandardUsed],
) -> None:
    """Report a certificate to the system that has told of a task.

    Where that is connected no longer the task stays open, for all to see.
    """
    sent = await queue(
        db,
        task.channel,
        task.institute_id,
        type="result.report",
        subject=f"task/{task.task_no}",
        data=_result(task, certificate, used),
        only=task.connector_id,
    )
    if sent is None:
        return
    await db.change(
        task,
        action="reportResult",
        state=TaskState.REPORTED,
        certificate_id=certificate.id,
        reported_at=datetime.now(UTC),
        reason=None,
    )
    if task.request_id is not None:
        await progress(db, task.request_id)


def _is_timely(task: VerificationTask, certificate: Certificate) -> bool:
    told_on = local_day(task.source_as_of or task.created_at)
    tested_on = certificate.test_to or certificate.issue_date
    return is_timely(told_on, tested_on, certificate.valid_until, today())


def _new(speaker: Speaker, draft: TaskDraft, values: dict[str, Any]) -> VerificationTask:
    return VerificationTask(
        task_no=draft.task_no,
        connector_id=speaker.connector_id,
        channel=speaker.kind,
        state=draft.state,
        source_system=speaker.code,
        source_key=draft.task_no,
        source_as_of=draft.at,
        source_fetched_at=datetime.now(UTC),
        **values,
    )


async def _again(
    db: Writer, key: UUID, draft: TaskDraft, values: dict[str, Any]
) -> VerificationTask | None:
    """A task that is known, changed by what is stated of it now; None where nothing was."""
    row = await db.one(readable(db.actor, VerificationTask).where(col(VerificationTask.id) == key))
    if row.state is not TaskState.REPORTED:
        values = values | {"state": draft.state}
    elif draft.state is TaskState.CANCELLED:
        raise Refused("结果已上报，任务不能取消", "its result was reported: it cannot be cancelled")
    else:
        values = {"due_date": draft.due_date, "reason": draft.reason or row.reason}
    if await _is_in_other_hands(db, row):
        return None
    version = row.version
    changed = await db.change(row, action="dispatchTask", **values)
    return changed if changed.version != version else None


async def _is_in_other_hands(db: Writer, task: VerificationTask) -> bool:
    """Whether the line of a task has gone to another ledger: then it stays what it was for it."""
    gone = (col(Instrument.id) == task.instrument_id) & (col(Instrument.owner_id) != task.owner_id)
    return bool(await db.all(readable(PLATFORM, Instrument).where(gone)))


async def _institute(db: Writer, speaker: Speaker, draft: TaskDraft) -> Organization:
    """The institute that a task is for; an institute's own system speaks for none but itself."""
    wanted = readable(db.actor, Organization)
    if draft.institute is not None:
        wanted = wanted.where(col(Organization.uscc) == normal_uscc(draft.institute))
    elif speaker.organization_id is not None:
        wanted = wanted.where(col(Organization.id) == speaker.organization_id)
    else:
        raise Refused("须说明承检机构", "the institute is needed", path=("data", "institute"))
    found = await db.all(wanted)
    if (
        not found
        or LABORATORIES.isdisjoint(found[0].kinds)
        or speaker.organization_id not in (None, found[0].id)
    ):
        raise Refused(
            "承检机构不存在，或不能由此系统向其下发任务",
            "there is no such institute, or this system may not give it tasks",
            path=("data", "institute"),
        )
    return found[0]


async def _known(db: Writer, connector_id: UUID, task_no: str) -> VerificationTask | None:
    found = await db.all(
        readable(db.actor, VerificationTask).where(
            col(VerificationTask.connector_id) == connector_id,
            col(VerificationTask.task_no) == task_no,
        )
    )
    return found[0] if found else None


async def _request(db: Writer, speaker: Speaker, draft: TaskDraft) -> UUID | None:
    if draft.request_no is None:
        return None
    named = made_through(db, draft.request_no, speaker.kind, speaker.organization_id)
    found = await db.all(named)
    return found[0].id if found else None


async def _instrument(
    db: Writer,
    speaker: Speaker,
    draft: TaskDraft,
    request_id: UUID | None,
    known: VerificationTask | None,
) -> Instrument | None:
    """The instrument that a task is about, None where it cannot be told.

    It is locked until the commit, before the task is, so that no certificate passes by unseen. A
    line that has left the ledger of who asked for it, or whose filing was left behind with a former
    owner, is meant no more.
    """
    key: UUID | None = None
    meant: ColumnElement[bool] = false()
    if request_id is not None:
        items = await db.all(
            readable(db.actor, RequestItem).where(col(RequestItem.request_id) == request_id)
        )
        candidates = [Candidate(one.instrument_id, _likeness(one.item)) for one in items]
        key = matched(draft.likeness, candidates)
        if key is not None:
            meant = col(Instrument.owner_id) == items[0].applicant_id
    if key is None and speaker.organization_id is None:
        key = matched(draft.likeness, await _accepted(db, speaker, draft.likeness))
        if key is not None:
            meant = col(Instrument.filing_state) == FilingState.ACCEPTED
    if key is None and known is not None:
        key, meant = known.instrument_id, col(Instrument.owner_id) == known.owner_id
    this = readable(db.actor, Instrument).where(col(Instrument.id) == key, meant)
    found = await db.all(this.with_for_update(of=Instrument))
    return found[0] if found else None


async def _accepted(db: Writer, speaker: Speaker, told: Likeness) -> list[Candidate]:
    """Instruments that may be meant of all whose filing this system has accepted, as it did."""
    mine = readable(db.actor, SourceRecord).where(
        col(SourceRecord.connector_id) == speaker.connector_id
    )
    found: dict[UUID, Candidate] = {}
    for name, key in keys_of(told).items():
        alike: ColumnElement[bool] = literal_column(f"source_record.stated ->> '{name}'") == key
        for one in await db.all(mine.where(alike).limit(MOST_ALIKE)):
            if one.object_id is not None:
                found[one.object_id] = Candidate(one.object_id, _likeness(one.stated))
    return list(found.values())


def _likeness(item: Mapping[str, Any]) -> Likeness:
    return Likeness(item.get("filingNo"), item.get("serialNo"), item.get("manufacturer"))


def _camel(told: Likeness) -> dict[str, str | None]:
    return {
        "filingNo": told.filing_no,
        "serialNo": told.serial_no,
        "manufacturer": told.manufacturer,
    }


def _result(
    task: VerificationTask,
    certificate: Certificate,
    used: Sequence[StandardDraft | StandardUsed],
) -> dict[str, Any]:
    """What is reported of a certificate (domain 4.1, 检定结果上报)."""
    return {
        "taskNo": task.task_no,
        "certificateNo": certificate.number,
        "kind": certificate.kind,
        "conclusion": certificate.conclusion,
        "conclusionClass": certificate.conclusion_class,
        "reason": certificate.conclusion_reason,
        "testDate": _iso(certificate.test_to),
        "issueDate": _iso(certificate.issue_date),
        "validUntil": _iso(certificate.valid_until),
        "persons": certificate.persons,
        "standards": [
            {
                "name": one.name,
                "certificateNo": one.certificate_no,
                "validUntil": _iso(one.valid_until),
            }
            for one in used
        ],
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
