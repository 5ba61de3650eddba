"""What can be done with applications for licences: take a stage, in whatever order it is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel import col

from hub.errors import Refused
from hub.policy import readable
from hub.rules.licence import Step, course
from hub.rules.organization import normal_uscc
from hub.tables.licence import LicenceApplication, LicenceStep
from hub.tables.organization import Organization
from hub.vocabulary import LicenceStage, Term
from hub.writer import Writer

MOST_STAGES = 100
"""Stages of one application."""


class Took(Term):
    """What became of a stage."""

    FITS = "FITS", "已采用"
    WAITS = "WAITS", "已保存，尚不能接在已有的阶段之后"
    KNOWN = "KNOWN", "与已有内容相同"
    STALE = "STALE", "已有更新的陈述"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDraft:
    """A stage of an application as another system states it at `stated_at`."""

    acceptance_no: str
    item: str
    item_code: str | None
    applicant_uscc: str
    applicant_name: str
    stage: LicenceStage
    seq: int
    at: datetime
    handler: str | None
    result: str | None
    opinion: str | None
    stated_at: datetime


async def tell(db: Writer, connector_id: UUID, code: str, draft: StageDraft) -> Took:
    """Take a stage, known by application, stage and place; of two statements the newer counts.

    The application stands where its stages lead, whatever order they came in: one that cannot
    follow is kept and changes nothing, until what was missing is told. Refused beyond
    `MOST_STAGES`.
    """
    await db.serialize(f"licence {connector_id} {draft.acceptance_no}")
    row = await _found(db, connector_id, draft.acceptance_no)
    steps = [] if row is None else await _steps(db, row.id)
    known = next((one for one in steps if (one.seq, one.stage) == (draft.seq, draft.stage)), None)
    told = {name: getattr(draft, name) for name in ("at", "handler", "result", "opinion")}
    if known is not None and draft.stated_at < known.stated_at:
        return Took.STALE
    if known is not None and all(getattr(known, name) == one for name, one in told.items()):
        return Took.KNOWN
    if known is None:
        if len(steps) >= MOST_STAGES:
            raise Refused(f"至多 {MOST_STAGES} 个阶段", f"at most {MOST_STAGES} stages")
        known = LicenceStep(seq=draft.seq, stage=draft.stage, **told, stated_at=draft.stated_at)
        steps.append(known)
    for name, one in (told | {"stated_at": draft.stated_at}).items():
        setattr(known, name, one)
    values = await _about(db, row, draft) | _standing(steps)
    if row is None:
        made = LicenceApplication(
            acceptance_no=draft.acceptance_no,
            connector_id=connector_id,
            source_system=code,
            source_key=draft.acceptance_no,
            **values,
        )
        row = await db.add(made, action="tellLicence")
    else:
        await db.change(row, action="tellLicence", **values)
    for step in steps:
        step.application_id, step.applicant_id = row.id, row.applicant_id
    await db.attach(steps)
    return Took.FITS if known.fits else Took.WAITS


def _standing(steps: Sequence[LicenceStep]) -> dict[str, Any]:
    """Where an application with these steps stands; each is told whether it fits."""
    whole = course(map(_step, steps))
    for one in steps:
        one.fits = _step(one) in whole.fit
    fit = sorted((one for one in steps if one.fits), key=_step)
    results = [one.result for one in fit if one.stage is LicenceStage.DECIDED]
    return {
        "state": whole.state,
        "state_at": fit[-1].at if fit else None,
        "result": results[-1] if results else None,
        "source_fetched_at": datetime.now(UTC),
    }


async def _about(db: Writer, row: LicenceApplication | None, draft: StageDraft) -> dict[str, Any]:
    """What is told of the application itself; nothing, where more is known than that."""
    if row is not None and row.source_as_of is not None and draft.stated_at < row.source_as_of:
        return {}
    uscc = normal_uscc(draft.applicant_uscc)
    owners = await db.all(readable(db.actor, Organization).where(col(Organization.uscc) == uscc))
    return {
        "item": draft.item,
        "item_code": draft.item_code,
        "applicant_uscc": uscc,
        "applicant_name": draft.applicant_name,
        "applicant_id": owners[0].id if owners else None,
        "source_as_of": draft.stated_at,
    }


async def _found(db: Writer, connector_id: UUID, number: str) -> LicenceApplication | None:
    found = await db.all(
        readable(db.actor, LicenceApplication)
        .where(
            col(LicenceApplication.connector_id) == connector_id,
            col(LicenceApplication.acceptance_no) == number,
        )
        .with_for_update(of=LicenceApplication)
    )
    return found[0] if found else None


async def _steps(db: Writer, key: UUID) -> list[LicenceStep]:
    mine = readable(db.actor, LicenceStep).where(col(LicenceStep.application_id) == key)
    return list(await db.all(mine))


def _step(told: LicenceStep) -> Step:
    return Step(told.seq, told.at, told.stage)
